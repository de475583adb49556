// Everything in sight of one patient, from wherever it came: items once each, series, marks and names. No drawing.

import { marksFor } from "../../shared/marks.js";
import { seriesOf } from "./series.js";

/** All items in sight, own ones and those of open sources, with marks and names of where they come from. */
export function gathered({ institution, own, sources, names = {} }) {
  const items = once([...own.map(asIssued), ...sources.flatMap((source) => source.items)]);
  const issuers = items.map(({ source }) => source);
  const ids = [...sources.map(({ custodian }) => custodian.id), ...(own.length > 0 ? [institution.id] : []), ...issuers];
  const known = new Map([
    ...Object.entries(names),
    [institution.id, institution.name],
    ...sources.map(({ custodian }) => [custodian.id, custodian.name]),
  ]);
  return { items, marks: marksFor(ids), names: (id) => known.get(id) ?? "", series: seriesOf(items) };
}

/** A filed copy is still the result of the laboratory that issued it. */
const asIssued = (item) => (item.copy ? { ...item, source: item.copy.source } : item);

// Two grants of one patient may cover the same record, and a copy of it may be filed: it is one result, not two.
const once = (items) => [
  ...new Map(items.map((item) => [`${item.source} ${item.copy?.ref ?? item.ref}`, item])).values(),
];
