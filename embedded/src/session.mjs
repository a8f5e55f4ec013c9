// What the server knows about one client: the protocol exchange in flight, and the session state
// (settings, role, prepared statements, temporary tables) that must follow it through the pooler.

import { errorResponse, readyForQuery } from './wire.mjs';

/**
 * Settings that every session gets explicitly. The WebAssembly build has a hard-coded command line
 * (search_path=pg_catalog, enable_seqscan=off, exit_on_error=on, ...) and reads neither
 * postgresql.conf nor ALTER SYSTEM / DATABASE / ROLE ... SET.
 */
const BASE_SETTINGS = {
  search_path: '"$user", public',
  client_min_messages: 'notice',
  log_min_messages: 'fatal',
  enable_seqscan: 'on',
  exit_on_error: 'off',
  allow_system_table_mods: 'off',
  jit: 'off',
  // as pg_settings spells them (kB), so that a saved state equals a fresh one
  work_mem: '32768',
  maintenance_work_mem: '131072',
  TimeZone: 'UTC',
};

/** Nobody in particular: role and session user as the backend process has them. */
export const PLAIN_IDENTITY = Object.freeze({ sessionUser: null, role: null });

/** Longer statements count as "may change the session" without being searched. */
const SEARCH_LIMIT = 128 << 10;

// A false hit costs a millisecond when the next client comes, a miss would lose state: so these are
// words, not grammar. Called code (do, call) can set anything.
const CHANGES_SESSION =
  /\b(set|reset|discard|set_config|prepare|execute|deallocate|listen|declare|temp|temporary)\b|^\s*(do|call)\b/i;
const RESETS = /\b(reset|discard)\b/i;
const RESETS_ROLE = /\b(reset\s+role|discard\s+all)\b/i;
const RESETS_USER = /\b(reset\s+session|session\s+authorization\s+default|discard\s+all)\b/i;
const ENDS_TRANSACTION = /\b(commit|rollback|end|abort)\b/i;
const TOUCHES_TIMEOUT = /statement_timeout/i;

/**
 * The rest of a COPY that failed already, or a Flush with nothing before it. Outside of any exchange
 * no answer follows them, so the backend must not be taken for them: nothing would give it back.
 */
function isUnanswered(frame) {
  return 'dcfH'.includes(String.fromCharCode(frame[0]));
}

export class Session {
  // ---- protocol exchange
  /** Messages that came and are not with the backend yet. */
  frames = [];
  queuedBytes = 0;
  /** Requests with the backend, each of which ends in one ReadyForQuery: 'Q', 'S' or 'F'. */
  pending = [];
  /** An extended-protocol message was forwarded and its Sync has not been seen. */
  isUnsynced = false;
  isExtended = false;
  isCopyingIn = false;
  /** Status of the last ReadyForQuery: I, T or E. */
  transaction = 'I';
  /** Last sign of life while it owns the backend. */
  activeAt = Date.now();
  /** A statement timeout or the grace time of a cancel. */
  timer = null;
  /** Code and text for the client when its backend is ended on purpose. */
  endReason = null;

  // ---- session state
  settings = new Map(Object.entries(BASE_SETTINGS));
  identity = PLAIN_IDENTITY;
  prepared = [];
  /** The message that parsed the statement without a name; it lives until the next one. */
  unnamedParse = null;
  temporaryOids = [];
  /** What RESET goes back to. */
  initialSettings = this.settings;
  initialIdentity = PLAIN_IDENTITY;
  /** The state may differ from what was saved. */
  isDirty = false;
  wasReset = false;
  wasRoleReset = false;
  wasUserReset = false;
  timeoutMayHaveChanged = false;
  /** statement_timeout in ms, 0 = none: the backend has no timers, the pooler enforces it. */
  statementTimeoutMs = 0;
  isClosed = false;
  /** Text of parsed statements that change the session, by name. */
  #effects = new Map();
  /** Called when the exchange of a client that went away is over. */
  onFinished = null;

  constructor(id, cancelKey, socket) {
    this.id = id;
    this.cancelKey = cancelKey;
    this.socket = socket;
  }

  // ---- start

  /** @param {[string, string][]} settings of the startup message */
  applyStartup(settings) {
    for (const [name, value] of settings) this.#applySetting(name, value);
    this.initialSettings = new Map(this.settings);
    this.initialIdentity = this.identity;
  }

