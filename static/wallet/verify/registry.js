// Which key an institution used for what, at each moment of the log.
// The chains of all operators and institutions are replayed from the genesis and must end in the heads that the newest
// leaf fixes, so that no change of a key and no vote can be kept from the phone. A signer is judged as of the entry's own
// index. Who came later joins with the first record of a chain of its own.

import { b64u, equal, textOf, unb64u } from "./bytes.js";
import { demand } from "./alarm.js";
import { councilOf, govern, join, keysAt, versionAt } from "./governing.js";
import { INSTITUTION, OPERATOR, headIsIn } from "./head.js";
import { parseCompact } from "./jws.js";
import { parseRecord } from "./record.js";

const HERE = { registry: true };
const ZEROS = new Uint8Array(32);
const TYPES = { operator: OPERATOR, institution: INSTITUTION };

/** The chains that the genesis begins, by number, in document order: {type, id, seq, head}. */
function chainsOf(genesis, head) {
  const { operators, institutions } = genesis.document;
  const subjects = [
    ...operators.map((each) => ({ type: OPERATOR, id: each.id })),
    ...institutions.map((each) => ({ type: INSTITUTION, id: each.id })),
  ];
  return new Map(subjects.map((each, number) => [number, { ...each, seq: 1, head }]));
}

/**
 * Replay and check `served` ({subjects, records}) against the heads root; raises Alarm.
 * Gives {keyAt(institution, use, index) -> raw key | null, institutions: [{id, code, name, type, base, retired, …}],
 * checkpointKeys of the active operators,
 * versionAt(index) -> the version of the rules that judged this record,
 * consensusAt(size) -> the validators' keys (base64url) for whom the operators had voted when the log had this size}.
 */
export async function openRegistry(served, genesis, headsRoot) {
  const first = await parseRecord(unb64u(served.records[0]));
  demand(first.index === 0 && equal(first.entry, genesis.bytes), "altered", HERE);
  const chains = chainsOf(genesis, first.hash);
  const council = councilOf(genesis);
  const sets = [{ from: 1, keys: consensusKeys(council) }];
  let last = 0;
  for (const text of served.records.slice(1)) {
    const record = await parseRecord(unb64u(text));
    demand(record.index > last, "reordered", HERE);
    await applyRecord(record, { chains, council, genesis });
    sets.push({ from: record.index + 1, keys: consensusKeys(council) });
    last = record.index;
  }
  await demandHeads(served.subjects, chains, headsRoot);
  return {
    keyAt: (institution, use, index) => keyAt(council, institution, use, index),
    institutions: [...council.institutions.values()].map((each) => each.shown),
    checkpointKeys: active(council).map(({ keys }) => unb64u(keys.checkpoint, 32)),
    versionAt: (index) => versionAt(council, index),
    consensusAt: (size) => sets.findLast(({ from }) => from <= size).keys,
  };
}

const active = ({ operators }) => [...operators.values()].filter((each) => each.active);
const consensusKeys = (council) => active(council).map(({ keys }) => keys.validator).filter(Boolean);

async function applyRecord(record, { chains, council, genesis }) {
  const entry = await parseCompact(textOf(record.entry), "yaoshi-entry");
  demand(entry.payload.ledger === genesis.id, "foreign", HERE);
  const chain = chains.get(record.number);
  if (chain === undefined) {
    demand(record.seq === 1, "gap", HERE);
    demand(equal(record.prev, ZEROS), "altered", HERE);
    const { type, id } = await join(council, entry, record);
    chains.set(record.number, { type: TYPES[type], id, seq: 1, head: record.hash });
    return;
  }
  demand(record.seq === chain.seq + 1, "gap", HERE);
  demand(equal(record.prev, chain.head), "altered", HERE);
  demand(entry.payload.subject === chain.id, "foreign", HERE);
  await govern(council, entry, record);
  Object.assign(chain, { seq: record.seq, head: record.hash });
}

async function demandHeads(served, chains, headsRoot) {
  demand(served.length === chains.size, "missing", HERE);
  for (const [number, chain] of chains) {
    const head = served.find((each) => each.number === number);
    demand(head !== undefined && head.type === chain.type && head.id === chain.id, "foreign", HERE);
    demand(await headIsIn(head, headsRoot), "unproven", HERE);
    const same = head.seq === chain.seq && head.head === b64u(chain.head);
    demand(same, head.seq > chain.seq ? "missing" : "altered", HERE);
  }
}

function keyAt(council, institution, use, index) {
  const key = keysAt(council, institution, index)?.[use];
  return key ? unb64u(key, 32) : null;
}
