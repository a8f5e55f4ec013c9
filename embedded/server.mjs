#!/usr/bin/env node
// Embedded TimescaleDB of Barhouse: serves one data directory on a loopback port. See README.md.

import fs from 'node:fs';
import net from 'node:net';
import { compileBackend, makeClusterIfMissing } from './src/backend_host.mjs';
import { Connection, reportedAtStart } from './src/connection.mjs';
import { EXIT, Fatal } from './src/fatal.mjs';
import { startHousekeeping } from './src/housekeeping.mjs';
import { lockDataDirectory } from './src/lock.mjs';
import { log, setVerbose } from './src/log.mjs';
import { readOptions } from './src/options.mjs';
import { readPassword } from './src/password.mjs';
import { Pooler } from './src/pooler.mjs';
import { Shutdown } from './src/shutdown.mjs';

process.umask(0o077);

function listen(server, { host, port }) {
  const listener = net.createServer((socket) => new Connection(server, socket));
  return new Promise((resolve, reject) => {
    listener.once('error', (error) => {
      reject(new Fatal(EXIT.cannotListen, `cannot listen on ${host}:${port} (${error.code})`));
    });
    listener.listen(port, host, () => resolve(listener));
  });
}

/** Written last and at once: a reader sees either nothing or the whole. */
function announce(options, description) {
  const unfinished = `${options.serverFile}.new`;
  fs.writeFileSync(unfinished, `${JSON.stringify(description)}\n`, { mode: 0o600 });
  fs.renameSync(unfinished, options.serverFile);
}

async function serve(options, shutdown) {
  const started = performance.now();
  const token = lockDataDirectory(options);
  const password = readPassword(options.passwordFile);
  const wasmModule = await compileBackend();
  await makeClusterIfMissing(options, wasmModule);
  const pooler = new Pooler(options, wasmModule, (error) => shutdown.fatal(error));
  const { settings, timescaledb, selfcheckMs } = await pooler.boot();
  shutdown.watch(pooler);
  const reported = reportedAtStart(settings, options.user);
  const listener = await listen({ options, password, pooler, reported }, options);
  shutdown.listening(listener);
  startHousekeeping(pooler, options);
  const { port } = listener.address();
  announce(options, {
    pid: process.pid,
    token,
    host: options.host,
    port,
    database: options.database,
    postgres: settings.server_version,
    timescaledb,
    node: process.versions.node,
  });
  log(
    `ready on ${options.host}:${port}, database ${options.database}, pid ${process.pid}, ` +
      `PostgreSQL ${settings.server_version}, TimescaleDB ${timescaledb} ` +
      `(compression and continuous aggregates checked in ${selfcheckMs} ms), ` +
      `boot ${Math.round(performance.now() - started)} ms`,
  );
}

try {
  const options = readOptions(process.argv.slice(2));
  setVerbose(options.verbose);
  const shutdown = new Shutdown(options);
  process.on('uncaughtException', (error) => shutdown.fatal(error));
  process.on('unhandledRejection', (error) => shutdown.fatal(error));
  await serve(options, shutdown);
} catch (error) {
  console.error(`FATAL: ${error.exitCode ? error.message : error.stack}`);
  process.exit(error.exitCode ?? EXIT.failure);
}
