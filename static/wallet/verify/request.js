// A doctor's request: signed by the asking institution, read only after that signature holds.
// The key comes from the registry as another institution showed it; the asking one is never its own witness.

import { hex, Malformed, sha256, utf8 } from "./bytes.js";
import { isSignedBy, parseCompact } from "./jws.js";

const KINDS = /^[a-z][a-z-]{0,40}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const isText = (value) => typeof value === "string" && value.length <= 500;
const isTime = (value) => Number.isSafeInteger(value) && value > 0;

function wellFormed(payload) {
  const { clinician, kinds, from } = payload;
  return (
    isText(payload.purpose) && isText(payload.reason) && isTime(payload.not_after) && isTime(payload.at) &&
    isTime(payload.expires) && clinician !== null && typeof clinician === "object" &&
    ["id", "name", "role", "department"].every((name) => isText(clinician[name] ?? "")) &&
    Array.isArray(kinds) && kinds.length > 0 && kinds.length <= 20 && kinds.every((kind) => KINDS.test(kind)) &&
    (from === null || from === undefined || DAY.test(from))
  );
}

/** A request names the offer that it answers, and no other: one for another phone's offer is for nobody else. */
function answers(named, offer) {
  if (named === undefined || offer === null) return named === undefined && offer === null;
  return named?.institution === offer.institution && named?.reference === offer.reference && Object.keys(named).length === 2;
}

/** {request, id} of a request that holds at `now`, or {problem: "unverified" | "expired"}. `offer`: what this phone offered. */
export async function openRequest(jws, { key, ledger, institution, reference, now, offer = null }) {
  try {
    const parsed = await parseCompact(jws, "yaoshi-request");
    const { payload } = parsed;
    const ours = payload.ledger === ledger && payload.institution === institution && payload.reference === reference;
    if (key === null || !ours || !answers(payload.offer, offer) || !wellFormed(payload) || !(await isSignedBy(parsed, key))) {
      return { problem: "unverified" };
    }
    if (payload.expires <= now) return { problem: "expired" };
    return { request: payload, id: hex(await sha256(utf8(jws))) }; // the whole JWS: docs/formats/opening.md
  } catch (problem) {
    if (problem instanceof Malformed) return { problem: "unverified" };
    throw problem;
  }
}
