// Who may have signed each entry of a link, told from the link's own chain.
// Mirrors the contract's rules for keys: a key serves one link; a desk's new key on a claimed link waits, earlier keys
// keep only taking back, confirming and contesting. Anything the contract would have refused cannot stand in the chain.

import { unb64u } from "./bytes.js";
import { demand } from "./alarm.js";
import { isSignedBy, parseCompact, thumbprint } from "./jws.js";

const BY_INSTITUTION = {
  "link.open": "desk", "link.settle": "offline", "disclosure.made": "release", "look.made": "release",
  "result.reused": "release", "details.erased": "release",
};
const BY_LINK = {
  "link.confirm": "confirm", "link.contest": "contest", "link.close": "manage", "grant.give": "give",
  "grant.revoke": "revoke",
};
const ALL = ["give", "manage", "revoke"];

export const emptyLink = () => ({ opened: false, closed: false, contested: false, keys: new Map(), rekeys: [] });

/** What a key may do on the link at `time` (ms). */
export function rightsOf(link, kid, time) {
  const key = link.keys.get(kid);
  if (key === undefined || key.status === "removed") return [];
  if (key.status === "earlier") return ["revoke", "confirm", "contest"];
  if (key.status === "waiting") {
    if (link.contested) return ["revoke"];
    return time >= key.until ? key.rights : key.rights.filter((right) => right === "revoke");
  }
  return link.contested ? key.rights.filter((right) => right === "revoke") : key.rights;
}

/** Check the signer of one parsed entry and apply it to the link; raises Alarm "signature" or "foreign". */
export async function applyToLink(link, entry, record, { registry, institution, limits }) {
  const { kind } = entry.payload;
  const facts = { seq: record.seq };
  const byKey = async (key) => key !== null && isSignedBy(entry, key);
  const institutional = (use) => byKey(registry.keyAt(institution, use, record.index));
  const byLink = async (right) => {
    const key = link.keys.get(entry.kid);
    return key !== undefined && rightsOf(link, entry.kid, record.time).includes(right) && byKey(key.key);
  };
  if (BY_INSTITUTION[kind]) {
    demand(await institutional(BY_INSTITUTION[kind]), "signature", facts);
  } else if (BY_LINK[kind]) {
    demand(await byLink(BY_LINK[kind]), "signature", facts);
  } else if (kind === "link.keys") {
    const desk = entry.payload.key !== undefined && (await institutional("desk"));
    demand(desk || (await byLink("manage")), "signature", facts);
    entry.byDesk = desk;
  } else {
    demand(false, "foreign", { ...facts, kind: true });
  }
  if (entry.payload.key !== undefined) await demandProof(entry, institution, facts);
  await change(link, entry, record, limits);
}

/** A new key must itself have signed that it serves this link. */
async function demandProof(entry, institution, facts) {
  const { payload } = entry;
  const proof = await parseCompact(payload.proof, "yaoshi-proof");
  const about = proof.payload;
  const same = about.ledger === payload.ledger && about.subject === payload.subject && about.institution === institution;
  demand(same && (await isSignedBy(proof, unb64u(payload.key, 32))), "signature", facts);
}

async function change(link, entry, record, limits) {
  const { kind, key, remove, rights, entry: about, stay } = entry.payload;
  if (kind === "link.open") {
    link.opened = true;
    if (key !== undefined) await add(link, key, { rights: ALL, status: "full" });
  } else if (kind === "link.keys" && remove !== undefined) {
    if (link.keys.has(remove)) link.keys.get(remove).status = "removed";
  } else if (kind === "link.keys") {
    await addByLinkOrDesk(link, entry, record, { key, rights, limits });
  } else if (kind === "link.confirm") {
    for (const each of link.keys.values()) if (each.entry === about) each.status = "full";
    settleRekey(link, about, "confirmed");
  } else if (kind === "link.contest") {
    link.contested = true;
    settleRekey(link, about, "contested");
  } else if (kind === "link.settle") {
    link.contested = false;
    for (const [kid, each] of link.keys) each.status = stay.includes(kid) ? "full" : "removed";
  } else if (kind === "link.close") {
    link.closed = true;
  }
}

async function addByLinkOrDesk(link, entry, record, { key, rights, limits }) {
  const claimed = link.keys.size > 0;
  if (!entry.byDesk || !claimed) {
    await add(link, key, { rights, status: "full" });
    return;
  }
  for (const each of link.keys.values()) if (each.status !== "removed") each.status = "earlier";
  const until = record.time + limits.rekey_delay_ms;
  const kid = await add(link, key, { rights, status: "waiting", until, entry: entry.id });
  link.rekeys.push({ entry: entry.id, seq: record.seq, time: record.time, until, kid, answer: null });
}

function settleRekey(link, entryId, answer) {
  const rekey = link.rekeys.find((each) => each.entry === entryId);
  if (rekey) rekey.answer = answer;
}

async function add(link, key, facts) {
  const raw = unb64u(key, 32);
  const kid = await thumbprint(raw);
  link.keys.set(kid, { key: raw, ...facts });
  return kid;
}
