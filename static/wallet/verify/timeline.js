// The phone's check of one link: the five steps, in their order, and the name of what failed.
// 1 the checkpoint is signed, fresh, and extends the one kept. 2 The heads root is bound to it, the registry and the
// link's own head stand in it. 3 The link's records are whole, chained, and signed by who had the right to. 4 Each one
// is in the log. 5 Each commitment is opened, or its details were erased. What this cannot find: a look never logged.

import { Malformed, equal, textOf, unb64u } from "./bytes.js";
import { Alarm, demand } from "./alarm.js";
import { readChain } from "./chain.js";
import { openCheckpoint } from "./checkpoint.js";
import { openedBy } from "./commitment.js";
import { readEmergencies } from "./emergency.js";
import { LINK, headIsIn } from "./head.js";
import { parseCompact } from "./jws.js";
import { applyToLink, emptyLink } from "./link_rules.js";
import { verifyConsistency, verifyInclusion } from "./merkle.js";
import { recordLeaf } from "./record.js";
import { openRegistry } from "./registry.js";

/** A checkpoint older than this is said to be old, ms. */
export const FRESH = 60 * 60 * 1000;
/** An entry that came this much after its own time is shown as late, ms: the genesis' skew. */
const skewOf = (genesis) => genesis.document.limits.skew_ms;

/**
 * Check what an institution served for one link.
 * `context`: {genesis, subject, institution, kid, kept: {size, root, seq, number} | null, now (ms)}.
 * Gives {ok, alarms, checkpoint, number, seq, registry, link, entries, reading}; alarms in the order of the checks.
 */
export async function checkTimeline(served, context) {
  const result = {
    ok: false, alarms: [], checkpoint: null, number: null, seq: 0, registry: null, link: emptyLink(), entries: [],
    reading: served?.reading === "until-removed" ? "until-removed" : "full",
  };
  try {
    await checkLog(served, context, result);
    await checkEntries(served, context, result);
  } catch (problem) {
    if (problem instanceof Alarm) result.alarms.push({ code: problem.code, facts: problem.facts });
    else if (problem instanceof Malformed || problem instanceof TypeError) {
      result.alarms.push({ code: "unproven", facts: {} });
    } else throw problem;
  }
  result.ok = result.alarms.length === 0;
  return result;
}

async function checkLog(served, { genesis, subject, kept, now }, result) {
  const checkpoint = await openCheckpoint(served.checkpoint, genesis);
  demand(checkpoint !== null, "signature", { checkpoint: true });
  if (now - checkpoint.time > FRESH) result.alarms.push({ code: "stale", facts: { time: checkpoint.time } });
  await demandExtends(served, kept, checkpoint);
  const { newest, head } = served;
  const heads = unb64u(newest.heads, 32);
  const leaf = await recordLeaf(heads, unb64u(newest.record_hash, 32));
  const proof = newest.inclusion.map((hash) => unb64u(hash, 32));
  const bound = await verifyInclusion(leaf, checkpoint.size - 1, checkpoint.size, proof, checkpoint.root);
  demand(bound, "unproven", { newest: true });
  result.registry = await openRegistry(served.registry, genesis, heads);
  demand(head.type === LINK && head.id === subject, "foreign", { head: true });
  demand(kept === null || kept.number === head.number, "foreign", { head: true });
  demand(await headIsIn(head, heads), "unproven", { head: true });
  demand(kept === null || head.seq >= kept.seq, "rewritten", { seq: head.seq });
  Object.assign(result, { checkpoint, number: head.number, seq: head.seq });
}

async function demandExtends(served, kept, checkpoint) {
  if (kept === null) return;
  demand(checkpoint.size >= kept.size, "rewritten", { kept: kept.size, now: checkpoint.size });
  const root = unb64u(kept.root, 32);
  if (checkpoint.size === kept.size) {
    demand(equal(checkpoint.root, root), "rewritten", { kept: kept.size, now: checkpoint.size });
    return;
  }
  const proof = (served.consistency ?? []).map((hash) => unb64u(hash, 32));
  const extendsKept = await verifyConsistency(kept.size, checkpoint.size, root, checkpoint.root, proof);
  demand(extendsKept, "rewritten", { kept: kept.size, now: checkpoint.size });
}

