// The few kinds of value that a block's header is made of, each read in its one form and written as it is signed.
// JSON as CometBFT 0.38 gives it: 64-bit numbers as decimal text, hashes in upper-case hex, keys and signatures in base64,
// times as RFC 3339 in UTC. Under hashes and signatures: Protocol Buffers (proto3: zero and empty are left out).

import { Malformed, concat, unb64, unhex } from "./bytes.js";

/** Why a block is not what the validators agreed on; `code` is that of docs/refusals.md. */
export class LightFault extends Malformed {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export function holds(condition, code = "light-form") {
  if (!condition) throw new LightFault(code);
}

/** The object with exactly these members; those of `extra` may be there. */
export function readObject(value, wanted, extra = []) {
  holds(value !== null && typeof value === "object" && !Array.isArray(value));
  holds(wanted.every((name) => Object.hasOwn(value, name)));
  holds(Object.keys(value).every((name) => wanted.includes(name) || extra.includes(name)));
  return value;
}

export function readText(value, longest) {
  // eslint-disable-next-line no-control-regex
  holds(typeof value === "string" && value.length > 0 && value.length <= longest && /^[\u0000-\u007f]*$/.test(value));
  return value;
}

export function readNumber(value) {
  holds(typeof value === "string" && /^(0|[1-9][0-9]{0,15})$/.test(value) && Number.isSafeInteger(Number(value)));
  return Number(value);
}

export function readSmall(value) {
  holds(Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31);
  return value;
}

/** Bytes in upper-case hexadecimal; with `empty`, none at all is right, too. */
export function readHex(value, length, empty = false) {
  if (empty && value === "") return new Uint8Array(0);
  holds(typeof value === "string" && value.length === 2 * length && /^[0-9A-F]*$/.test(value));
  return unhex(value.toLowerCase(), length);
}

export function readBase64(value, length) {
  let bytes = null;
  try {
    bytes = typeof value === "string" ? unb64(value) : null;
  } catch (problem) {
    if (!(problem instanceof Malformed)) throw problem;
  }
  holds(bytes !== null && bytes.length === length);
  return bytes;
}

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{0,8}[1-9]))?Z$/;

/** {seconds, nanos, ms} of a time without trailing zeros. */
export function readTime(value) {
  const found = typeof value === "string" ? TIME.exec(value) : null;
  holds(found !== null);
  const start = Date.parse(`${found[1]}Z`);
  holds(Number.isSafeInteger(start) && new Date(start).toISOString().startsWith(found[1]));
  const seconds = start / 1000;
  const nanos = Number((found[2] ?? "").padEnd(9, "0"));
  return { seconds, nanos, ms: start + Math.floor(nanos / 1_000_000) };
}

export function varint(value) {
  const out = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...out, Number(rest)]);
}

const NONE = new Uint8Array(0);

export const intField = (number, value) => (value === 0 ? NONE : concat(varint(number * 8), varint(value)));

export function fixedField(number, value) {
  if (value === 0) return NONE;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return concat(varint(number * 8 + 1), bytes);
}

export const messageField = (number, value) => concat(varint(number * 8 + 2), varint(value.length), value);

export const bytesField = (number, value) => (value.length === 0 ? NONE : messageField(number, value));

export const timeBytes = ({ seconds, nanos }) => concat(intField(1, seconds), intField(2, nanos));
