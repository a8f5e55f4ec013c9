// One client socket: handshake and password, then messages go to the pooler.

import crypto from 'node:crypto';
import { ClientFramer, ProtocolError } from './framing.mjs';
import { debug, log } from './log.mjs';
import { samePassword } from './password.mjs';
import { Session } from './session.mjs';
import { readStartup } from './startup_packet.mjs';
import {
  errorResponse,
  int32,
  message,
  parameterStatus,
  PROTOCOL_3_0,
  readyForQuery,
  REQUEST_CANCEL,
  REQUEST_GSS,
  REQUEST_SSL,
} from './wire.mjs';

const HANDSHAKE_MS = 30_000;
const AUTH_OK = 0;
const AUTH_CLEARTEXT = 3;
const PASSWORD_MESSAGE = 'p'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);

/** Settings of a connection's start that a server reports back, as clients spell them. */
const REPORTED = new Map([
  ['timezone', 'TimeZone'],
  ['datestyle', 'DateStyle'],
  ['intervalstyle', 'IntervalStyle'],
  ['application_name', 'application_name'],
]);

export class Connection {
  static #nextId = 1;

  #server;
  #socket;
  #framer = new ClientFramer();
  #phase = 'startup';
  #startup = null;
  #session = null;
  #isOver = false;
  #handshakeTimer;

  /** @param {{options, password, pooler, reported}} server */
  constructor(server, socket) {
    this.#server = server;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', (error) => debug('socket:', error.code));
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('close', () => this.#closed());
    this.#handshakeTimer = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
  }

  #closed() {
    this.#isOver = true;
    clearTimeout(this.#handshakeTimer);
    if (!this.#session) return;
    this.#server.pooler.leave(this.#session).catch((error) => log('leaving:', error.stack));
  }

  #refuse(code, text) {
    this.#isOver = true;
    this.#socket.end(errorResponse('FATAL', code, text));
  }

  #receive(bytes) {
    if (this.#isOver) return;
    this.#framer.push(bytes);
    try {
      let frame = this.#next();
      while (frame) {
        this.#handle(frame);
        frame = this.#next();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse('08P01', error.message);
    }
    if (this.#session && !this.#session.isClosed) this.#server.pooler.arrived(this.#session);
  }

  #next() {
    if (this.#isOver || this.#session?.isClosed) return null;
    return this.#framer.next();
  }

  #handle(frame) {
    if (this.#phase === 'startup') {
      this.#start(frame);
    } else if (this.#phase === 'password') {
      if (frame[0] !== PASSWORD_MESSAGE) throw new ProtocolError('expected a password');
      this.#login(frame.toString('utf8', 5, frame.length - 1));
    } else if (frame[0] === TERMINATE) {
      this.#isOver = true;
      this.#socket.end();
    } else if (frame[0] === PASSWORD_MESSAGE) {
      throw new ProtocolError('unexpected password');
    } else {
      this.#session.receive(frame);
    }
  }

  // ---- handshake

  #start(packet) {
    const code = packet.readInt32BE(4);
    if (code === REQUEST_SSL || code === REQUEST_GSS) {
      this.#socket.write('N'); // no encryption: this is loopback
      return;
    }
    if (code === REQUEST_CANCEL) {
      this.#cancel(packet);
      return;
    }
    this.#startup = readStartup(packet);
    if (!this.#startup) {
      this.#refuse('0A000', 'unsupported frontend protocol');
    } else if (this.#startup.isReplication) {
      this.#refuse('0A000', 'the embedded database has no replication');
    } else {
      if (this.#startup.minor > 0) {
        // NegotiateProtocolVersion: we speak 3.0
        this.#socket.write(message('v', int32(PROTOCOL_3_0), int32(0)));
      }
      this.#framer.inStartup = false;
      this.#phase = 'password';
      this.#socket.write(message('R', int32(AUTH_CLEARTEXT)));
    }
  }

  #cancel(packet) {
    this.#isOver = true;
    this.#socket.end();
    if (packet.length < 16) return;
    const target = this.#server.pooler.sessions.get(packet.readInt32BE(8));
    if (target?.cancelKey === packet.readInt32BE(12)) this.#server.pooler.cancel(target);
  }

  #login(password) {
    const { options, pooler } = this.#server;
    const { user, database, settings } = this.#startup;
    const isRight = samePassword(password, this.#server.password);
    if (!isRight || user !== options.user) {
      this.#refuse('28P01', `password authentication failed for user "${user}"`);
    } else if (database !== options.database) {
      this.#refuse('3D000', `database "${database}" does not exist`);
    } else if (pooler.isStopping) {
      this.#refuse('57P03', 'the database system is shutting down');
    } else if (pooler.sessions.size >= options.maxClients) {
      this.#refuse('53300', 'sorry, too many clients already');
    } else {
      this.#welcome(settings);
    }
  }

  #welcome(settings) {
    clearTimeout(this.#handshakeTimer);
    const session = new Session(
      Connection.#nextId++,
      crypto.randomBytes(4).readInt32BE(),
      this.#socket,
    );
    session.applyStartup(settings);
    this.#session = session;
    this.#phase = 'ready';
    this.#server.pooler.add(session);
    const reported = { ...this.#server.reported };
    for (const [name, value] of session.settings) {
      const known = REPORTED.get(name.toLowerCase());
      if (known) reported[known] = value;
    }
    this.#socket.write(
      Buffer.concat([
        message('R', int32(AUTH_OK)),
        ...Object.entries(reported).map(([name, value]) => parameterStatus(name, value)),
        message('K', int32(session.id), int32(session.cancelKey)),
        readyForQuery('I'),
      ]),
    );
  }
}

/** What every new connection is told; the backend's own values hold for its command line. */
export function reportedAtStart(backendSettings, user) {
  return {
    ...backendSettings,
    client_encoding: 'UTF8',
    application_name: '',
    is_superuser: 'on',
    session_authorization: user,
    TimeZone: 'UTC',
  };
}
