// Bytes and their exact spellings: base64url, hex, big-endian numbers, SHA-256, canonical JSON.
// RFC 4648 sections 4 and 5, RFC 8785 (the subset without floats). Every decoder here refuses a second spelling of
// the same bytes: what is hashed or signed has one form.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Input that does not have the one form it must have. */
export class Malformed extends Error {}

export const utf8 = (text) => encoder.encode(text);

export function textOf(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Malformed("not UTF-8");
  }
}

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A domain tag: ASCII, then one zero byte. */
export const tag = (name) => concat(utf8(name), new Uint8Array(1));

export function equal(a, b) {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i += 1) different |= a[i] ^ b[i];
  return different === 0;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function unhex(text, length) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new Malformed("not lower-case hex");
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (length !== undefined && bytes.length !== length) throw new Malformed(`not ${length} bytes`);
  return bytes;
}

function fromBinary(text) {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function toBinary(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

export const b64 = (bytes) => btoa(toBinary(bytes));

/** Standard alphabet with padding: notes only. */
export function unb64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new Malformed("not base64");
  const bytes = fromBinary(atob(text));
  if (b64(bytes) !== text) throw new Malformed("base64 is not canonical");
  return bytes;
}

export const b64u = (bytes) => b64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** base64url without padding; `length` in bytes when it is fixed. */
export function unb64u(text, length) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new Malformed("not base64url");
  }
  const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
  const bytes = fromBinary(atob(padded));
  if (b64u(bytes) !== text) throw new Malformed("base64url is not canonical");
  if (length !== undefined && bytes.length !== length) throw new Malformed(`not ${length} bytes`);
  return bytes;
}

/** Unsigned big-endian; beyond 2^53 - 1 there is nothing that we count. */
export function u64(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new Malformed("not an unsigned integer");
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

export function readU64(bytes, at) {
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed("number too large");
  return Number(value);
}

export function readU32(bytes, at) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** Keys sorted, no spaces, integers only: the text that we sign or commit to. */
export function canonicalJson(value) {
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "string") {
    if (!value.isWellFormed?.() && /[\ud800-\udfff]/u.test(value)) throw new Malformed("lone surrogate");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Malformed("only integers");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(",")}}`;
}
