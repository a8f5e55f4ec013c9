// One line per event on standard output (the launcher sends it to server.log). SQL text and
// passwords never pass through here.

let verbose = false;

export function setVerbose(on) {
  verbose = on;
}

export function log(...words) {
  console.log(new Date().toISOString(), ...words);
}

export function debug(...words) {
  if (verbose) log('debug:', ...words);
}
