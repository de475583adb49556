// Entries that an institution keeps while the hospitals do not agree: signed, not yet recorded by the others.
// They are shown beside what the log proves and never among it. What does not verify is left out: nothing is lost by it,
// because an entry that counts comes back in the log. Not here: entries of the log (timeline.js).

import { Malformed } from "./bytes.js";
import { openedBy } from "./commitment.js";
import { isSignedBy, parseCompact } from "./jws.js";

/** Whose key signs which kind; what a phone's key signs is judged by the institution and, later, by the log. */
const SIGNED_BY = { "look.made": "release", "link.open": "desk" };

/** [{id, kind, payload, details, time, seq, state: "waiting"}] of what was served as waiting for this link. */
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
    const key = use === undefined ? null : registry?.keyAt(institution, use, Number.MAX_SAFE_INTEGER);
    if (!key || !(await isSignedBy(parsed, key))) return null;
    const details = served.opening ? await openedBy(served.opening, payload.commitment) : null;
    if (payload.commitment !== undefined && details === null) return null;
    return { id: parsed.id, kind: payload.kind, payload, details, time: payload.at, state: "waiting" };
  } catch (problem) {
    if (problem instanceof Malformed || problem instanceof TypeError) return null;
    throw problem;
  }
}
