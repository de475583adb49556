// Keys of this phone: one for each link, one for each request; made here, never readable, never leaving.
// WebCrypto Ed25519 with extractable false, kept in IndexedDB. Two tabs never sign at the same time.

import { b64u, canonicalJson, utf8 } from "../verify/bytes.js";
import { signingInput, thumbprint } from "../verify/jws.js";

/** Make and keep a key; gives {kid, key (b64u public key)}. `reference` names what it was made for. */
export async function makeKey(database, reference, now) {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const kept = { kid: await thumbprint(raw), key: b64u(raw), privateKey: pair.privateKey, reference, made: now };
  await database.put("keys", kept);
  return { kid: kept.kid, key: kept.key };
}

/** The key made for this reference before (a reload, a second try), or a new one. */
export async function keyForReference(database, reference, now) {
  const earlier = (await database.all("keys")).find((each) => each.reference === reference);
  return earlier ? { kid: earlier.kid, key: earlier.key } : makeKey(database, reference, now);
}

/** A key stays once it serves a link; the reference is forgotten, so that no later claim finds it. */
export async function bindToLink(database, kid) {
  const kept = await database.get("keys", kid);
  await database.put("keys", { ...kept, reference: null });
}

export const forgetKey = (database, kid) => database.drop("keys", kid);

/** Compact JWS over a payload that this wallet composed. */
export function signPayload(database, kid, typ, payload) {
  return navigator.locks.request("yaoshi-sign", async () => {
    const kept = await database.get("keys", kid);
    if (kept === null) throw new Error("the key is not on this phone");
    const input = signingInput(typ, kid, canonicalJson(payload));
    const signature = await crypto.subtle.sign("Ed25519", kept.privateKey, utf8(input));
    return `${input}.${b64u(new Uint8Array(signature))}`;
  });
}
