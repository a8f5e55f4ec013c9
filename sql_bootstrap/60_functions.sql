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

-- Smoothing as TA-Lib does it: the plain mean of the first values, then each new one
-- counts `weight`. A missing value changes nothing. The state is how many of the first
-- values came, or -1 after them, and their sum or the smoothed value.
create or replace function core.smooth(
    state double precision[],
    new_value double precision,
    weight double precision,
    seed integer
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $$
begin
    if new_value is null then
        return state;
    elsif state[1] < 0 then
        return array[-1, state[2] + weight * (new_value - state[2])];
    elsif state[1] + 1 >= seed then
        return array[-1, (state[2] + new_value) / seed];
    end if;
    return array[state[1] + 1, state[2] + new_value];
end
$$;

create or replace function core.smooth_ema(
    state double precision[], new_value double precision, bars integer
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $$
begin
    return core.smooth(state, new_value, 2.0 / (bars + 1), bars);
end
$$;

create or replace function core.smooth_wilder(
    state double precision[], new_value double precision, bars integer
)
returns double precision[]
language plpgsql
immutable
parallel safe
as $$
begin
    return core.smooth(state, new_value, 1.0 / bars, bars);
end
$$;

create or replace function core.smoothed(state double precision[])
returns double precision
language sql
immutable
parallel safe
return case when state[1] < 0 then state[2] end;

do $$
begin
    if to_regprocedure('core.ema(double precision, integer)') is null then
        create aggregate core.ema (double precision, integer) (
            sfunc = core.smooth_ema,
            stype = double precision[],
            finalfunc = core.smoothed,
            initcond = '{0, 0}'
        );
        create aggregate core.wilder (double precision, integer) (
            sfunc = core.smooth_wilder,
            stype = double precision[],
            finalfunc = core.smoothed,
            initcond = '{0, 0}'
        );
    end if;
end
$$;

comment on aggregate core.ema (double precision, integer) is
'Exponential mean over a window in order: each value counts 2 / (n + 1)';
comment on aggregate core.wilder (double precision, integer) is
'Wilder''s mean over a window in order: each value counts 1 / n';