  #applySetting(name, value) {
    const lower = name.toLowerCase();
    // neither is listed in pg_settings nor touched by RESET ALL: they travel apart
    if (lower === 'role') {
      this.identity = { ...this.identity, role: value.toLowerCase() === 'none' ? null : value };
    } else if (lower === 'session_authorization') {
      this.identity = { ...this.identity, sessionUser: value };
    } else {
      if (lower === 'statement_timeout') this.timeoutMayHaveChanged = true;
      const known = [...this.settings.keys()].find((key) => key.toLowerCase() === lower);
      this.settings.set(known ?? name, value);
    }
  }

  // ---- protocol bookkeeping

  get isIdle() {
    return this.pending.length === 0 && !this.isUnsynced;
  }

  /** Nothing of it is with the backend: somebody else may have it. */
  get isDone() {
    return this.isIdle && this.transaction === 'I';
  }

  receive(frame) {
    if (this.isDone && this.frames.length === 0 && isUnanswered(frame)) return;
    this.frames.push(frame);
    this.queuedBytes += frame.length;
  }

  /** Takes the waiting messages, and notes what the backend will have to answer. */
  takeFrames() {
    const frames = this.frames;
    this.frames = [];
    this.queuedBytes = 0;
    this.activeAt = Date.now();
    for (const frame of frames) this.#note(frame);
    return frames;
  }

  #note(frame) {
    const type = String.fromCharCode(frame[0]);
    switch (type) {
      case 'Q':
        this.pending.push('Q');
        this.unnamedParse = null;
        this.isUnsynced = false;
        this.isExtended = false;
        this.#noteStatement(frame, 5);
        break;
      case 'F':
        this.pending.push('F');
        break;
      case 'S':
        // the backend ignores a Sync in the middle of a COPY
        if (!this.isCopyingIn) {
          this.pending.push('S');
          this.isUnsynced = false;
        }
        break;
      case 'c':
      case 'f':
        this.isCopyingIn = false;
        break;
      case 'P':
        this.isUnsynced = true;
        this.isExtended = true;
        this.#noteParse(frame);
        break;
      case 'C':
        this.isUnsynced = true;
        if (frame[5] === 'S'.charCodeAt(0)) this.isDirty = true;
        break;
      case 'B':
        this.isUnsynced = true;
        this.#noteBind(frame);
        break;
      case 'D':
      case 'E':
        this.isUnsynced = true;
        break;
      default:
        break;
    }
  }

  #noteStatement(frame, start) {
    const isLong = frame.length > SEARCH_LIMIT;
    const sql = frame.latin1Slice(start, Math.min(frame.length, SEARCH_LIMIT));
    const hasEffect = isLong || CHANGES_SESSION.test(sql) || ENDS_TRANSACTION.test(sql);
    if (hasEffect) this.#noteSql(sql, isLong);
    return hasEffect ? { sql, isLong } : null;
  }

  #noteSql(sql, isLong) {
    if (this.statementTimeoutMs > 0 && ENDS_TRANSACTION.test(sql)) this.timeoutMayHaveChanged = true;
    if (!isLong && !CHANGES_SESSION.test(sql)) return;
    this.isDirty = true;
    if (RESETS.test(sql)) this.wasReset = true;
    if (RESETS_ROLE.test(sql)) this.wasRoleReset = true;
    if (RESETS_USER.test(sql)) this.wasUserReset = true;
    if (this.wasReset || TOUCHES_TIMEOUT.test(sql)) this.timeoutMayHaveChanged = true;
  }

  // A statement is parsed once and executed often, and only the first message has its text: clients
  // prepare "set role x" as they prepare anything.
  #noteParse(frame) {
    const nameEnd = frame.indexOf(0, 5);
    const name = frame.latin1Slice(5, nameEnd);
    if (name !== '') this.isDirty = true;
    else this.unnamedParse = Buffer.from(frame);
    const effect = this.#noteStatement(frame, nameEnd + 1);
    if (effect) this.#effects.set(name, effect);
    else this.#effects.delete(name);
  }

  #noteBind(frame) {
    const portalEnd = frame.indexOf(0, 5);
    const name = frame.latin1Slice(portalEnd + 1, frame.indexOf(0, portalEnd + 1));
    const effect = this.#effects.get(name);
    if (effect) this.#noteSql(effect.sql, effect.isLong);
  }

  /** Whether what it sends next needs the statement without a name. */
  get needsUnnamed() {
    const next = this.frames[0];
    if (!this.unnamedParse || !next) return this.unnamedParse !== null;
    const type = String.fromCharCode(next[0]);
    return type !== 'Q' && !(type === 'P' && next[5] === 0);
  }

  /** Cancelled before its turn: each request gets its answer, and none of them runs. */
  cancelWaiting(code, text) {
    const requests = this.frames.filter((frame) => 'QSF'.includes(String.fromCharCode(frame[0])));
    if (requests.length === 0) return;
    this.frames = [];
    this.queuedBytes = 0;
    const answer = Buffer.concat([errorResponse('ERROR', code, text), readyForQuery('I')]);
    for (let i = 0; i < requests.length; i++) this.socket.write(answer);
  }

  /** The backend asks for COPY data. */
  noteCopyIn() {
    // Bind, Execute and Sync often come in one go: that Sync is now eaten by the COPY.
    if (this.pending[0] === 'S') {
      this.pending = this.pending.filter((kind) => kind !== 'S');
      this.isUnsynced = true;
    }
    this.isCopyingIn = true;
  }

  noteError() {
    this.isCopyingIn = false;
  }

  noteReady(status) {
    this.pending.shift();
    this.transaction = status;
    this.isCopyingIn = false;
    this.activeAt = Date.now();
    while (this.isDone && this.frames.length > 0 && isUnanswered(this.frames[0])) {
      this.queuedBytes -= this.frames.shift().length;
    }
  }

  // ---- session state

  /** Equal signatures: nothing has to be loaded when the backend goes from one to the other. */
  get signature() {
    const settings = [...this.settings].sort();
    return JSON.stringify([settings, this.identity, this.prepared]);
  }

  get needsSettling() {
    return (
      this.wasReset || this.wasRoleReset || this.wasUserReset || this.timeoutMayHaveChanged
    );
  }

  // ---- end

  /** Says goodbye; the socket's close event does the rest. */
  end(code, text) {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.resume(); // a paused socket would never see its end
    this.socket.end(errorResponse('FATAL', code, text));
  }
}
