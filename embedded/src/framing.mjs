// Cuts byte streams into protocol messages, in both directions.

const MAX_STARTUP_BYTES = 10_000;
const MAX_MESSAGE_BYTES = 1 << 30;

/** What clients may send after the handshake: a wrong byte means a broken or foreign client. */
const FRONTEND_TYPES = new Set('QPBDECSHFdcfX');

export class ProtocolError extends Error {}

/**
 * Client to server. Pieces are kept as they come and joined once a whole message is there, so that
 * a 30 MB parameter in 64 KB pieces is not copied hundreds of times.
 */
export class ClientFramer {
  #pieces = [];
  #have = 0;
  #need = 5;
  /** The first message of a connection has no type byte. */
  inStartup = true;

  push(bytes) {
    this.#pieces.push(bytes);
    this.#have += bytes.length;
  }

  /** Takes the next whole message, or null when more bytes are needed. */
  next() {
    if (this.#have < this.#need) return null;
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    const buffer = this.#pieces[0];
    const headerBytes = this.inStartup ? 8 : 5;
    if (!buffer || buffer.length < headerBytes) {
      this.#need = headerBytes;
      return null;
    }
    const total = this.inStartup ? buffer.readInt32BE(0) : 1 + buffer.readInt32BE(1);
    const limit = this.inStartup ? MAX_STARTUP_BYTES : MAX_MESSAGE_BYTES;
    if (total < headerBytes || total > limit) throw new ProtocolError('invalid message length');
    if (!this.inStartup) this.#checkType(buffer[0]);
    if (buffer.length < total) {
      this.#need = total;
      return null;
    }
    const rest = buffer.subarray(total);
    this.#pieces = rest.length ? [rest] : [];
    this.#have = rest.length;
    this.#need = 5;
    return buffer.subarray(0, total);
  }

  #checkType(byte) {
    // 'p' (password) is only legal in the handshake; the connection checks the moment.
    const type = String.fromCharCode(byte);
    if (!FRONTEND_TYPES.has(type) && type !== 'p') {
      throw new ProtocolError(`invalid frontend message type ${byte}`);
    }
  }
}

/**
 * Server to client. Follows message boundaries without keeping the bodies, except of the types that
 * `wants` names: results of any size pass through without being collected.
 */
export class BackendScanner {
  #wants;
  #onMessage;
  #header = Buffer.alloc(0);
  #type = '';
  #left = 0;
  #kept = null;

  /**
   * @param {(type: string) => boolean} wants whether the body of such a message is needed
   * @param {(type: string, body: Buffer) => void} onMessage called for the wanted ones
   */
  constructor(wants, onMessage) {
    this.#wants = wants;
    this.#onMessage = onMessage;
  }

  push(buffer) {
    let offset = 0;
    while (offset < buffer.length) {
      offset = this.#left > 0 ? this.#body(buffer, offset) : this.#head(buffer, offset);
    }
  }

  #body(buffer, offset) {
    const size = Math.min(this.#left, buffer.length - offset);
    this.#kept?.push(buffer.subarray(offset, offset + size));
    this.#left -= size;
    if (this.#left === 0) this.#finish();
    return offset + size;
  }

  #head(buffer, offset) {
    const size = Math.min(5 - this.#header.length, buffer.length - offset);
    this.#header = Buffer.concat([this.#header, buffer.subarray(offset, offset + size)]);
    if (this.#header.length === 5) {
      this.#type = String.fromCharCode(this.#header[0]);
      this.#left = this.#header.readInt32BE(1) - 4;
      this.#header = Buffer.alloc(0);
      this.#kept = this.#wants(this.#type) ? [] : null;
      if (this.#left === 0) this.#finish();
    }
    return offset + size;
  }

  #finish() {
    if (!this.#kept) return;
    const body = Buffer.concat(this.#kept);
    this.#kept = null;
    this.#onMessage(this.#type, body);
  }
}
