// What is open about one patient: the own chart, and what visits brought from elsewhere. In memory only.
// Invariants: contents of a source that has ended are dropped, not hidden; locking drops everything.

import { t } from "../../shared/i18n.js";
import { forgetOrders } from "../order/draft.js";
import { server } from "../server.js";

let held = null;
const began = new Map();

/** The opened patient {id, chart, visits}; opening is a look that the patient will see, so it is done once. */
export async function openedPatient(id) {
  if (held?.id !== id) {
    const chart = await server.openPatient(id);
    held = { id, chart, visits: new Map((chart.visits ?? []).map((name) => [name, null])) };
  }
  return held;
}

/** A visit that began after the chart was opened. */
export function addVisit(id, name) {
  if (held?.id === id && !held.visits.has(name)) held.visits = new Map([[name, null], ...held.visits]);
}

export function forgetPatient() {
  held = null;
  began.clear();
  forgetOrders();
}

// Pages about the same patient, between which nothing is closed.
const STAYS = ["patient", "ask", "emergency", "order"];

/** Called when a page about a patient is left: what was open is closed unless the next page is about the same one. */
export function leavePatient(id, names, app, next) {
  if (next.ids[0] === id && STAYS.includes(next.page)) return;
  forgetPatient();
  if (app.session()) closeVisits(names);
}

// What was not filed is gone from the node too when the view closes. An outage here leaks nothing: the node drops
// it at the end of the visit, and with the session.
export const closeVisits = (names) => [...names].forEach((name) => server.closeVisit(name).catch(() => {}));

/**
 * Reads visits anew; gives {visits: Map, problem}. A visit that is not to be had any more keeps its place without
 * contents; when the server cannot be reached nothing from elsewhere stays on the screen.
 */
export async function readVisits(names) {
  const visits = new Map();
  let problem = null;
  for (const name of names) {
    try {
      visits.set(name, await readVisit(name));
    } catch (refused) {
      if (refused.status === undefined) throw refused;
      if (refused.status === 0) problem = unreachable(refused);
      else if (refused.status !== 404) problem = refused;
      visits.set(name, null);
    }
  }
  return { visits, problem };
}

/** Nobody asked for this reading, so its outage is told by what it means for the page. */
export const unreachable = (outage) => ({
  ...outage,
  title: t("record.unreachable"),
  todo: t("record.unreachable.todo"),
});

/** One visit with `since`: the moment of the request, from which the patient's time runs; the bar needs it. */
export async function readVisit(name) {
  const visit = await server.visit(name);
  if (!began.has(name)) {
    const reference = await server.reference(name).catch(() => null);
    began.set(name, reference?.ask?.at ?? null);
  }
  return { ...visit, since: began.get(name) };
}

/** Sources of all visits, each with its reference: [{reference, …source}]. */
export const sourcesOf = (visits) =>
  [...visits].flatMap(([reference, visit]) =>
    (visit?.sources ?? []).map((source) => ({ reference, since: visit.since, ...source })),
  );

/** Empties a source on this screen at once when its time is over, before the server has said so. */
export function emptySource(visits, grant, state, at) {
  for (const visit of visits.values()) {
    const source = visit?.sources.find((one) => one.grant === grant);
    if (source) Object.assign(source, { state, ended_at: at, items: [] });
  }
}
