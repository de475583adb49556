// Which key an institution used for what, at each moment of the log.
// The chains of all operators and institutions are replayed from the genesis and must end in the heads that the newest
// leaf fixes, so that no change of a key can be kept from the phone. A signer is judged as of the entry's own index.

import { b64u, equal, textOf, unb64u } from "./bytes.js";
import { demand } from "./alarm.js";
import { INSTITUTION, OPERATOR, headIsIn } from "./head.js";
import { isSignedBy, parseCompact } from "./jws.js";
import { parseRecord } from "./record.js";

/** The subjects that the genesis creates, in document order. */
function subjectsOf(genesis) {
  const { operators, institutions } = genesis.document;
  return [
    ...operators.map((each) => ({ type: OPERATOR, id: each.id })),
    ...institutions.map((each) => ({ type: INSTITUTION, id: each.id })),
  ];
}

/**
 * Replay and check `served` ({subjects, records}) against the heads root; raises Alarm.
 * Gives {keyAt(institution, use, index) -> raw key | null}.
 */
export async function openRegistry(served, genesis, headsRoot) {
  const subjects = subjectsOf(genesis);
  const first = await parseRecord(unb64u(served.records[0]));
  demand(first.index === 0 && equal(first.entry, genesis.bytes), "altered", { registry: true });
  const chains = subjects.map(() => ({ seq: 1, head: first.hash }));
  const history = genesis.document.institutions.map((each) => ({ id: each.id, from: 0, keys: each.keys }));
  let last = 0;
  for (const text of served.records.slice(1)) {
    const record = await parseRecord(unb64u(text));
    const chain = chains[record.number];
    demand(chain !== undefined && record.index > last, "reordered", { registry: true });
    demand(record.seq === chain.seq + 1, "gap", { registry: true });
    demand(equal(record.prev, chain.head), "altered", { registry: true });
    await applyEntry(record, subjects[record.number], genesis, history);
    chains[record.number] = { seq: record.seq, head: record.hash };
    last = record.index;
  }
  await demandHeads(served.subjects, subjects, chains, headsRoot);
  return { keyAt: (institution, use, index) => keyAt(history, institution, use, index) };
}

async function applyEntry(record, subject, genesis, history) {
  const entry = await parseCompact(textOf(record.entry), "yaoshi-entry");
  const { ledger, kind, subject: about, keys } = entry.payload;
  demand(ledger === genesis.id && about === subject.id && kind === "institution.keys", "foreign", { registry: true });
  const offline = keyAt(history, subject.id, "offline", record.index);
  demand(offline !== null && (await isSignedBy(entry, offline)), "signature", { registry: true });
  const before = keysAt(history, subject.id, record.index);
  history.push({ id: subject.id, from: record.index + 1, keys: { ...before, ...keys } });
}

async function demandHeads(served, subjects, chains, headsRoot) {
  demand(served.length === subjects.length, "missing", { registry: true });
  for (const [number, subject] of subjects.entries()) {
    const head = served.find((each) => each.number === number);
    demand(head !== undefined && head.type === subject.type && head.id === subject.id, "foreign", { registry: true });
    demand(await headIsIn(head, headsRoot), "unproven", { registry: true });
    const same = head.seq === chains[number].seq && head.head === b64u(chains[number].head);
    demand(same, head.seq > chains[number].seq ? "missing" : "altered", { registry: true });
  }
}

function keysAt(history, institution, index) {
  let keys = null;
  for (const each of history) if (each.id === institution && each.from <= index) keys = each.keys;
  return keys;
}

function keyAt(history, institution, use, index) {
  const key = keysAt(history, institution, index)?.[use];
  return key ? unb64u(key, 32) : null;
}

