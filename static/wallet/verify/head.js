// The newest record of one subject, as a leaf of the tree of heads.
// Leaf data: tag, u64 number, u8 type, 16 bytes id, u64 seq, 32 bytes head.

import { concat, tag, u64, unb64u, unhex } from "./bytes.js";
import { leafHash, verifyInclusion } from "./merkle.js";

export const OPERATOR = 1;
export const INSTITUTION = 2;
export const LINK = 3;
const TAG = tag("yaoshi/head/v1");

/** Whether {number, type, id, seq, head, proof} as served stands in the heads tree of `count` subjects. */
export async function headIsIn(served, count, headsRoot) {
  const data = concat(TAG, u64(served.number), Uint8Array.of(served.type), unhex(served.id, 16), u64(served.seq),
    unb64u(served.head, 32));
  const proof = served.proof.map((hash) => unb64u(hash, 32));
  return verifyInclusion(await leafHash(data), served.number, count, proof, headsRoot);
}
