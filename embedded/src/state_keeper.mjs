// Knows whose state is in the backend, and changes it: state of clients, and the superuser for work
// of our own. Only called while no client has the backend (Pooler.exclusive).

import { debug, log } from './log.mjs';
import {
  clearState,
  dropTemporarySql,
  loadState,
  saveState,
  settleState,
} from './session_state.mjs';
import { query, SYNC } from './wire.mjs';

const WAL_CHECK_MS = 2000;

const WAL_SINCE_CHECKPOINT = `
  select (pg_catalog.pg_current_wal_insert_lsn() - redo_lsn)::bigint
  from pg_catalog.pg_control_checkpoint()
`;

export class StateKeeper {
  #options;
  #sessions;
  #conversation = null;
  /** The client whose state is, or was last, in the backend. */
  #current = null;
  /** Signature of the state in the backend; null: not known. */
  #loaded = null;
  /** Whose statement without a name is in the backend, and as of which run of our own. */
  #unnamed = { session: null, runCount: 0 };
  #leftovers = [];
  #walCheckedAt = 0;

  /** @param {Map<number, Session>} sessions all of them, kept by the pooler */
  constructor(options, sessions) {
    this.#options = options;
    this.#sessions = sessions;
  }

  /** A backend came up: nobody's state is in it. */
  attach(conversation) {
    this.#conversation = conversation;
    this.#current = null;
    this.#loaded = null;
    this.#unnamed.session = null;
  }

  /** The backend died with all its temporary tables, and with state that was not saved. */
  loseBackend(holder) {
    if (this.#current !== holder && this.#current?.isDirty) {
      this.#current.end('57P02', 'session state lost: the embedded backend restarted');
    }
    this.#current = null;
    this.#loaded = null;
    this.#leftovers = [];
    for (const session of this.#sessions.values()) session.temporaryOids = [];
  }

  /**
   * Makes the backend the client's.
   *
   * @returns {Promise<{code: string, text: string} | null>} why the client must not run
   */
  async install(session) {
    // Also its own, when it must be loaded afresh: that starts from what was saved.
    if (this.#current !== session || this.#loaded === null) await this.#saveCurrent();
    const isThere = this.#current === session || this.#loaded === session.signature;
    if (this.#loaded === null || !isThere) {
      this.#loaded = null;
      const { error, isComplete } = await loadState(this.#conversation, session);
      if (error) {
        this.#current = null;
        return error;
      }
      if (isComplete) this.#loaded = session.signature;
    }
    this.#current = session;
    await this.#restoreUnnamed(session);
    return null;
  }

  // Drivers prepare without a name and execute in another exchange. There is one such statement in
  // the backend, and without this a client could execute that of another.
  async #restoreUnnamed(session) {
    const { session: owner, runCount } = this.#unnamed;
    const isThere = owner === session && runCount === this.#conversation.runCount;
    if (!isThere && session.needsUnnamed) {
      const { error } = await this.#conversation.run([Buffer.concat([session.unnamedParse, SYNC])]);
      if (error) debug('cannot parse a statement again:', error.text);
    }
    this.#unnamed = { session, runCount: this.#conversation.runCount };
  }

  async settle(session) {
    const error = await settleState(this.#conversation, session);
    if (error) debug('cannot settle a session:', error.text);
    await this.#restoreUnnamed(session);
  }

  /** The client is gone: what it left in the temporary schema is dropped at the next occasion. */
  async forget(session) {
    if (this.#current === session) await this.#saveCurrent();
    this.#leftovers.push(...session.temporaryOids);
  }

  async #saveCurrent() {
    const session = this.#current;
    if (!session?.isDirty) return;
    const others = [...this.#sessions.values()].filter((other) => other !== session);
    const error = await saveState(this.#conversation, session, others);
    this.#loaded = error ? null : session.signature;
    if (error) log('cannot save the state of a session:', error);
  }

  // ---- work of our own

  get hasLeftovers() {
    return this.#leftovers.length > 0;
  }

  async doChores() {
    if (Date.now() - this.#walCheckedAt > WAL_CHECK_MS) await this.checkpointIfDue();
    if (this.hasLeftovers) await this.#dropLeftovers();
  }

  /** The backend never writes a checkpoint on its own. */
  async checkpointIfDue() {
    this.#walCheckedAt = Date.now();
    const { rows } = await this.#conversation.run([query(WAL_SINCE_CHECKPOINT)]);
    const bytes = Number(rows[0]?.[0] ?? 0);
    if (bytes < this.#options.walBytes || !(await this.#becomeSuperuser())) return;
    const started = Date.now();
    await this.#conversation.run([query('checkpoint')]);
    log(`checkpoint after ${bytes >> 20} MB of WAL in ${Date.now() - started} ms`);
  }

  async #dropLeftovers() {
    const oids = this.#leftovers;
    this.#leftovers = [];
    if (!(await this.#becomeSuperuser())) return;
    const { error } = await this.#conversation.run([query(dropTemporarySql(oids))]);
    if (error) log('cannot drop temporary tables:', error.text);
  }

  /** Whoever comes next gets its state loaded afresh. */
  async #becomeSuperuser() {
    await this.#saveCurrent();
    const error = await clearState(this.#conversation);
    this.#loaded = null;
    return !error;
  }
}
