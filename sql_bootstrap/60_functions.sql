-- Functions that models share.

-- 60 decimals keep a chain of thousands of factors exact to far beyond a double.
create or replace function core.multiply(left_factor numeric, right_factor numeric)
returns numeric
language sql
immutable
strict
parallel safe
return round(left_factor * right_factor, 60);

do $$
begin
    if to_regprocedure('core.product(numeric)') is null then
        create aggregate core.product (numeric) (
            sfunc = core.multiply,
            stype = numeric,
            initcond = '1',
            parallel = safe
        );
    end if;
end
$$;

comment on aggregate core.product (numeric) is 'Product of all values; 1 for no rows';
