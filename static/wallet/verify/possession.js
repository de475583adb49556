// A new key of an operator or institution shows that whoever names it holds it: it signs what it is to be.
// docs/formats/governance.md, "New keys". The same verdict as the ledger's own, on whatever stands for proofs.

import { Malformed, canonicalJson, concat, tag, unb64u, utf8 } from "./bytes.js";
import { verifySignature } from "./jws.js";

const TAG = tag("yaoshi/key/v1");

/** Whether `proofs` {use: base64url} show possession of exactly these `keys` {use: base64url} of the subject. */
export async function areHeld(ledger, subject, keys, proofs) {
  if (typeof proofs !== "object" || proofs === null || Array.isArray(proofs)) return false;
  const uses = Object.keys(keys);
  if (Object.keys(proofs).length !== uses.length || !uses.every((use) => Object.hasOwn(proofs, use))) return false;
  for (const use of uses) if (!(await isHeld({ key: keys[use], ledger, subject, use }, proofs[use]))) return false;
  return true;
}

async function isHeld(said, proof) {
  try {
    const [key, signature] = [unb64u(said.key, 32), unb64u(proof, 64)];
    return await verifySignature(key, signature, concat(TAG, utf8(canonicalJson(said))));
  } catch (problem) {
    if (problem instanceof Malformed || problem instanceof DOMException) return false;
    throw problem;
  }
}
