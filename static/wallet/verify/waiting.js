// Entries that an institution keeps while the hospitals do not agree: signed, not yet recorded by the others.
// They are shown beside what the log proves and never among it. What does not verify is left out: nothing is lost by it,
// because an entry that counts comes back in the log. Not here: entries of the log (timeline.js).

import { Malformed } from "./bytes.js";
import { openedBy } from "./commitment.js";
import { declarationOf } from "./emergency.js";
import { isSignedBy, parseCompact } from "./jws.js";

/** Whose key signs which kind; what a phone's key signs is judged by the institution and, later, by the log. */
const SIGNED_BY = {
  "look.made": "release", "link.open": "desk", "glass.broken": "release", "disclosure.made": "release", "glass.closed": "review",
};
const NEWEST = Number.MAX_SAFE_INTEGER;

/**
 * [{id, kind, payload, details, time, seq, state: "waiting", refused: the code with which the log refused it in the end, or
 * null}] of what was served as waiting for this link. An emergency has its `declaration`; one whose declaration does not hold is "unproven", and stands there with its way to stop.
 */
export async function readWaiting(served, { genesis, subject, institution, registry }) {
  const found = [];
  for (const each of Array.isArray(served) ? served : []) {
    const entry = await readOne(each, { genesis, subject, institution, registry });
    // Before the first of the log, so that no number of the log is taken.
    if (entry !== null) found.push({ ...entry, seq: -1 - found.length });
  }
  return found;
}

async function readOne(served, { genesis, subject, institution, registry }) {
  try {
    const parsed = await parseCompact(served.entry, "yaoshi-entry");
    const { payload } = parsed;
    if (payload.ledger !== genesis.id || payload.subject !== subject) return null;
    const use = SIGNED_BY[payload.kind];
    const key = use === undefined ? null : registry?.keyAt(institution, use, NEWEST);
    if (!key || !(await isSignedBy(parsed, key))) return null;
    const details = served.opening ? await openedBy(served.opening, payload.commitment) : null;
    if (payload.commitment !== undefined && details === null) return null;
    const entry = { id: parsed.id, kind: payload.kind, payload, details, time: payload.at, state: "waiting", refused: served.refused ?? null };
    if (payload.kind === "glass.closed") return { ...entry, byHospital: true };
    if (payload.kind !== "glass.broken") return entry;
    const declaration = await declarationOf({ ...entry, index: NEWEST }, { genesis, institution, registry });
    return { ...entry, declaration, permitted: true, state: declaration === null ? "unproven" : "waiting" };
  } catch (problem) {
    if (problem instanceof Malformed || problem instanceof TypeError) return null;
    throw problem;
  }
}
