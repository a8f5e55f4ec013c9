// The way out. A clean end writes a checkpoint; anything else leaves the WAL to the next start.

import fs from 'node:fs';
import { EXIT } from './fatal.mjs';
import { log } from './log.mjs';

const CLOSE_MS = 15_000;

function within(promise, ms) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(false), ms))]);
}

export class Shutdown {
  #options;
  #listener = null;
  #pooler = null;
  #hasBegun = false;

  constructor(options) {
    this.#options = options;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
      process.on(signal, () => this.#onSignal(signal));
    }
  }

  watch(pooler) {
    this.#pooler = pooler;
  }

  listening(listener) {
    this.#listener = listener;
  }

  /** The server cannot go on. */
  fatal(error) {
    this.#hasBegun = true;
    const sentence = error.exitCode ? error.message : (error.stack ?? String(error));
    console.error(`FATAL: ${sentence}`);
    fs.rmSync(this.#options.serverFile, { force: true });
    process.exit(error.exitCode ?? EXIT.failure);
  }

  async #onSignal(signal) {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const started = Date.now();
    log(`shutdown on ${signal}`);
    this.#listener?.close();
    let isClean = false;
    if (this.#pooler) {
      isClean = await within(
        this.#pooler.stop().catch((error) => {
          log('while stopping:', error.stack);
          return false;
        }),
        CLOSE_MS,
      );
    }
    fs.rmSync(this.#options.serverFile, { force: true });
    const how = isClean ? 'cleanly' : 'without a checkpoint, the next start recovers from the WAL';
    log(`stopped ${how} in ${Date.now() - started} ms`);
    process.exit(EXIT.ok);
  }
}
