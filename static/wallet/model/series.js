// Results in rows of the same thing: same code and unit, oldest first, with the institution that measured.

import { timeOf } from "./dates.js";

const keyOf = (item) => {
  const unit = item.value?.unit ?? "";
  return item.code?.code ? `${item.code.system ?? ""}|${item.code.code}|${unit}` : `${item.title ?? item.ref}`;
};

/** [{key, code, unit, items (oldest first), newest}] of numeric and text results, newest first. */
export function seriesOf(items) {
  const rows = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!rows.has(key)) rows.set(key, []);
    rows.get(key).push(item);
  }
  return [...rows.entries()].map(([key, group]) => {
    const sorted = [...group].sort((a, b) => (timeOf(a) ?? 0) - (timeOf(b) ?? 0));
    return { key, code: sorted[0].code, items: sorted, newest: sorted[sorted.length - 1] };
  }).sort((a, b) => (timeOf(b.newest) ?? 0) - (timeOf(a.newest) ?? 0));
}

/** Measured things in the order of `rank`, then everything else, newest first. */
export function inReadingOrder(series, rank) {
  const measured = ({ newest }) => newest.value?.number !== undefined && newest.value?.number !== null;
  return [...series.filter(measured).sort((a, b) => rank(a.newest) - rank(b.newest)), ...series.filter((each) => !measured(each))];
}

/** Items of one institution, each with its source: a filed copy is still the result of the laboratory that issued it. */
export const withSource = (items, institution) => items.map((item) => ({ ...item, source: item.copy?.source ?? institution }));

/** Without the filed copies whose originals are here as well. */
export function once(items) {
  const here = new Set(items.filter((item) => !item.copy).map((item) => `${item.source} ${item.ref}`));
  return items.filter(({ copy }) => !copy || !here.has(`${copy.source} ${copy.ref}`));
}
