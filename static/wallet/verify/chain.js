// One link's records in a row: nothing left out, nothing moved, nothing changed, nothing of somebody else.
// Every record carries its place (seq) and the hash of the record before it; the head fixes the last one.

import { b64u, equal, unb64u } from "./bytes.js";
import { verifyInclusion } from "./merkle.js";
import { parseRecord, recordLeaf } from "./record.js";

const ZEROS = new Uint8Array(32);

/**
 * Read the served records [{record, heads, inclusion}] of the link with this number.
 * Gives {rows: [{...record, proved}], alarms: [{code, facts}]}; `last` is the seq that must be the newest one.
 */
export async function readChain(served, { number, last, head, checkpoint }) {
  const alarms = [];
  const found = [];
  for (const each of served) {
    const row = await readRow(each, checkpoint);
    if (row === null) alarms.push({ code: "altered", facts: { place: found.length + 1 } });
    else if (row.number !== number) alarms.push({ code: "foreign", facts: { time: row.time } });
    else found.push(row);
  }
  const rows = [...found].sort((a, b) => a.seq - b.seq);
  alarms.push(...missing(rows, last));
  alarms.push(...moved(found, rows));
  alarms.push(...changed(rows, { last, head }));
  return { rows, alarms };
}

async function readRow(each, checkpoint) {
  try {
    const record = await parseRecord(unb64u(each.record));
    const leaf = await recordLeaf(unb64u(each.heads, 32), record.hash);
    const proof = each.inclusion.map((hash) => unb64u(hash, 32));
    record.proved = await verifyInclusion(leaf, record.index, checkpoint.size, proof, checkpoint.root);
    return record;
  } catch {
    return null;
  }
}

/** Places left out: between two entries a gap, after the last one entries kept back. */
function missing(rows, last) {
  const present = new Set(rows.map((row) => row.seq));
  const newest = rows.length > 0 ? rows[rows.length - 1].seq : 0;
  const alarms = [];
  const inside = [];
  for (let seq = 1; seq < newest && inside.length < 1000; seq += 1) if (!present.has(seq)) inside.push(seq);
  if (inside.length > 0) alarms.push({ code: "gap", facts: { seqs: inside, ...around(rows, inside) } });
  if (newest < last) {
    const seqs = Array.from({ length: Math.min(last - newest, 1000) }, (_, i) => newest + 1 + i);
    alarms.push({ code: "missing", facts: { seqs, ...around(rows, seqs) } });
  }
  return alarms;
}

/** The entries that stand on both sides of a hole, for the picture of it. */
function around(rows, seqs) {
  const brief = (row) => (row ? { seq: row.seq, time: row.time } : null);
  return {
    before: brief(rows.filter((row) => row.seq < seqs[0]).pop()),
    after: brief(rows.find((row) => row.seq > seqs[seqs.length - 1])),
  };
}

function moved(found, rows) {
  const alarms = [];
  const doubled = rows.some((row, i) => i > 0 && row.seq === rows[i - 1].seq);
  if (doubled || found.some((row, i) => row !== rows[i])) alarms.push({ code: "reordered", facts: {} });
  const late = rows.find((row, i) => i > 0 && (row.index <= rows[i - 1].index || row.time < rows[i - 1].time));
  if (late && alarms.length === 0) alarms.push({ code: "reordered", facts: { seq: late.seq } });
  return alarms;
}

function changed(rows, { last, head }) {
  const seqs = new Set();
  rows.forEach((row, i) => {
    const before = rows[i - 1];
    if (row.seq === 1 && !equal(row.prev, ZEROS)) seqs.add(1);
    if (before && before.seq === row.seq - 1 && !equal(row.prev, before.hash)) seqs.add(before.seq);
    if (row.seq === last && head !== null && b64u(row.hash) !== head) seqs.add(row.seq);
  });
  for (const row of rows) if (!row.proved) seqs.add(row.seq);
  for (const row of rows) if (seqs.has(row.seq)) row.proved = false;
  return seqs.size > 0 ? [{ code: "altered", facts: { seqs: [...seqs].sort((a, b) => a - b) } }] : [];
}
