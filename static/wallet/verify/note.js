// A signed note: text, a blank line, then one line for each signature.
// C2SP signed-note, tlog-checkpoint and tlog-cosignature v1. Types 01 (Ed25519) and 04 (Ed25519 with the time of
// signing); lines of unknown keys are ignored, a line of a known key that fails rejects the note.

import { Malformed, concat, equal, readU64, sha256, unb64, utf8 } from "./bytes.js";
import { verifySignature } from "./jws.js";

const LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/;
const MOST_LINES = 100;

export async function keyId(name, type, key) {
  return (await sha256(utf8(`${name}\n`), Uint8Array.of(type), key)).subarray(0, 4);
}

/** {text, lines: [{name, id, signature}]} of a note; the text keeps its last newline. */
export function parseNote(note) {
  const cut = typeof note === "string" ? note.lastIndexOf("\n\n") : -1;
  // eslint-disable-next-line no-control-regex
  if (cut < 0 || note.length > 1_000_000 || !note.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    throw new Malformed("not a signed note");
  }
  const rows = note.slice(cut + 2, -1).split("\n");
  if (rows.length > MOST_LINES) throw new Malformed("too many signature lines");
  return { text: note.slice(0, cut + 1), lines: rows.map(parseLine) };
}

function parseLine(row) {
  const found = LINE.exec(row);
  if (found === null) throw new Malformed("not a signature line");
  const blob = unb64(found[2]);
  if (blob.length < 5) throw new Malformed("signature too short");
  return { name: found[1], id: blob.subarray(0, 4), signature: blob.subarray(4) };
}

/**
 * What one key says of a note: {plain: bool, time: seconds | null}, or null when one of its lines fails.
 * `plain` is a valid type 01 line; `time` the time of a valid type 04 line.
 */
export async function signedBy(note, name, key) {
  const plainId = await keyId(name, 1, key);
  const timedId = await keyId(name, 4, key);
  let plain = false;
  let time = null;
  for (const line of note.lines.filter((each) => each.name === name)) {
    if (equal(line.id, plainId)) {
      if (line.signature.length !== 64 || !(await verifySignature(key, line.signature, utf8(note.text)))) return null;
      plain = true;
    } else if (equal(line.id, timedId)) {
      if (line.signature.length !== 72) return null;
      const seconds = readU64(line.signature, 0);
      const message = concat(utf8(`cosignature/v1\ntime ${seconds}\n`), utf8(note.text));
      if (!(await verifySignature(key, line.signature.subarray(8), message))) return null;
      time = seconds;
    }
  }
  return { plain, time };
}
