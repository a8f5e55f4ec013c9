// A backend that crashes now and then is restarted; one that keeps crashing ends the server, so that
// somebody looks.

import { EXIT, Fatal } from './fatal.mjs';

const WINDOW_MS = 60_000;
const LIMIT = 5;

export class CrashBudget {
  #crashes = [];

  /** Counts a crash; throws Fatal when there were too many. */
  spend(now) {
    this.#crashes = this.#crashes.filter((at) => now - at < WINDOW_MS);
    this.#crashes.push(now);
    if (this.#crashes.length > LIMIT) {
      throw new Fatal(EXIT.failure, `${this.#crashes.length} backend crashes within a minute`);
    }
  }
}
