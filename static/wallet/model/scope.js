// What is given: from ticks on a screen to the scope that a grant states, one for each institution that holds records.
// The scope must open exactly what was ticked among what is there now. Whole kinds also open what is added to them until
// the grant ends; single ones are named one by one. Sensitive records only by their own tick.

import { spanOf } from "./dates.js";

const OPEN = new Set(["U", "L", "M", "N"]);
export const MOST_SINGLE = 500;

// Shown together; a grant still names each code (v3-ActCode).
const FAMILIES = {
  PSY: ["PSY", "MH", "PSYTHPN"], SUD: ["ETH", "SUD", "ETHUD", "OPIOIDUD"], SDV: ["SDV", "VIO"], SEX: ["SEX", "STD"],
  HIV: ["HIV"], GDIS: ["GDIS"], SCA: ["SCA"], DVD: ["DVD"], SPI: ["SPI"], R: ["R"],
};

const closedLabels = (item) => (item.labels ?? []).filter((label) => !OPEN.has(label));

/** The family that an item is listed under, null when it is not sensitive, "never" when no grant can open it. */
export function familyOf(item) {
  const labels = closedLabels(item);
  if (labels.length === 0) return null;
  const known = Object.entries(FAMILIES);
  if (!labels.every((label) => known.some(([, codes]) => codes.includes(label)))) return "never";
  const named = labels.find((label) => label !== "R") ?? "R";
  return known.find(([, codes]) => codes.includes(named))[0];
}

function inSpan(item, from) {
  if (!from) return true;
  const span = spanOf(item.date);
  return span !== null && span[0] >= Date.parse(from);
}

/** Whether a scope opens an item, as the custodian will judge it. */
export function covers(scope, item) {
  const sensitive = new Set(scope.sensitive ?? []);
  if (!closedLabels(item).every((label) => sensitive.has(label))) return false;
  return (scope.records ?? []).includes(item.ref) || (scope.kinds.includes(item.kind) && inSpan(item, scope.from));
}

/** The items that may be ticked: in the span, and openable by a grant at all. */
export const offered = (items, from) => items.filter((item) => inSpan(item, from) && familyOf(item) !== "never");

/** What a request asks for, before anybody ticks: whole kinds, nothing sensitive. */
export const askedScope = ({ kinds, from }) => ({ kinds: [...kinds].sort(), ...(from ? { from } : {}) });

/**
 * The scope for one institution: `items` of it, `ticked` (set of refs), whole kinds that were ticked, first day.
 * null when nothing of it was ticked; {tooMany: true} when more single ones are named than a grant may carry.
 */
export function scopeFor({ items, ticked, kinds, from }) {
  const chosen = items.filter((item) => ticked.has(item.ref));
  const whole = kinds.filter((kind) => {
    return offered(items, from).every((item) => item.kind !== kind || familyOf(item) !== null || ticked.has(item.ref));
  });
  const sensitive = [...new Set(chosen.flatMap(closedLabels))].sort();
  const attempt = build({ chosen, kinds: whole, from, sensitive });
  const exact = items.every((item) => covers(attempt, item) === ticked.has(item.ref));
  const scope = exact ? attempt : build({ chosen, kinds: [], from: null, sensitive });
  if (scope.kinds.length === 0 && scope.records === undefined) return null;
  return (scope.records?.length ?? 0) > MOST_SINGLE ? { tooMany: true } : scope;
}

function build({ chosen, kinds, from, sensitive }) {
  const scope = { kinds: [...kinds].sort() };
  if (from && kinds.length > 0) scope.from = from;
  if (sensitive.length > 0) scope.sensitive = sensitive;
  const singles = chosen.map((item) => item.ref);
  const named = chosen.filter((item) => !covers({ ...scope, records: undefined }, item)).map((item) => item.ref);
  const records = kinds.length > 0 ? named : singles;
  if (records.length > 0) scope.records = [...new Set(records)].sort();
  return scope;
}
