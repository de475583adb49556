// Details stay beside the ledger; what stands on it is a salted hash of them.
// SHA-256(tag, 32 random bytes of salt, the exact details text). A salt serves one commitment only.

import { Malformed, b64u, sha256, tag, textOf, unb64u, utf8 } from "./bytes.js";
import { parseStrict } from "./strict_json.js";

const TAG = tag("yaoshi/commit/v1");

export async function commit(salt, detailsText) {
  return b64u(await sha256(TAG, salt, utf8(detailsText)));
}

/** The details behind a commitment, or null when this opening does not open it. */
export async function openedBy(opening, commitment) {
  try {
    const salt = unb64u(opening.salt, 32);
    if (typeof opening.details !== "string" || (await commit(salt, opening.details)) !== commitment) return null;
    return parseStrict(textOf(utf8(opening.details)));
  } catch (problem) {
    if (problem instanceof Malformed) return null;
    throw problem;
  }
}
