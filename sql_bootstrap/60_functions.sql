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

-- What `marts.session_bars` divides by; it says so itself where that makes no sense.
create or replace function core.checked_width(width_minutes integer)
returns integer
language plpgsql
immutable
parallel safe
as $$
begin
    if width_minutes is null or width_minutes not between 1 and 1440 then
        raise exception using
            message = format(
                'session_bars was asked for bars of %s minutes; expected 1 to 1440',
                coalesce(width_minutes::text, 'no')
            ),
            errcode = 'invalid_parameter_value';
    end if;
    return width_minutes;
end
$$;
