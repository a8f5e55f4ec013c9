// Proof at every boot that this process gives right answers. The worst trap of the WebAssembly
// build is silent: without its libraries loaded, a compressed hypertable counts 0 rows and nothing
// fails. So a tiny schema stays in the database, and no client is let in before its known numbers
// have come back through the two paths that depend on those libraries.

import { EXIT, Fatal } from './fatal.mjs';
import { literal } from './wire.mjs';

const ROW_COUNT = 100;
const ROW_SUM = 4950; // 0 + 1 + ... + 99

// Day 1 is compressed for good. Day 2 holds one lasting row, so that its chunk exists and the probe
// row of each boot does not leave a new chunk behind.
const BUILD = `
  create schema barhouse_selfcheck;
  comment on schema barhouse_selfcheck is
    'Known numbers that the embedded server checks before it accepts clients. Do not touch.';
  create table barhouse_selfcheck.readings (
    reading_at timestamptz not null,
    sensor text not null,
    value bigint not null
  );
  select public.create_hypertable(
    'barhouse_selfcheck.readings', public.by_range('reading_at', interval '1 day')
  );
  alter table barhouse_selfcheck.readings set (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'sensor',
    timescaledb.compress_orderby = 'reading_at'
  );
  insert into barhouse_selfcheck.readings
  select timestamptz '2020-01-01 00:00+00' + n * interval '1 minute', 'fixed', n
  from generate_series(0, ${ROW_COUNT - 1}) as n;
  insert into barhouse_selfcheck.readings values ('2020-01-02 00:00+00', 'fixed', 0);
  select public.compress_chunk(chunk)
  from public.show_chunks(
    'barhouse_selfcheck.readings', older_than => timestamptz '2020-01-02 00:00+00'
  ) as chunk;
`;

const BUILD_AGGREGATE = `
  create materialized view barhouse_selfcheck.daily
  with (timescaledb.continuous, timescaledb.materialized_only = true) as
  select
    public.time_bucket(interval '1 day', reading_at) as day_at,
    sum(value) as total
  from barhouse_selfcheck.readings
  group by 1
  with no data
`;

const REFRESH = `
  call public.refresh_continuous_aggregate(
    'barhouse_selfcheck.daily', timestamptz '2020-01-01 00:00+00',
    timestamptz '2020-01-03 00:00+00'
  )
`;

const DELETE_PROBE = `
  delete from barhouse_selfcheck.readings
  where reading_at >= '2020-01-02 00:00+00' and sensor = 'probe'
`;

const COMPRESSED = `
  select count(*)::int as row_count, coalesce(sum(value), 0)::int as row_sum
  from barhouse_selfcheck.readings
  where reading_at < '2020-01-02 00:00+00'
`;

const TOTALS = `
  select
    (select coalesce(sum(value), 0)::int from barhouse_selfcheck.readings) as table_total,
    (select coalesce(sum(total), 0)::int from barhouse_selfcheck.daily) as aggregate_total
`;

function fail(what) {
  throw new Fatal(
    EXIT.selfcheck,
    `self-check failed: ${what}; this process would give wrong results, so it accepts no clients`,
  );
}

async function one(pg, sql) {
  const { rows } = await pg.query(sql);
  return rows[0];
}

/** Loads planner hooks and the module of compression and continuous aggregates. */
export async function loadTimescale(pg) {
  const extension = await one(
    pg,
    "select extversion as version from pg_extension where extname = 'timescaledb'",
  );
  if (!extension) fail('the extension timescaledb is not installed in this database');
  for (const library of ['timescaledb', 'timescaledb-tsl']) {
    await pg.exec(`load ${literal(`${library}-${extension.version}`)}`);
  }
  return extension.version;
}

/** Makes the schema, once per database. */
export async function buildSelfcheck(pg) {
  await pg.exec(BUILD);
  await pg.exec(BUILD_AGGREGATE);
  await pg.exec(REFRESH);
}

async function checkCompressedChunk(pg) {
  const { row_count: count, row_sum: sum } = await one(pg, COMPRESSED);
  if (count !== ROW_COUNT || sum !== ROW_SUM) {
    fail(
      `a compressed chunk has ${count} rows with sum ${sum}, ` +
        `expected ${ROW_COUNT} rows with sum ${ROW_SUM}`,
    );
  }
}

async function checkAggregate(pg) {
  // Never the value of the last boot: an aggregate that is not refreshed must not look right.
  const probe = 1 + (Date.now() % 1_000_000);
  await pg.exec(DELETE_PROBE);
  await pg.exec(
    `insert into barhouse_selfcheck.readings values ('2020-01-02 12:00+00', 'probe', ${probe})`,
  );
  await pg.exec(REFRESH);
  const totals = await one(pg, TOTALS);
  await pg.exec(DELETE_PROBE);
  const expected = ROW_SUM + probe;
  if (totals.table_total !== expected || totals.aggregate_total !== expected) {
    fail(
      `after a refresh the continuous aggregate sums to ${totals.aggregate_total} and its table ` +
        `to ${totals.table_total}, expected ${expected}`,
    );
  }
}

/**
 * Throws Fatal unless a compressed chunk and a refreshed continuous aggregate are right.
 *
 * @returns {Promise<number>} milliseconds it took
 */
export async function runSelfcheck(pg) {
  const started = performance.now();
  try {
    const { present } = await one(
      pg,
      "select to_regclass('barhouse_selfcheck.daily') is not null as present",
    );
    if (!present) {
      // somebody dropped it: the check must not be skipped for that
      await pg.exec('drop schema if exists barhouse_selfcheck cascade');
      await buildSelfcheck(pg);
    }
    await checkCompressedChunk(pg);
    await checkAggregate(pg);
  } catch (error) {
    if (error instanceof Fatal) throw error;
    fail(`a statement of the check failed with "${error.message}"`);
  }
  return Math.round(performance.now() - started);
}
