// Moves session state between clients and the one backend. A role is special: it is in no list of
// settings and RESET ALL leaves it alone, so it is saved, taken off and put back by name. Whatever
// fails here must end in "no client runs", never in "a client runs as somebody else".

import { PLAIN_IDENTITY } from './session.mjs';
import { identifier, literal, parse, query, SYNC } from './wire.mjs';

const SUPERUSER = 'postgres';

/**
 * Takes the backend back to the superuser and to nothing, whoever had it. By name: a backend without
 * a login has no session user to reset to, there RESET SESSION AUTHORIZATION does nothing.
 */
const CLEAR = `
  set session authorization ${SUPERUSER}; reset role;
  deallocate all; close all; unlisten *; reset all
`;

const SAVE = `
  select 'setting', name, setting
  from pg_catalog.pg_settings
  where
    source = 'session'
    and context in ('user', 'superuser', 'superuser-backend', 'backend');
  select 'identity', session_user::text, pg_catalog.current_setting('role');
  select 'temporary', oid::text
  from pg_catalog.pg_class
  where
    relnamespace = pg_catalog.pg_my_temp_schema() and relkind in ('r', 'v', 'S', 'f', 'p', 'm');
  select
    'prepared', name, statement, from_sql::text,
    (
      select pg_catalog.string_agg(listed.type::oid::text, ',' order by listed.position)
      from pg_catalog.unnest(parameter_types) with ordinality as listed (type, position)
    )
  from pg_catalog.pg_prepared_statements
`;

const WRONG_IDENTITY = { code: 'XX000', text: 'the role of the session could not be restored' };

const UNIT_MS = { '': 1, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** "0", "1500ms", "2s", "1min" as SHOW spells them. */
export function durationMs(shown) {
  const match = /^(\d+)(ms|s|min|h|d)?$/.exec(shown ?? '');
  return match ? Number(match[1]) * UNIT_MS[match[2] ?? ''] : 0;
}

function identitySql({ sessionUser, role }) {
  const parts = [];
  if (sessionUser) parts.push(`set session authorization ${identifier(sessionUser)}`);
  if (role) parts.push(`set role ${identifier(role)}`);
  return parts;
}

/**
 * Reads the client's state out of the backend.
 *
 * @returns {Promise<string | null>} an error text
 */
export async function saveState(conversation, session, otherSessions) {
  const { rows, error } = await conversation.run([query(SAVE)]);
  if (error) return error.text;
  const of = (kind) => rows.filter((row) => row[0] === kind).map((row) => row.slice(1));
  session.settings = new Map(of('setting'));
  const [[sessionUser, role]] = of('identity');
  session.identity = {
    ...PLAIN_IDENTITY,
    sessionUser: sessionUser === SUPERUSER ? null : sessionUser,
    role: role === 'none' ? null : role,
  };
  session.prepared = of('prepared');
  // There is one temporary schema for all: what another client made before is not ours.
  const taken = new Set(otherSessions.flatMap((other) => other.temporaryOids));
  session.temporaryOids = of('temporary').flat().filter((oid) => !taken.has(oid));
  session.isDirty = false;
  return null;
}

/** The backend as the superuser, with nobody's state. */
export async function clearState(conversation) {
  const { error } = await conversation.run([query(CLEAR)]);
  return error;
}

/**
 * Puts the client's state into the backend.
 *
 * @returns {Promise<{error: object | null, isComplete: boolean}>} with an error the client must not
 *   run; incomplete: a prepared statement could not be made again (its table is gone, say)
 */
export async function loadState(conversation, session) {
  const settings = [...session.settings].map(
    ([name, value]) => `set_config(${literal(name)}, ${literal(value)}, false)`,
  );
  // Settings first, while we are the superuser: some of them need it.
  const statements = [
    `select ${settings.join(', ')}`,
    ...identitySql(session.identity),
    'select session_user, current_user',
  ];
  const { rows, error } = await conversation.run([query(CLEAR), query(statements.join('; '))]);
  if (error) return { error, isComplete: false };
  const sessionUser = session.identity.sessionUser ?? SUPERUSER;
  const [seenSessionUser, seenUser] = rows.at(-1) ?? [];
  if (seenSessionUser !== sessionUser || seenUser !== (session.identity.role ?? sessionUser)) {
    return { error: WRONG_IDENTITY, isComplete: false };
  }
  if (session.prepared.length === 0) return { error: null, isComplete: true };
  const frames = session.prepared.map(([name, statement, isFromSql, types]) => {
    if (isFromSql === 'true') return query(statement);
    const oids = types ? types.split(',').map(Number) : [];
    return Buffer.concat([parse(name, statement, oids), SYNC]);
  });
  const { error: prepareError } = await conversation.run(frames);
  return { error: null, isComplete: prepareError === null };
}

/**
 * After a statement that may have reset settings or changed the timeout: RESET means "back to the
 * values of the connection's start", which this backend does not know, and somebody has to read
 * statement_timeout, because it has no timers.
 */
export async function settleState(conversation, session) {
  const statements = [];
  if (session.wasReset) {
    const values = [...session.initialSettings].map(
      ([name, value]) => `(${literal(name)}, ${literal(value)})`,
    );
    // The filter on context: this may run inside the client's transaction and must not fail.
    statements.push(`
      select pg_catalog.set_config(start.name, start.value, false)
      from (values ${values.join(', ')}) as start (name, value)
      inner join pg_catalog.pg_settings as now on lower(now.name) = lower(start.name)
      where
        now.source <> 'session'
        and (now.context = 'user' or pg_catalog.current_setting('is_superuser') = 'on')
    `);
  }
  const { sessionUser, role } = session.initialIdentity;
  if (session.wasUserReset) {
    // the client's own RESET SESSION AUTHORIZATION did nothing, see CLEAR
    const user = literal(sessionUser ?? SUPERUSER);
    statements.push(`select pg_catalog.set_config('session_authorization', ${user}, false)`);
  }
  if (session.wasRoleReset && role) {
    statements.push(`
      select pg_catalog.set_config('role', ${literal(role)}, false)
      where pg_catalog.current_setting('role') = 'none'
    `);
  }
  session.wasReset = false;
  session.wasRoleReset = false;
  session.wasUserReset = false;
  session.timeoutMayHaveChanged = false;
  // SHOW takes no snapshot, so SET TRANSACTION may still follow
  statements.push('show statement_timeout');
  const { rows, error } = await conversation.run([query(statements.join('; '))]);
  if (!error) session.statementTimeoutMs = durationMs(rows.at(-1)?.[0]);
  return error;
}

/** Drops what a client that went away left in the temporary schema. Needs the superuser. */
export function dropTemporarySql(oids) {
  // Always with pg_temp: a plain name could by now mean somebody's real table.
  return `
    do $$
    declare
      leftover record;
    begin
      for leftover in
        select
          relname,
          case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end as kind
        from pg_catalog.pg_class
        where
          oid = any (array[${oids.map(Number).join(', ')}]::oid[])
          and relnamespace = pg_catalog.pg_my_temp_schema()
      loop
        execute pg_catalog.format(
          'drop %s if exists pg_temp.%I cascade', leftover.kind, leftover.relname
        );
      end loop;
    end
    $$
  `;
}
