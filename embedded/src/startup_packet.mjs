// Reads the first message of a client: who wants which database, with which settings.

import { PROTOCOL_3_0 } from './wire.mjs';

/** Keys that are not settings. */
const NOT_SETTINGS = new Set(['user', 'database', 'options', 'replication']);

/** Splits the words of libpq's `options`: white space separates, a backslash escapes. */
function splitWords(text) {
  const words = [];
  let word = null;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') {
      i += 1;
      word = (word ?? '') + (text[i] ?? '');
    } else if (/\s/.test(text[i])) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + text[i];
    }
  }
  if (word !== null) words.push(word);
  return words;
}

/** `-c name=value`, `-cname=value` and `--name=value`, as PostgreSQL reads its command line. */
export function parseOptions(text) {
  const words = splitWords(text);
  const settings = [];
  for (let i = 0; i < words.length; i++) {
    let setting = null;
    if (words[i] === '-c') {
      i += 1;
      setting = words[i] ?? '';
    } else if (words[i].startsWith('-c')) {
      setting = words[i].slice(2);
    } else if (words[i].startsWith('--')) {
      setting = words[i].slice(2);
    }
    const equals = setting?.indexOf('=') ?? -1;
    if (equals > 0) {
      const name = setting.slice(0, equals).replaceAll('-', '_');
      settings.push([name, setting.slice(equals + 1)]);
    }
  }
  return settings;
}

/**
 * @param {Buffer} packet a StartupMessage, with its length
 * @returns {{user: string, database: string, settings: [string, string][], minor: number,
 *   isReplication: boolean} | null} null for a protocol we do not speak
 */
export function readStartup(packet) {
  const protocol = packet.readInt32BE(4);
  if (protocol >>> 16 !== PROTOCOL_3_0 >>> 16) return null;
  const words = packet.toString('utf8', 8).split('\0');
  const given = new Map();
  for (let i = 0; i + 1 < words.length && words[i]; i += 2) given.set(words[i], words[i + 1]);
  const settings = [];
  for (const [name, value] of given) {
    if (NOT_SETTINGS.has(name) || name.startsWith('_pq_.')) continue;
    // the backend's bytes go to the client as they are, and it speaks UTF-8 only
    settings.push([name, name.toLowerCase() === 'client_encoding' ? 'UTF8' : value]);
  }
  settings.push(...parseOptions(given.get('options') ?? ''));
  return {
    user: given.get('user') ?? '',
    database: given.get('database') ?? given.get('user') ?? '',
    settings,
    minor: protocol & 0xffff,
    isReplication: !['', 'false', 'off', '0'].includes(given.get('replication') ?? ''),
  };
}
