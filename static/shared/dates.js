// Reads FHIR dates (date, dateTime, instant) as moments; what has only a day is that day where the person is.
// FHIR R4 2.24.0.1. Not here: how a moment is written (i18n.js).

const WHOLE_DAYS = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/;

/** ms of "2026-06-02T08:10:00+08:00", "2026-06-02", "2026-06" or "2026"; NaN for anything else. */
export function momentOf(text) {
  const [, year, month = 1, day = 1] = WHOLE_DAYS.exec(text ?? "") ?? [];
  // A day without a time zone read as UTC would be the day before, west of Greenwich.
  return year ? new Date(Number(year), Number(month) - 1, Number(day)).getTime() : Date.parse(text ?? "");
}
