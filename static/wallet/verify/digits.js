// Three digits that two screens compute from the same facts, so that two people can compare them aloud.

import { concat, sha256, tag, utf8 } from "./bytes.js";

/** "407": from ledger id (32 bytes), institution id (16), reference text and the phone's public key (32). */
export async function threeDigits(ledger, institution, reference, key) {
  const hash = await sha256(concat(tag("yaoshi/digits/v1"), ledger, institution, utf8(reference), key));
  const first = new DataView(hash.buffer).getBigUint64(0);
  return String(first % 1000n).padStart(3, "0");
}
