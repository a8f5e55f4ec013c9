// The PostgreSQL wire protocol, version 3: building messages and reading the few we look into.

export const PROTOCOL_3_0 = 196608;
export const REQUEST_SSL = 80877103;
export const REQUEST_GSS = 80877104;
export const REQUEST_CANCEL = 80877102;

/** Bytes of a zero-terminated string. */
export function cString(text) {
  return Buffer.from(`${text}\0`);
}

export function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** One protocol message: type byte, length, body. */
export function message(type, ...parts) {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(5);
  header[0] = type.charCodeAt(0);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

export const SYNC = message('S');

export function query(sql) {
  return message('Q', cString(sql));
}

export function parse(name, sql, typeOids) {
  const types = typeOids.map(int32);
  return message('P', cString(name), cString(sql), int16(typeOids.length), ...types);
}

export function copyFail(reason) {
  return message('f', cString(reason));
}

/** ErrorResponse; severity ERROR keeps the connection, FATAL precedes its end. */
export function errorResponse(severity, code, text) {
  return message(
    'E',
    cString(`S${severity}`),
    cString(`V${severity}`),
    cString(`C${code}`),
    cString(`M${text}`),
    Buffer.from([0]),
  );
}

/** ReadyForQuery; status is I (idle), T (in a transaction) or E (failed transaction). */
export function readyForQuery(status) {
  return message('Z', Buffer.from(status));
}

export function parameterStatus(name, value) {
  return message('S', cString(name), cString(value));
}

/** Code and text of an ErrorResponse body. */
export function readError(body) {
  const error = { code: 'XX000', text: 'unknown error' };
  for (const field of body.toString('utf8').split('\0')) {
    if (field[0] === 'C') error.code = field.slice(1);
    if (field[0] === 'M') error.text = field.slice(1);
  }
  return error;
}

/** Text values (or null) of a DataRow body. */
export function readRow(body) {
  const values = [];
  const count = body.readInt16BE(0);
  let offset = 2;
  for (let i = 0; i < count; i++) {
    const length = body.readInt32BE(offset);
    offset += 4;
    if (length < 0) {
      values.push(null);
    } else {
      values.push(body.toString('utf8', offset, offset + length));
      offset += length;
    }
  }
  return values;
}

/** SQL literal that is read the same whatever standard_conforming_strings says. */
export function literal(text) {
  const escaped = String(text).replaceAll('\\', '\\\\').replaceAll("'", "''");
  return `E'${escaped}'`;
}

export function identifier(text) {
  return `"${String(text).replaceAll('"', '""')}"`;
}
