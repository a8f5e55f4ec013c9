// What happens by the clock: clients that keep the backend from others, and checkpoints.

import { log } from './log.mjs';

const WATCH_MS = 50;
const CHECKPOINT_MS = 5000;
const GOODBYE_MS = 200;

/** Ends the holder when it is silent, or does not read, for too long while others wait. */
class Watch {
  #pooler;
  #limitMs;
  #watched = null;
  #bytesRead = 0;
  #readAt = 0;

  constructor(pooler, limitMs) {
    this.#pooler = pooler;
    this.#limitMs = limitMs;
  }

  look() {
    const session = this.#pooler.holder;
    if (!session || session.isClosed) return;
    this.#noteReading(session);
    if (!this.#pooler.hasWaiting) return;
    const now = Date.now();
    const isWorking = session.pending.length > 0 && !session.isCopyingIn;
    const isBlocked = session.socket.writableLength > 0;
    if (isWorking) {
      if (isBlocked && now - this.#readAt > this.#limitMs) {
        log(`client ${session.id} does not read its results while others wait: ended`);
        session.socket.destroy();
      }
    } else if (this.#pooler.pendingInput === 0 && now - session.activeAt > this.#limitMs) {
      const what = session.isCopyingIn ? 'silent in a COPY' : 'idle in a transaction';
      log(`client ${session.id} is ${what} while others wait: ended`);
      session.end('25P03', 'terminating connection due to idle-in-transaction timeout');
      setTimeout(() => session.socket.destroy(), GOODBYE_MS);
    }
  }

  #noteReading(session) {
    const bytes = session.socket.bytesWritten - session.socket.writableLength;
    if (session !== this.#watched || bytes !== this.#bytesRead) {
      this.#watched = session;
      this.#bytesRead = bytes;
      this.#readAt = Date.now();
    }
  }
}

export function startHousekeeping(pooler, options) {
  const watch = new Watch(pooler, options.idleTransactionMs);
  setInterval(() => watch.look(), WATCH_MS);
  setInterval(() => pooler.checkpointWhenIdle(), CHECKPOINT_MS);
}
