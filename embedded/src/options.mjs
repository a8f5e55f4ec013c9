// Command line of the server. The password is not here on purpose: arguments can be read by every
// user of the machine, so it comes from a file (password.mjs).

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, Fatal } from './fatal.mjs';

const SPEC = {
  data: { type: 'string' },
  database: { type: 'string', default: 'bars' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '0' },
  'lock-fd': { type: 'string' },
  'max-clients': { type: 'string', default: '100' },
  'idle-transaction-ms': { type: 'string', default: '60000' },
  'cancel-grace-ms': { type: 'string', default: '3000' },
  'wal-mb': { type: 'string', default: '256' },
  'no-fsync': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
};

function refuse(sentence) {
  throw new Fatal(EXIT.usage, sentence);
}

function whole(values, name, min, max) {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < min || value > max) {
    refuse(`--${name} is "${values[name]}", expected a whole number from ${min} to ${max}`);
  }
  return value;
}

/** This engine is for one person on one machine: it must not be reachable from the network. */
export function loopbackHost(host) {
  if (host === 'localhost') return '127.0.0.1';
  const isLoopback = host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
  if (!isLoopback) {
    refuse(
      `--host is "${host}", expected a loopback address (127.0.0.1 or ::1): ` +
        'the embedded database is never reachable from other machines',
    );
  }
  return host;
}

/** Names of everything the server keeps below its data directory. */
export function layout(dataDir) {
  return {
    dataDir,
    pgdata: path.join(dataDir, 'pgdata'),
    initialised: path.join(dataDir, '.initialised'),
    lockFile: path.join(dataDir, '.lock'),
    passwordFile: path.join(dataDir, 'password'),
    serverFile: path.join(dataDir, 'server.json'),
  };
}

export function readOptions(argv) {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: SPEC }));
  } catch (error) {
    refuse(`wrong arguments: ${error.message}`);
  }
  if (!values.data) refuse('--data is missing, expected the directory of the database');
  const host = loopbackHost(values.host);
  const port = whole(values, 'port', 0, 65535);
  let dataDir = path.resolve(values.data);
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  dataDir = fs.realpathSync(dataDir);
  return Object.freeze({
    ...layout(dataDir),
    database: values.database,
    host,
    port,
    user: 'postgres',
    lockFd: values['lock-fd'] === undefined ? null : whole(values, 'lock-fd', 3, 1 << 20),
    maxClients: whole(values, 'max-clients', 1, 10_000),
    idleTransactionMs: whole(values, 'idle-transaction-ms', 100, 86_400_000),
    cancelGraceMs: whole(values, 'cancel-grace-ms', 0, 600_000),
    walBytes: whole(values, 'wal-mb', 1, 4096) * 1024 * 1024,
    fsync: !values['no-fsync'],
    verbose: values.verbose,
  });
}
