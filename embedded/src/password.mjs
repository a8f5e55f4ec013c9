// The password: made by the launcher, kept in a file that only its owner can read.

import crypto from 'node:crypto';
import fs from 'node:fs';
import { EXIT, Fatal } from './fatal.mjs';

export function readPassword(file) {
  let text;
  let mode;
  try {
    mode = fs.statSync(file).mode & 0o777;
    text = fs.readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Fatal(
      EXIT.password,
      `cannot read the password file ${file} (${error.code}), ` +
        'expected one made by the launcher: start the server through barhouse',
    );
  }
  if (mode & 0o077) {
    throw new Fatal(
      EXIT.password,
      `the password file ${file} has mode ${mode.toString(8)}, expected 600: ` +
        'take the rights of other users away with chmod 600',
    );
  }
  if (!text) throw new Fatal(EXIT.password, `the password file ${file} is empty: delete it`);
  return text;
}

/** Compares digests of equal length, so the time says nothing about where two passwords differ. */
export function samePassword(given, expected) {
  const digest = (text) => crypto.createHash('sha256').update(text).digest();
  return crypto.timingSafeEqual(digest(given), digest(expected));
}
