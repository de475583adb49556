// Who may have signed each entry of a link, told from the link's own chain.
// Mirrors the contract's rules for keys: a key serves one link; a desk's new key on a claimed link waits, earlier keys
// keep only taking back, confirming and contesting. Not here: whether a release was permitted at all (permits.js).

import { unb64u } from "./bytes.js";
import { demand } from "./alarm.js";
import { PROVEN } from "./governing.js";
import { isSignedBy, parseCompact, thumbprint } from "./jws.js";
import { applyToPermits, noPermits, permits } from "./permits.js";

const BY_INSTITUTION = {
  "link.open": "desk", "link.settle": "offline", "disclosure.made": "release", "look.made": "release",
  "result.reused": "release", "details.erased": "release", "glass.broken": "release",
};
const BY_LINK = {
  "link.confirm": "confirm", "link.contest": "contest", "link.close": "manage", "grant.give": "give",
  "grant.revoke": "revoke",
};
const ALL = ["give", "manage", "revoke"];

export const emptyLink = () => ({
  opened: false, claimed: false, closed: false, contested: false, pending: null, keys: new Map(), rekeys: [],
  permits: noPermits(),
});

/** full | waiting | earlier | removed: a waiting key is full as soon as its delay has passed. */
export const standing = (key, time) => (key.status === "waiting" && key.until <= time ? "full" : key.status);

/** What a key may do on the link at `time` (ms). */
export function rightsOf(link, kid, time) {
  const key = link.keys.get(kid);
  if (key === undefined) return [];
  const revoke = key.rights.filter((right) => right === "revoke");
  switch (standing(key, time)) {
    case "removed": return [];
    case "waiting": return revoke;
    case "earlier": return [...revoke, ...answersOf(link, kid)];
    default: return link.contested || link.closed ? revoke : key.rights;
  }
}

function answersOf(link, kid) {
  const { pending } = link;
  if (pending === null || link.closed || pending.contested) return [];
  return pending.confirmers.includes(kid) && !pending.confirmed ? ["contest", "confirm"] : ["contest"];
}

/** Check the signer of one parsed entry and apply it to the link; raises Alarm "signature" or "foreign". */
export async function applyToLink(link, entry, record, { registry, institution, institutions, limits }) {
  const { kind, key } = entry.payload;
  const facts = { seq: record.seq };
  const signed = (raw) => raw !== null && isSignedBy(entry, raw);
  const institutional = (use) => signed(registry.keyAt(institution, use, record.index));
  const byLink = async (right) => {
    if (entry.batched || !rightsOf(link, entry.kid, record.time).includes(right)) return false;
    return signed(link.keys.get(entry.kid).key);
  };
  if (kind === "glass.closed") {
    entry.byHospital = await institutional("review");
    demand(entry.byHospital || (await byLink("revoke")), "signature", facts);
  } else if (kind === "glass.reviewed") {
    entry.reviewer = await reviewerOf(entry, record, { registry, institutions });
    demand(entry.reviewer !== null, "signature", facts);
  } else if (BY_INSTITUTION[kind]) {
    demand(await institutional(BY_INSTITUTION[kind]), "signature", facts);
  } else if (BY_LINK[kind]) {
    demand(await byLink(BY_LINK[kind]), "signature", facts);
  } else {
    demand(kind === "link.keys", "foreign", facts);
    entry.byDesk = key !== undefined && (await institutional("desk"));
    demand(entry.byDesk || (await byLink("manage")), "signature", facts);
  }
  if (kind === "link.open" && registry.versionAt(record.index) >= PROVEN) {
    demand(entry.payload.subject.slice(0, 8) === institution.slice(0, 8), "foreign", facts);
  }
  if (key !== undefined) await demandProof(entry, institution, facts);
  if (kind === "disclosure.made") entry.permitted = permits(link, entry, record, limits);
  applyToPermits(link, entry, record, limits);
  await CHANGES[kind]?.(link, entry, record, limits);
}

/** Both sides of an emergency review it: the institution whose review key signed, or null. */
async function reviewerOf(entry, record, { registry, institutions }) {
  for (const id of institutions) {
    const key = registry.keyAt(id, "review", record.index);
    if (key !== null && (await isSignedBy(entry, key))) return id;
  }
  return null;
}

/** A new key must itself have signed that it serves this link. */
async function demandProof(entry, institution, facts) {
  const { payload } = entry;
  const proof = await parseCompact(payload.proof, "yaoshi-proof");
  const about = proof.payload;
  const same = about.ledger === payload.ledger && about.subject === payload.subject && about.institution === institution;
  demand(same && (await isSignedBy(proof, unb64u(payload.key, 32))), "signature", facts);
}

const CHANGES = {
  "link.open": async (link, { payload }) => {
    link.opened = true;
    if (payload.key !== undefined) await claim(link, payload.key);
  },
  "link.keys": async (link, entry, record, limits) => {
    const { key, remove, rights } = entry.payload;
    if (remove !== undefined) {
      if (link.keys.has(remove)) link.keys.get(remove).status = "removed";
    } else if (!entry.byDesk) await add(link, key, { rights, status: "full" });
    else if (!link.claimed) await claim(link, key);
    else await rekey(link, entry, record, limits);
  },
  "link.confirm": (link) => {
    const key = link.keys.get(link.pending.kid);
    Object.assign(key, { status: "full", until: null });
    link.pending.confirmed = true;
  },
  "link.contest": (link) => {
    link.contested = true;
    link.pending.contested = true;
  },
  "link.settle": (link, { payload }) => {
    for (const [kid, key] of link.keys) {
      Object.assign(key, { status: payload.stay.includes(kid) ? "full" : "removed", until: null });
    }
    link.contested = false;
    link.pending = null;
  },
  "link.close": (link) => {
    link.closed = true;
  },
};

async function claim(link, key) {
  link.claimed = true;
  await add(link, key, { rights: ALL, status: "full" });
}

/** The desk's key on a claimed link: earlier keys keep their say through a row of such changes. */
async function rekey(link, entry, record, limits) {
  const newest = link.pending ? link.keys.get(link.pending.kid) : undefined;
  const unsettled = newest !== undefined && standing(newest, record.time) === "waiting";
  const full = [...link.keys].filter(([, key]) => standing(key, record.time) === "full" && key.rights.includes("manage"));
  const confirmers = unsettled ? link.pending.confirmers : full.map(([kid]) => kid);
  for (const key of link.keys.values()) {
    const now = standing(key, record.time);
    if (now === "removed" || (now === "earlier" && unsettled)) continue;
    key.status = now === "earlier" ? "removed" : "earlier";
  }
  const until = record.time + limits.rekey_delay_ms;
  const kid = await add(link, entry.payload.key, { rights: ALL, status: "waiting", until });
  link.pending = {
    entry: entry.id, kid, seq: record.seq, time: record.time, until, confirmers, confirmed: false, contested: false,
  };
  link.rekeys.push(link.pending);
}

async function add(link, key, facts) {
  const raw = unb64u(key, 32);
  const kid = await thumbprint(raw);
  link.keys.set(kid, { key: raw, ...facts });
  return kid;
}
