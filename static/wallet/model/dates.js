// Clinical times as half-open spans of ms UTC, from dates as exact as they were written (FHIR R4 section 2.24.0.1).

const DAY = 86_400_000;
const FORM = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/** [low, high) of a FHIR date or dateTime, or null when there is none. */
export function spanOf(date) {
  const found = typeof date === "string" ? FORM.exec(date) : null;
  if (found === null) return null;
  const [, year, month, day, time] = found;
  if (time) {
    const at = Date.parse(date);
    return Number.isNaN(at) ? null : [at, at + 1];
  }
  const low = Date.UTC(Number(year), month ? Number(month) - 1 : 0, day ? Number(day) : 1);
  if (day) return [low, low + DAY];
  return [low, month ? Date.UTC(Number(year), Number(month), 1) : Date.UTC(Number(year) + 1, 0, 1)];
}

/** When the record is from, ms, for sorting and for people. */
export const timeOf = (item) => spanOf(item.date)?.[0] ?? null;

export const SPANS = ["half-year", "year", "two-years", "all"];
const MONTHS = { "half-year": 6, year: 12, "two-years": 24 };

/** First day (YYYY-MM-DD, UTC) of a span that ends now; null for all. */
export function firstDay(span, now) {
  if (span === "all") return null;
  const today = new Date(now);
  const first = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - MONTHS[span], today.getUTCDate()));
  return first.toISOString().slice(0, 10);
}

/** The span that begins within four days of `from`, or null: a request names a day, people say "two years". */
export function spanNamed(from, now) {
  if (!from) return "all";
  return SPANS.slice(0, 3).find((span) => {
    return Math.abs(Date.parse(firstDay(span, now)) - Date.parse(from)) <= 4 * DAY;
  }) ?? null;
}
