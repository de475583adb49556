// Results as a clinician reads them: one series for each test and unit, grouped, worst never hidden. No drawing.

import { momentOf } from "../../shared/dates.js";
import { GROUPS, termGroup, termName, termRank, termShort } from "../../shared/terms.js";

const RESULTS = new Set(["laboratory", "vital-signs"]);

export const isResult = (item) => item.type === "Observation" && RESULTS.has(item.kind);

const keyOf = (item) =>
  [
    item.code?.system ?? "",
    item.code?.code ?? item.code?.text ?? item.ref,
    item.value?.number ? (item.value.unit ?? "") : "text",
  ].join("|");

/** [{key, code, group, items (newest first), newest}] in the order of the list. */
export function seriesOf(items) {
  const found = new Map();
  for (const item of items.filter(isResult)) {
    const key = keyOf(item);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(item);
  }
  return [...found]
    .map(([key, group]) => {
      const newestFirst = group.sort((a, b) => timeOf(b) - timeOf(a));
      const newest = newestFirst[0];
      return { key, code: newest.code, group: termGroup(newest), items: newestFirst, newest };
    })
    .sort(byPlace);
}

export const timeOf = (item) => momentOf(item.date) || 0;

const byPlace = (a, b) =>
  GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
  termRank(a.code) - termRank(b.code) ||
  termName(a.code).localeCompare(termName(b.code));

/** [[group, series…]] without empty groups. */
export const byGroup = (series) =>
  GROUPS.map((group) => [group, series.filter((one) => one.group === group)]).filter(
    ([, members]) => members.length > 0,
  );

/** Those whose name, short name or code contains the words looked for. */
export function matching(series, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return series;
  return series.filter(({ code }) =>
    [termName(code), termShort(code), code?.code, code?.text, code?.display].some((name) =>
      name?.toLowerCase().includes(wanted),
    ),
  );
}

const WEIGHT = { HH: 0, LL: 0, H: 1, L: 1, A: 2 };

/** Series whose newest value is flagged, critical ones first, then the newest. */
export const outOfRange = (series) =>
  series
    .filter(({ newest }) => newest.flag)
    .sort((a, b) => WEIGHT[a.newest.flag] - WEIGHT[b.newest.flag] || timeOf(b.newest) - timeOf(a.newest));
