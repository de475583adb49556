// A record: an entry as the ledger sequenced it, with its place in the log and in its subject's chain.
// Layout: tag, u64 index, u64 time, u64 subject number, u64 seq, 32 bytes prev, u32 length, entry bytes.

import { Malformed, concat, equal, readU32, readU64, sha256, tag } from "./bytes.js";
import { leafHash } from "./merkle.js";

const TAG = tag("yaoshi/record/v1");
const FIXED = TAG.length + 8 * 4 + 32 + 4;

/** {index, time, number, seq, prev, entry (bytes), hash} of record bytes. */
export async function parseRecord(bytes) {
  if (bytes.length < FIXED || !equal(bytes.subarray(0, TAG.length), TAG)) throw new Malformed("not a record");
  const at = TAG.length;
  const length = readU32(bytes, at + 64);
  if (bytes.length !== FIXED + length) throw new Malformed("record length is wrong");
  return {
    index: readU64(bytes, at),
    time: readU64(bytes, at + 8),
    number: readU64(bytes, at + 16),
    seq: readU64(bytes, at + 24),
    prev: bytes.slice(at + 32, at + 64),
    entry: bytes.slice(FIXED),
    hash: await sha256(bytes),
  };
}

/** The log's leaf: heads root after the record, then the record's hash. */
export const recordLeaf = (heads, recordHash) => leafHash(concat(heads, recordHash));
