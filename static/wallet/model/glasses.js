// Emergencies, told from the checked entries of a link: who looked without being allowed, until when, and what came of it.
// What is not proved here is said as such: details that do not open leave a card with its way to stop, and no names.

import { spanOf } from "../verify/permits.js";

/**
 * Of one checked link, oldest first: [{id, link, custodian, seq, from, until, details, declaration, state, earlier:
 * before this phone was connected, closed: {time, byHospital} | null, reviews: [{institution, verdict, words, reviewer,
 * time}], looks: entries, waiting: whether the other hospitals have yet to record some of it}]. Times in ms; `verdict`
 * is null where a review's details do not open.
 */
export function glassesOf(view, link) {
  const glasses = new Map();
  const waiting = new Set(view.waiting ?? []);
  for (const entry of [...view.entries, ...waiting]) {
    const { kind, payload, details } = entry;
    const found = glasses.get(payload?.glass ?? payload?.under);
    if (found !== undefined) found.waiting ||= waiting.has(entry);
    // Its own signature held (else nothing was said of `permitted`), though what is behind it may not.
    if (kind === "glass.broken" && entry.permitted !== undefined) glasses.set(entry.id, begun(entry, link, waiting.has(entry)));
    else if (found === undefined || entry.state === "unproven") continue;
    else if (kind === "glass.closed") found.closed ??= { time: entry.time, byHospital: entry.byHospital };
    else if (kind === "glass.reviewed") found.reviews.push(reviewOf(entry, details));
    else if (kind === "disclosure.made") found.looks.push(entry);
  }
  return [...glasses.values()];
}

const TOLD = new Set(["checked", "waiting"]);

const begun = (entry, link, waiting) => ({
  id: entry.id, link: link.subject, custodian: link.institution, seq: entry.seq,
  ...spanOf(entry.payload, entry.time, waiting || entry.late), state: entry.state, closed: null, reviews: [], looks: [],
  earlier: entry.time < link.linkedAt,
  details: TOLD.has(entry.state) ? entry.details : null,
  declaration: TOLD.has(entry.state) ? entry.declaration : null,
  waiting,
});

const reviewOf = ({ reviewer: institution, time }, details) => ({
  institution, time, verdict: details?.verdict ?? null, words: details?.words ?? "", reviewer: details?.reviewer ?? null,
});

export const isRunning = (glass, now) => glass.closed === null && now < glass.until;

/** The institutions that must review it: the custodian, and who declared; only the first when nobody can tell. */
export const reviewersOf = ({ custodian, details }) => [...new Set([custodian, details?.declaring].filter(Boolean))];

export const reviewBy = (glass, institution) => glass.reviews.find((each) => each.institution === institution) ?? null;

/** What there was to see of it: grows by one with its end, and with each review. */
export const stepsOf = (glass, now) => 1 + (isRunning(glass, now) ? 0 : 1) + glass.reviews.length;

/** Emergencies that still want the person's eye: `seen` {id: steps seen}. Running ones first, newest first. */
export function pressing(glasses, seen, now) {
  const settled = (glass) => !isRunning(glass, now) && reviewersOf(glass).every((id) => reviewBy(glass, id) !== null)
    && (glass.earlier || (seen[glass.id] ?? 0) >= stepsOf(glass, now));
  return glasses.filter((glass) => !settled(glass))
    .sort((a, b) => Number(isRunning(b, now)) - Number(isRunning(a, now)) || b.from - a.from);
}
