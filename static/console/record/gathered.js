// Everything in sight of one patient, from wherever it came: items once each, series, marks and names. No drawing.

import { marksFor } from "../../shared/marks.js";
import { seriesOf } from "./series.js";

/** All items in sight, own ones and those of open sources, with marks and names of where they come from. */
export function gathered({ institution, own, sources }) {
  const items = once([...own, ...sources.flatMap((source) => source.items)]);
  const ids = [...sources.map(({ custodian }) => custodian.id), ...(own.length > 0 ? [institution.id] : [])];
  const known = new Map([
    [institution.id, institution.name],
    ...sources.map(({ custodian }) => [custodian.id, custodian.name]),
  ]);
  return { items, marks: marksFor(ids), names: (id) => known.get(id) ?? "", series: seriesOf(items) };
}

// Two grants of one patient may cover the same record: it is one result, not two.
const once = (items) => [...new Map(items.map((item) => [`${item.source} ${item.ref}`, item])).values()];
