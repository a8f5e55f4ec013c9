// Reasons to give up, each with the exit code that the launcher and the tests know.

export const EXIT = Object.freeze({
  ok: 0,
  failure: 1,
  usage: 2,
  locked: 3,
  cannotListen: 4,
  selfcheck: 5,
  password: 6,
});

/** An error whose message is one sentence for people; the server prints it and exits with the code. */
export class Fatal extends Error {
  constructor(exitCode, sentence) {
    super(sentence);
    this.exitCode = exitCode;
  }
}
