// Adds up the counts of reused results for charts and tables. Numbers only; no drawing.

/** Sums of all rows: {offered, used, undone, repeated, reasons: {reason: n}}. */
export function sumOf(rows) {
  const sum = { offered: 0, used: 0, undone: 0, repeated: 0, reasons: {} };
  for (const row of rows) {
    sum.offered += row.offered;
    sum.used += row.used;
    sum.undone += row.undone;
    for (const [reason, count] of Object.entries(row.repeated)) {
      sum.repeated += count;
      sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
    }
  }
  return sum;
}

/** [{month, …sums}] of every month from the first to the last in `rows`, those without anything too. */
export function byMonth(rows) {
  if (rows.length === 0) return [];
  const months = rows.map(({ month }) => month).sort();
  return between(months[0], months[months.length - 1]).map((month) => ({
    month,
    ...sumOf(rows.filter((row) => row.month === month)),
  }));
}

function between(first, last) {
  const months = [];
  for (let [year, month] = first.split("-").map(Number); ; month += 1) {
    if (month > 12) [year, month] = [year + 1, 1];
    const name = `${year}-${String(month).padStart(2, "0")}`;
    months.push(name);
    if (name >= last) return months;
  }
}

/** [[reason, count]] most frequent first. */
export const byReason = (rows) => Object.entries(sumOf(rows).reasons).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));

/** [{group, rule, …sums}] one for each rule version, most offered first. */
export function byRule(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.rule, [...(found.get(row.rule) ?? []), row]);
  return [...found.entries()]
    .map(([rule, some]) => ({ rule, group: some[0].group, ...sumOf(some) }))
    .sort((a, b) => b.offered - a.offered || a.rule.localeCompare(b.rule));
}
