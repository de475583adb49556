// The first document of a ledger: who takes part, with which keys, under which limits.
// Its SHA-256 is the ledger's id, which the phone pins once and never changes. Signed by every operator's vote key and
// every institution's offline key over the document without its signatures.

import { Malformed, canonicalJson, concat, hex, sha256, tag, textOf, unb64u, utf8 } from "./bytes.js";
import { thumbprint, verifySignature } from "./jws.js";
import { parseStrict } from "./strict_json.js";

const TAG = tag("yaoshi/genesis/v1");

/** {id, bytes, document, institutions, checkpointKeys} of genesis bytes, or null when they do not hold. */
export async function openGenesis(bytes) {
  try {
    const text = textOf(bytes);
    const document = parseStrict(text);
    if (document.yaoshi !== "genesis" || document.version !== 1 || canonicalJson(document) !== text) return null;
    if (!(await signedByAll(document))) return null;
    return {
      id: hex(await sha256(bytes)),
      bytes,
      document,
      institutions: new Map(document.institutions.map((each) => [each.id, each])),
      checkpointKeys: document.operators.map((operator) => unb64u(operator.keys.checkpoint, 32)),
    };
  } catch (problem) {
    if (problem instanceof Malformed || problem instanceof TypeError) return null;
    throw problem;
  }
}

async function signedByAll(document) {
  const { signatures, ...rest } = document;
  const message = concat(TAG, utf8(canonicalJson(rest)));
  const keys = [
    ...document.operators.map((operator) => operator.keys.vote),
    ...document.institutions.map((institution) => institution.keys.offline),
  ].map((key) => unb64u(key, 32));
  if (signatures.length !== keys.length) return false;
  for (const [place, key] of keys.entries()) {
    const { kid, signature } = signatures[place];
    if (kid !== (await thumbprint(key))) return false;
    if (!(await verifySignature(key, unb64u(signature, 64), message))) return false;
  }
  return true;
}

/** The institution with this two-character code, or null. */
export function institutionByCode(genesis, code) {
  return [...genesis.institutions.values()].find((each) => each.code === code) ?? null;
}