async function checkEntries(served, context, result) {
  const cut = result.reading === "until-removed" ? served.until_seq : result.seq;
  demand(Number.isSafeInteger(cut) && cut >= 1 && cut <= result.seq, "missing", { seqs: [] });
  const { rows, alarms } = await readChain(served.records, {
    number: result.number, last: cut, head: cut === result.seq ? served.head.head : null,
    checkpoint: result.checkpoint,
  });
  result.alarms.push(...alarms);
  const broken = alarms.length > 0;
  for (const row of rows) result.entries.push(await readEntry(row, context, result, broken));
  await openDetails(served.openings ?? {}, result);
  const { genesis, institution } = context;
  result.alarms.push(...await readEmergencies(result.entries, { genesis, institution, registry: result.registry }));
  if (!broken) sayUnpermitted(result);
  demandRightCut(context, result, cut, broken);
}

async function readEntry(row, context, result, broken) {
  const { genesis, subject, institution } = context;
  const facts = { seq: row.seq, time: row.time };
  const entry = { index: row.index, time: row.time, seq: row.seq, state: "checked", details: null };
  try {
    const parsed = await parseCompact(textOf(row.entry), "yaoshi-entry");
    const { payload } = parsed;
    Object.assign(entry, {
      id: parsed.id, kid: parsed.kid, kind: payload.kind, payload, late: row.time - payload.at > skewOf(genesis),
    });
    demand(payload.ledger === genesis.id && payload.subject === subject, "foreign", facts);
    await applyToLink(result.link, parsed, row, {
      registry: result.registry, institution, institutions: result.registry.institutions.map(({ id }) => id),
      limits: genesis.document.limits,
    });
    const { byDesk = false, byHospital = false, reviewer = null, permitted = true } = parsed;
    Object.assign(entry, { byDesk, byHospital, reviewer, permitted });
    if (!row.proved) entry.state = "unproven";
  } catch (problem) {
    if (!(problem instanceof Alarm || problem instanceof Malformed || problem instanceof TypeError)) throw problem;
    entry.state = "unproven";
    // After a hole the key that signed may have been added by an entry that is not here: the hole is the alarm.
    if (!broken) result.alarms.push({ code: problem.code ?? "altered", facts: { ...facts, seqs: [row.seq] } });
  }
  return entry;
}

async function openDetails(openings, result) {
  const erased = new Set(
    result.entries.filter((each) => each.kind === "details.erased").map((each) => each.payload.record),
  );
  for (const entry of result.entries) {
    const commitment = entry.payload?.commitment;
    if (typeof commitment !== "string" || entry.state !== "checked") continue;
    const opening = Object.hasOwn(openings, commitment) ? openings[commitment] : null;
    entry.details = opening === null ? null : await openedBy(opening, commitment);
    if (entry.details !== null) continue;
    entry.state = erased.has(entry.index) ? "erased" : "withheld";
    if (entry.state === "withheld") {
      result.alarms.push({ code: "withheld", facts: { seq: entry.seq, time: entry.time } });
    }
  }
}

/** Behind a hole nobody can tell what ended a permission: there the hole is the alarm. */
function sayUnpermitted(result) {
  for (const entry of result.entries.filter((each) => each.permitted === false)) {
    if (entry.state === "checked") entry.state = "unpermitted";
    result.alarms.push({ code: "unpermitted", facts: { seq: entry.seq, time: entry.time } });
  }
}

/** A shortened reading is right only for a key that the link itself no longer trusts. */
function demandRightCut({ kid }, result, cut, broken) {
  if (result.reading !== "until-removed" || broken) return;
  const status = result.link.keys.get(kid)?.status;
  demand(status === "earlier" || status === "removed", "missing", { seqs: [cut + 1] });
}
