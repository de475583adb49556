// How operators and institutions come, change and go: by votes of more than two thirds of the active operators.
// docs/formats/governance.md. Replayed from the pinned genesis in the order of the log, so that nobody can show the phone
// an institution that the operators did not let in. One vote an operator, by its vote key; a proposal is a yes. Which
// version of the rules judges a record is replayed, too: from version 2 on new keys show that they are held.

import { demand } from "./alarm.js";
import { unb64u } from "./bytes.js";
import { isSignedBy } from "./jws.js";
import { areHeld } from "./possession.js";

/** How long a proposal and an approval stay open, ms. */
export const TERM = 30 * 24 * 60 * 60 * 1000;
/** From this version of the rules on a new key shows that it is held, and a link's id begins like its institution's. */
export const PROVEN = 2;
const HERE = { registry: true };

/** The operators and institutions of the genesis: {ledger, operators, institutions, proposals, approvals, rules}. */
export function councilOf({ id, document }) {
  const operators = new Map(document.operators.map((each) => [each.id, { keys: each.keys, active: true }]));
  const institutions = new Map(document.institutions.map((each) => [each.id, member(each, 0)]));
  const rules = [{ from: 0, version: document.rules }];
  return { ledger: id, operators, institutions, proposals: new Map(), approvals: new Map(), rules };
}

/** The version of the rules by which a record is judged. */
export const versionAt = ({ rules }, index) => rules.findLast(({ from }) => from <= index).version;

/** An institution as shown now, and its keys from each index on (null: none in use). */
const member = (document, from) => ({ shown: { ...document, retired: false }, history: [{ from, keys: document.keys }] });

/** The keys of an institution as of a record, or null. */
export function keysAt(council, institution, index) {
  let keys = null;
  for (const each of council.institutions.get(institution)?.history ?? []) if (each.from <= index) keys = each.keys;
  return keys;
}

/** Check one entry about an operator or institution that is there, and apply it; raises Alarm. */
export async function govern(council, entry, record) {
  const { kind, subject } = entry.payload;
  if (kind === "institution.keys") {
    await rotate(council, entry, record);
    return;
  }
  const operator = council.operators.get(subject);
  demand(operator?.active === true && (await isSignedBy(entry, unb64u(operator.keys.vote, 32))), "signature", HERE);
  demand(kind === "operator.propose" || kind === "operator.vote", "foreign", HERE);
  if (kind === "operator.propose") {
    const { change } = entry.payload;
    council.proposals.set(entry.id, { id: entry.id, by: subject, change, until: record.time + TERM, voted: [], yes: [] });
  }
  const proposal = council.proposals.get(kind === "operator.propose" ? entry.id : entry.payload.proposal);
  demand(proposal !== undefined && record.time < proposal.until && !proposal.voted.includes(subject), "foreign", HERE);
  if (kind === "operator.propose") await demandHeld(council, proposal.change, record);
  proposal.voted.push(subject);
  if (kind === "operator.propose" || entry.payload.accept === true) proposal.yes.push(subject);
  if (!isDecided(council, proposal) || proposal.yes.at(-1) !== subject) return;
  council.proposals.delete(proposal.id);
  if (kind === "operator.vote") await demandHeld(council, proposal.change, record);
  demand(Object.hasOwn(EFFECTS, proposal.change.do), "foreign", HERE);
  EFFECTS[proposal.change.do](council, proposal, record);
}

/** Check the entry with which an approved party begins its chain, and let it in; gives {type, id}. */
export async function join(council, entry, record) {
  const { kind, subject, proposal } = entry.payload;
  const approval = council.approvals.get(subject);
  const known = approval !== undefined && kind === `${approval.type}.join` && approval.proposal === proposal;
  demand(known && record.time < approval.until, "foreign", HERE);
  const { document, type } = approval;
  const key = type === "operator" ? document.keys.vote : document.keys.offline;
  demand(await isSignedBy(entry, unb64u(key, 32)), "signature", HERE);
  council.approvals.delete(subject);
  if (type === "operator") council.operators.set(subject, { keys: document.keys, active: true });
  else council.institutions.set(subject, member(document, record.index + 1));
  return { type, id: subject };
}

async function rotate(council, entry, record) {
  const { subject, keys } = entry.payload;
  const before = keysAt(council, subject, record.index);
  demand(before !== null && (await isSignedBy(entry, unb64u(before.offline, 32))), "signature", HERE);
  if (versionAt(council, record.index) >= PROVEN) {
    demand(await areHeld(council.ledger, subject, keys, entry.payload.proofs), "signature", HERE);
  }
  setKeys(council.institutions.get(subject), record, { ...before, ...keys });
}

/** Which keys a change brings, and whose they become. */
const NEW_KEYS = {
  "operator.admit": ({ operator }) => operator,
  "operator.keys": ({ operator, keys }) => ({ id: operator, keys }),
  "institution.admit": ({ institution }) => institution,
};

/** What is proposed, and again what is decided, shows by the rules of that record that its new keys are held. */
async function demandHeld(council, change, record) {
  if (versionAt(council, record.index) < PROVEN || !Object.hasOwn(NEW_KEYS, change.do)) return;
  const { id, keys } = NEW_KEYS[change.do](change);
  demand(await areHeld(council.ledger, id, keys, change.proofs), "signature", HERE);
}

function isDecided({ operators }, { yes }) {
  const active = [...operators].filter(([, each]) => each.active).map(([id]) => id);
  return 3 * active.filter((id) => yes.includes(id)).length > 2 * active.length;
}

const setKeys = (institution, record, keys) => {
  institution.history.push({ from: record.index + 1, keys });
  if (keys !== null) institution.shown.keys = keys;
};

function retire(institution, record) {
  if (institution.shown.retired) return;
  institution.shown.retired = true;
  setKeys(institution, record, null);
}

const approve = (type) => (council, { id, change }, record) => {
  const document = change[type];
  council.approvals.set(document.id, { type, document, proposal: id, until: record.time + TERM });
};

const EFFECTS = {
  "operator.admit": approve("operator"),
  "institution.admit": approve("institution"),
  "operator.keys": ({ operators }, { change }) => {
    const operator = operators.get(change.operator);
    operator.keys = { ...operator.keys, ...change.keys };
  },
  "operator.retire": ({ operators, institutions, proposals }, { change }, record) => {
    operators.get(change.operator).active = false;
    for (const [id, each] of proposals) if (each.by === change.operator) proposals.delete(id);
    for (const each of institutions.values()) if (each.shown.operator === change.operator) retire(each, record);
  },
  "institution.change": ({ institutions }, { change }) => {
    const { shown } = institutions.get(change.institution);
    for (const name of ["name", "base", "operator"]) if (change[name] !== undefined) shown[name] = change[name];
  },
  "institution.retire": ({ institutions }, { change }, record) => retire(institutions.get(change.institution), record),
  "rules.activate": ({ rules }, { change }, record) => {
    rules.push({ from: Math.max(change.from, record.index + 1), version: change.version });
  },
};
