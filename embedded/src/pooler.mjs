// Transaction pooling with one backend: decides which client has it, and moves session state when
// the owner changes. A client owns the backend from its first message until the server is ready,
// outside of a transaction, and nothing it sent is unanswered.

import { Backend } from './backend_host.mjs';
import { Conversation } from './conversation.mjs';
import { CrashBudget } from './crash_budget.mjs';
import { log } from './log.mjs';
import { StateKeeper } from './state_keeper.mjs';
import { copyFail, query, SYNC } from './wire.mjs';

const INPUT_HIGH = 16 << 20;
const INPUT_LOW = 4 << 20;

const CANCELLED = ['57014', 'canceling statement due to user request'];
const TIMED_OUT = ['57014', 'canceling statement due to statement timeout'];

export class Pooler {
  #options;
  #wasmModule;
  #onFatal;
  #backend = null;
  #conversation = null;
  #queue = [];
  #state;
  #sections = 0;
  #chain = Promise.resolve();
  #crashBudget = new CrashBudget();
  /** Sessions by id, only those past the handshake. */
  sessions = new Map();
  /** The client that owns the backend. */
  holder = null;
  isStopping = false;

  /** @param {(error: Error) => void} onFatal the server cannot go on */
  constructor(options, wasmModule, onFatal) {
    this.#options = options;
    this.#wasmModule = wasmModule;
    this.#onFatal = onFatal;
    this.#state = new StateKeeper(options, this.sessions);
  }

