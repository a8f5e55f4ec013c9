// One server per data directory. PostgreSQL's own postmaster.pid says nothing here (every
// WebAssembly backend has pid 42), so we hold flock(2) on a file for as long as the process lives;
// the kernel drops it even after kill -9. An abstract unix socket would not do: Node 20 and 24
// encode such names differently.

import crypto from 'node:crypto';
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import { EXIT, Fatal } from './fatal.mjs';

/** The launcher looks for this text before it deletes anything. */
const MAGIC = 'barhouse embedded database';

const ATTEMPTS = 10;
const PAUSE_MS = 50;

// Node has no flock. A lock belongs to the open file description, which a child shares with us:
// the helper locks its descriptor 3, exits, and the lock stays ours.
const PYTHON_FLOCK = `
import fcntl, sys
try:
    fcntl.flock(3, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(1)
`;
const HELPERS = [
  ['flock', ['-n', '3']],
  ['python3', ['-c', PYTHON_FLOCK]],
];

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** true: locked by us; false: somebody else holds it; null: no helper on this machine. */
function tryLock(fd) {
  for (const [command, args] of HELPERS) {
    const result = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
    if (result.status === 0) return true;
    if (result.status === 1) return false;
  }
  return null;
}

function lockOurselves(options) {
  const fd = fs.openSync(options.lockFile, 'a+', 0o600);
  // Several attempts: status probes of the launcher hold a shared lock for a moment.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const locked = tryLock(fd);
    if (locked) return fd;
    if (locked === null) {
      throw new Fatal(
        EXIT.locked,
        `cannot lock ${options.dataDir}: neither flock nor python3 is on PATH, one is needed`,
      );
    }
    sleep(PAUSE_MS);
  }
  throw new Fatal(
    EXIT.locked,
    `the data directory ${options.dataDir} is in use by another server: ` +
      'stop that one first, or use another directory',
  );
}

function takeOver(options) {
  const isSameFile = (one, other) => one.dev === other.dev && one.ino === other.ino;
  try {
    if (isSameFile(fs.fstatSync(options.lockFd), fs.statSync(options.lockFile))) {
      return options.lockFd;
    }
  } catch {
    // falls through to the refusal
  }
  throw new Fatal(
    EXIT.locked,
    `descriptor ${options.lockFd} is not ${options.lockFile}, expected the locked file`,
  );
}

/**
 * Holds the lock until the process ends, and says in the file who holds it.
 *
 * @returns {string} a token that server.json repeats: a server.json with another token is left over
 *   from a server that was killed
 */
export function lockDataDirectory(options) {
  const fd = options.lockFd === null ? lockOurselves(options) : takeOver(options);
  const token = crypto.randomBytes(12).toString('hex');
  fs.rmSync(options.serverFile, { force: true });
  fs.ftruncateSync(fd, 0);
  fs.writeSync(fd, `${JSON.stringify({ what: MAGIC, pid: process.pid, token })}\n`, 0);
  return token;
}
