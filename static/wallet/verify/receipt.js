// A receipt: one record, its place in the log, and the checkpoint that fixes the place.
// The phone calls nothing done (allowed, taken back, connected) before its receipt holds.

import { Malformed, textOf, unb64u } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { parseCompact } from "./jws.js";
import { verifyInclusion } from "./merkle.js";
import { parseRecord, recordLeaf } from "./record.js";

/** {index, time, seq, number, entry: {id, kid, payload}} of a receipt {record, heads, inclusion, checkpoint}, or null. */
export async function openReceipt(receipt, genesis) {
  try {
    const checkpoint = await openCheckpoint(receipt.checkpoint, genesis);
    if (checkpoint === null) return null;
    const record = await parseRecord(unb64u(receipt.record));
    const leaf = await recordLeaf(unb64u(receipt.heads, 32), record.hash);
    const proof = receipt.inclusion.map((hash) => unb64u(hash, 32));
    if (!(await verifyInclusion(leaf, record.index, checkpoint.size, proof, checkpoint.root))) return null;
    const entry = await parseCompact(textOf(record.entry), "yaoshi-entry");
    if (entry.payload.ledger !== genesis.id) return null;
    return { index: record.index, time: record.time, seq: record.seq, number: record.number, entry };
  } catch (problem) {
    if (problem instanceof Malformed || problem instanceof TypeError) return null;
    throw problem;
  }
}