  /** @returns {Promise<object>} what the backend reported */
  async boot() {
    const backend = await Backend.boot('serve', this.#options, this.#wasmModule);
    this.#backend = backend;
    this.#conversation = new Conversation(backend, (session) => this.#ready(session));
    this.#state.attach(this.#conversation);
    backend.onInputTaken = () => {
      if (backend.pendingInput < INPUT_LOW) this.holder?.socket.resume();
    };
    backend.onExit = () => this.#crashed(backend);
    return backend.report;
  }

  get hasWaiting() {
    return this.#queue.length > 0;
  }

  /** Input of the holder that the backend has not looked at yet. */
  get pendingInput() {
    return this.#backend?.pendingInput ?? 0;
  }

  add(session) {
    this.sessions.set(session.id, session);
  }

  /** The session has new messages. */
  arrived(session) {
    if (session.frames.length === 0) return;
    if (this.holder === session) {
      if (this.#sections === 0) this.#forward(session);
      return;
    }
    this.#enqueue(session);
    if (session.queuedBytes > INPUT_HIGH) session.socket.pause();
    this.#pump();
  }

  // ---- who is next

  #enqueue(session) {
    if (!this.#queue.includes(session)) this.#queue.push(session);
  }

  #pump() {
    if (this.#sections > 0 || this.isStopping || !this.#backend) return;
    if (this.holder) {
      if (this.holder.frames.length > 0) this.#forward(this.holder);
      return;
    }
    let next = this.#queue.shift();
    while (next && (next.isClosed || next.frames.length === 0)) next = this.#queue.shift();
    if (next || this.#state.hasLeftovers) this.exclusive(() => this.#grant(next));
  }

  /** Work of our own in the backend: one piece at a time, never between messages of a client. */
  exclusive(work) {
    this.#sections += 1;
    const done = this.#chain.then(work);
    this.#chain = done
      .catch((error) => log('error in the pooler:', error.stack))
      .then(() => {
        this.#sections -= 1;
        if (this.#sections === 0) this.#pump();
      });
    return done;
  }

  async #grant(session) {
    await this.#state.doChores();
    if (!session) return;
    const refusal = await this.#state.install(session);
    if (!refusal && session.needsSettling) await this.#state.settle(session);
    if (!this.#backend || this.isStopping) {
      this.#queue.unshift(session); // it crashed meanwhile: next turn
    } else if (refusal) {
      // Not "go on without": the client would run with another role or search path.
      session.end(refusal.code, refusal.text);
    } else if (!session.isClosed) {
      this.holder = session;
      this.#conversation.owner = session;
      session.socket.resume();
      this.#forward(session);
    }
  }

  #forward(session) {
    this.#conversation.send(session.takeFrames());
    this.#startStatementTimer(session);
    if (this.#backend.pendingInput > INPUT_HIGH) session.socket.pause();
    if (session.isDone) this.#release();
  }

  /** The backend has answered a request of the holder. */
  #ready(session) {
    this.#backend.forgetCancel();
    clearTimeout(session.timer);
    session.timer = null;
    session.endReason = null;
    if (!session.isIdle) {
      this.#startStatementTimer(session);
    } else if (session.onFinished) {
      session.onFinished();
    } else if (session.needsSettling && session.transaction !== 'E') {
      this.exclusive(async () => {
        if (this.holder !== session || !session.isIdle) return;
        await this.#state.settle(session);
        if (this.holder === session && session.isDone && !session.onFinished) this.#release();
      });
    } else if (session.isDone) {
      this.#release();
    }
  }

  #release() {
    const session = this.holder;
    this.holder = null;
    if (this.#conversation) this.#conversation.owner = null;
    if (session && !session.isClosed) {
      session.socket.resume();
      if (session.frames.length > 0) this.#enqueue(session);
    }
    this.#pump();
  }

  /** The backend writes checkpoints only when told to; called by a timer. */
  checkpointWhenIdle() {
    const isFree = !this.holder && this.#sections === 0 && this.#backend && !this.isStopping;
    if (isFree) this.exclusive(() => this.#state.checkpointIfDue());
  }

  // ---- cancel and timeouts

  cancel(session) {
    if (this.holder === session) {
      if (!session.isIdle) this.#interrupt(session, CANCELLED);
      return;
    }
    session.cancelWaiting(...CANCELLED);
  }

  #startStatementTimer(session) {
    const isWorking = session.pending.length > 0 && !session.isCopyingIn;
    if (!session.statementTimeoutMs || !isWorking || session.timer) return;
    session.timer = setTimeout(() => {
      if (this.holder === session) this.#interrupt(session, TIMED_OUT);
    }, session.statementTimeoutMs);
  }

  /** First asks; a backend that computes without any system call does not hear and is ended. */
  #interrupt(session, reason) {
    if (!this.#backend) return;
    this.#backend.requestCancel();
    clearTimeout(session.timer);
    session.timer = setTimeout(() => {
      if (this.holder !== session || session.isIdle || !this.#backend) return;
      log(`client ${session.id}: cancel not heard, restarting the backend`);
      session.endReason = [reason[0], `${reason[1]} (the embedded backend restarted)`];
      this.#backend.terminate();
    }, this.#options.cancelGraceMs);
  }

  // ---- clients and backends that go away

  /** The connection is closed: end its exchange, roll back, note its temporary tables. */
  async leave(session) {
    session.isClosed = true;
    session.frames = [];
    session.queuedBytes = 0;
    if (this.holder === session) await this.#finishExchange(session);
    await this.exclusive(async () => {
      if (this.holder === session) {
        this.holder = null;
        this.#conversation.owner = null;
        if (session.transaction !== 'I') await this.#conversation.run([query('rollback')]);
      }
      if (this.#backend) await this.#state.forget(session);
      this.sessions.delete(session.id);
      clearTimeout(session.timer);
    });
  }

  #finishExchange(session) {
    const frames = [];
    if (session.isCopyingIn) frames.push(copyFail('the client disconnected'));
    if (session.isUnsynced) {
      frames.push(SYNC);
      session.pending.push('S');
    }
    if (session.pending.length > 0 && !session.isCopyingIn) this.#interrupt(session, CANCELLED);
    session.isCopyingIn = false;
    session.isUnsynced = false;
    return new Promise((resolve) => {
      session.onFinished = resolve;
      if (frames.length > 0) this.#conversation.send(frames);
      if (session.pending.length === 0) resolve();
    });
  }

  async #crashed(backend) {
    if (this.isStopping || backend !== this.#backend) return;
    const why = backend.error ? backend.error.message : 'ended by the server';
    log('backend died:', why);
    const session = this.holder;
    this.#backend = null;
    this.holder = null;
    this.#conversation.abort();
    this.#conversation.owner = null;
    if (session) this.#endAfterCrash(session, why);
    this.#state.loseBackend(session);
    const now = Date.now();
    try {
      this.#crashBudget.spend(now);
      await this.boot();
      log(`backend restarted in ${Date.now() - now} ms`);
      this.#pump();
    } catch (error) {
      this.#onFatal(error);
    }
  }

  #endAfterCrash(session, why) {
    clearTimeout(session.timer);
    const reason = ['57P02', `the embedded backend crashed and restarts: ${why}`];
    session.end(...(session.endReason ?? reason));
    session.onFinished?.();
  }

  // ---- shutdown

  /**
   * Stops work; the running statement gets the grace time.
   *
   * @returns {Promise<boolean>} whether the end is clean
   */
  async stop() {
    this.isStopping = true;
    await this.exclusive(async () => {}); // what runs of our own ends first
    const session = this.holder;
    if (session && !session.isIdle) {
      const finished = this.#finishExchange(session).then(() => true);
      const tooLate = new Promise((resolve) => {
        setTimeout(() => resolve(false), this.#options.cancelGraceMs);
      });
      if (!(await Promise.race([finished, tooLate]))) return false;
    }
    if (!this.#backend) return false;
    for (const each of this.sessions.values()) {
      each.end('57P01', 'terminating connection due to administrator command');
    }
    if (session && session.transaction !== 'I') {
      await this.#conversation.run([query('rollback')]);
    }
    await this.#backend.close();
    return true;
  }
}
