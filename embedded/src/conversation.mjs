// Talks with one backend: either for a client (bytes go through) or for the pooler itself (rows are
// collected). Dies with its backend, so nothing half-read survives a crash.

import { BackendScanner } from './framing.mjs';
import { readError, readRow } from './wire.mjs';

const BACKEND_GONE = { code: '57P02', text: 'the backend restarted' };

export class Conversation {
  #backend;
  #scanner;
  #onReady;
  #job = null;
  #sawReady = false;
  #isDead = false;
  /** How often messages of our own were run. */
  runCount = 0;
  /** The client that the backend works for. */
  owner = null;

  /** @param {(session: Session) => void} onReady the owner's backend is ready for more */
  constructor(backend, onReady) {
    this.#backend = backend;
    this.#onReady = onReady;
    this.#scanner = new BackendScanner(
      (type) => (this.#job ? 'DEZ' : 'EGZ').includes(type),
      (type, body) => (this.#job ? this.#noteForJob(type, body) : this.#noteForOwner(type, body)),
    );
    backend.onOutput = (bytes) => this.#output(bytes);
  }

  /**
   * Runs messages of our own. Never rejects: an error is part of the result.
   *
   * @param {Buffer[]} frames each a simple query, or a message followed by Sync
   * @returns {Promise<{rows: (string | null)[][], error: {code: string, text: string} | null}>}
   */
  run(frames) {
    if (this.#isDead) return Promise.resolve({ rows: [], error: BACKEND_GONE });
    this.runCount += 1;
    return new Promise((resolve) => {
      this.#job = { rows: [], error: null, repliesLeft: frames.length, resolve };
      this.#backend.send(frames);
    });
  }

  send(frames) {
    this.#backend.send(frames);
  }

  /** The backend died: whoever waits for our own queries must go on. */
  abort() {
    this.#isDead = true;
    const job = this.#job;
    this.#job = null;
    job?.resolve({ rows: [], error: BACKEND_GONE });
  }

  #output(bytes) {
    // An answer never shares a chunk with the next one's: the backend flushes when it wants input.
    const job = this.#job;
    const session = job ? null : this.owner;
    this.#scanner.push(bytes);
    const taken = () => this.#backend.outputTaken(bytes.length);
    if (session && !session.isClosed) session.socket.write(bytes, taken);
    else taken();
    if (job?.repliesLeft === 0) {
      this.#job = null;
      job.resolve({ rows: job.rows, error: job.error });
    } else if (session && this.#sawReady) {
      this.#sawReady = false;
      this.#onReady(session);
    }
  }

  #noteForJob(type, body) {
    if (type === 'D') this.#job.rows.push(readRow(body));
    else if (type === 'E') this.#job.error ??= readError(body);
    else this.#job.repliesLeft -= 1;
  }

  #noteForOwner(type, body) {
    if (!this.owner) return;
    if (type === 'G') {
      this.owner.noteCopyIn();
    } else if (type === 'E') {
      this.owner.noteError();
    } else {
      this.owner.noteReady(String.fromCharCode(body[0]));
      this.#sawReady = true;
    }
  }
}
