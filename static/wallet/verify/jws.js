// Signed statements: JWS Compact with exactly alg, kid and typ, Ed25519 only.
// RFC 7515, RFC 9864 (the name Ed25519), RFC 7638 (thumbprint). One statement has one byte form; the algorithm is never
// chosen from the header. Whether a signature is valid is the ledger's to decide; the phone checks what was accepted.

import { openPart } from "./batch.js";
import { Malformed, b64u, hex, sha256, textOf, unb64u, utf8 } from "./bytes.js";
import { parseStrict } from "./strict_json.js";

const LONGEST = 32 * 1024;

/** RFC 7638 thumbprint of a raw 32-byte Ed25519 key. */
export async function thumbprint(key) {
  return b64u(await sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${b64u(key)}"}`)));
}

/**
 * Parts of a compact JWS of the given typ, not yet verified: {kid, payload, id, message, signature, batched}; `message` is
 * what the signature is over.
 */
export async function parseCompact(jws, typ) {
  if (typeof jws !== "string" || jws.length > LONGEST) throw new Malformed("not a JWS");
  const parts = jws.split(".");
  if (parts.length !== 3) throw new Malformed("a JWS has three parts");
  const header = parseStrict(textOf(unb64u(parts[0])));
  const names = Object.keys(header).sort().join();
  if (names !== "alg,kid,typ" || header.alg !== "Ed25519" || header.typ !== typ || typeof header.kid !== "string") {
    throw new Malformed("header is not what this typ demands");
  }
  const signed = utf8(`${parts[0]}.${parts[1]}`);
  const part = unb64u(parts[2]);
  const batched = part.length !== 64;
  if (batched && typ !== "yaoshi-entry") throw new Malformed("a signature has 64 bytes");
  const { message, signature } = batched ? await openPart(part, signed) : { message: signed, signature: part };
  return {
    kid: header.kid,
    payload: parseStrict(textOf(unb64u(parts[1]))),
    id: hex(await sha256(signed)),
    message,
    signature,
    batched,
  };
}

export async function verifySignature(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

/** True when the parsed JWS is signed by this raw key and names it. */
export async function isSignedBy(parsed, key) {
  return parsed.kid === (await thumbprint(key)) && verifySignature(key, parsed.signature, parsed.message);
}

/** Header and payload as they will be signed. */
export function signingInput(typ, kid, payloadText) {
  const header = JSON.stringify({ alg: "Ed25519", kid, typ });
  return `${b64u(utf8(header))}.${b64u(utf8(payloadText))}`;
}
