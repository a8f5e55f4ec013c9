// Shared words between the server's main thread and the backend's worker thread.

/** Counts what was posted to the worker; it sleeps on this word. */
const INPUT_SEQUENCE = 0;
/** 1: the running query shall be cancelled. */
const CANCEL = 1;
/** Bytes of results that no client has taken yet; the worker sleeps on it when there are many. */
const OUTPUT_IN_FLIGHT = 2;

export const CHANNEL_BYTES = 16;
const OUTPUT_LIMIT = 32 << 20;
const OUTPUT_POLL_MS = 1000;

export class Channel {
  #words;

  constructor(sharedBuffer) {
    this.#words = new Int32Array(sharedBuffer);
  }

  // ---- main thread

  announceInput() {
    Atomics.add(this.#words, INPUT_SEQUENCE, 1);
    Atomics.notify(this.#words, INPUT_SEQUENCE);
  }

  requestCancel() {
    Atomics.store(this.#words, CANCEL, 1);
  }

  forgetCancel() {
    Atomics.store(this.#words, CANCEL, 0);
  }

  outputTaken(bytes) {
    Atomics.sub(this.#words, OUTPUT_IN_FLIGHT, bytes);
    Atomics.notify(this.#words, OUTPUT_IN_FLIGHT);
  }

  // ---- worker thread

  inputSequence() {
    return Atomics.load(this.#words, INPUT_SEQUENCE);
  }

  /** Returns at once when something came since `sequence` was read. */
  waitForInput(sequence) {
    Atomics.wait(this.#words, INPUT_SEQUENCE, sequence);
  }

  takeCancel() {
    // the plain read keeps this cheap: it runs at every system call
    return this.#words[CANCEL] !== 0 && Atomics.exchange(this.#words, CANCEL, 0) !== 0;
  }

  outputPosted(bytes) {
    Atomics.add(this.#words, OUTPUT_IN_FLIGHT, bytes);
  }

  /** Blocks while clients read slower than the backend writes, so memory stays bounded. */
  waitForOutput(whileWaiting) {
    for (;;) {
      const inFlight = Atomics.load(this.#words, OUTPUT_IN_FLIGHT);
      if (inFlight <= OUTPUT_LIMIT) return;
      Atomics.wait(this.#words, OUTPUT_IN_FLIGHT, inFlight, OUTPUT_POLL_MS);
      whileWaiting();
    }
  }
}
