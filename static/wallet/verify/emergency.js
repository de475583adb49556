// What the details behind an emergency's entries must say to be believed.
// The declaration is signed by the declaring institution's own peer key and is about exactly this; a review says who gave
// it; a release under the emergency goes to the person who declared. Format: docs/formats/glass.md.

import { Malformed } from "./bytes.js";
import { isSignedBy, parseCompact } from "./jws.js";

export const VERDICTS = ["justified", "not-justified"];

/**
 * Reads the opened details of `entries` in place: glass.broken gets `declaration` (its payload). Gives the alarms of
 * those that do not hold, each entry then "unproven"; a release to somebody else is marked not permitted.
 */
export async function readEmergencies(entries, { genesis, institution, registry }) {
  const declared = new Map();
  const alarms = [];
  for (const entry of entries.filter((each) => each.state === "checked" && each.details !== null)) {
    const { kind } = entry.payload;
    let holds = true;
    if (kind === "glass.broken") {
      entry.declaration = await declarationOf(entry, { genesis, institution, registry });
      declared.set(entry.id, entry);
      holds = entry.declaration !== null;
    } else if (kind === "glass.reviewed") {
      holds = entry.details.institution === entry.reviewer && VERDICTS.includes(entry.details.verdict);
    } else if (kind === "disclosure.made" && declared.has(entry.payload.under)) {
      entry.permitted &&= isToDeclarer(entry.details, declared.get(entry.payload.under).details);
    }
    if (holds) continue;
    entry.state = "unproven";
    alarms.push({ code: "signature", facts: { seq: entry.seq, seqs: [entry.seq], time: entry.time } });
  }
  return alarms;
}

const isToDeclarer = ({ grantee, purpose, user }, { declaring, user: declarer }) => (
  grantee === declaring && purpose === "BTG" && user?.id === declarer?.id
);

/** The declaration's payload when it is by who declared and about exactly this, as of the entry's `index`; else null. */
export async function declarationOf({ payload, details, index }, { genesis, institution, registry }) {
  try {
    const parsed = await parseCompact(details.declaration, "yaoshi-declaration");
    const key = registry.keyAt(details.declaring, "peer", index);
    const said = parsed.payload;
    const same = said.ledger === genesis.id && said.institution === details.declaring && said.custodian === institution
      && said.ttl_ms === payload.ttl_ms && said.reason === details.reason && samePerson(said.clinician, details.user);
    return same && key !== null && (await isSignedBy(parsed, key)) ? said : null;
  } catch (problem) {
    if (problem instanceof Malformed || problem instanceof TypeError) return null;
    throw problem;
  }
}

const samePerson = (a, b) => ["id", "name", "role"].every((name) => a[name] === b[name]);
