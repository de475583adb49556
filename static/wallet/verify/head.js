// The newest record of one subject, as a leaf of the tree of heads.
// Leaf data: tag, u64 number, u8 type, 16 bytes id, u64 seq, 32 bytes head. How many subjects there are is not told to a
// phone, and need not be: a path of RFC 9162 depends on the size only by its shape, and the leaf itself says its number.

import { concat, tag, u64, unb64u, unhex } from "./bytes.js";
import { leafHash, verifyInclusion } from "./merkle.js";

export const OPERATOR = 1;
export const INSTITUTION = 2;
export const LINK = 3;
const TAG = tag("yaoshi/head/v1");
const MOST_LEVELS = 52;

/** Whether {number, type, id, seq, head, proof} as served stands in the tree with this heads root. */
export async function headIsIn(served, headsRoot) {
  const data = concat(TAG, u64(served.number), Uint8Array.of(served.type), unhex(served.id, 16), u64(served.seq),
    unb64u(served.head, 32));
  const leaf = await leafHash(data);
  const proof = served.proof.map((hash) => unb64u(hash, 32));
  for (const size of sizesWithPath(served.number, proof.length)) {
    if (await verifyInclusion(leaf, served.number, size, proof, headsRoot)) return true;
  }
  return false;
}

/** One size for each shape that a path of this length to this number can have. */
function* sizesWithPath(number, length) {
  for (let inner = 0; inner <= MOST_LEVELS; inner += 1) {
    const block = 2 ** inner;
    const above = Math.floor(number / block);
    if (inner + ones(above) !== length) continue;
    const last = above * block + block - 1;
    const leftOfMiddle = inner > 0 && number % block < block / 2;
    if (inner === 0 || leftOfMiddle) yield last + 1;
  }
}

const ones = (n) => n.toString(2).split("1").length - 1;
