// A grant's scope in words: "化验、用药，近两年".

import { momentOf } from "../../shared/dates.js";
import { fullDay, lang, list, t } from "../../shared/i18n.js";
import { kindName, sensitivityName } from "../../shared/terms.js";

const DAY = 86_400_000;
const SPANS = [
  ["half", 183],
  ["year", 366],
  ["two-years", 731],
];

/** "近两年" when `from` lies that far back, else "2024年5月3日起"; "" for all of it. */
export function spanText(from, now = Date.now()) {
  if (!from) return "";
  const days = Math.round((now - momentOf(from)) / DAY);
  const span = SPANS.find(([, length]) => Math.abs(days - length) <= 4);
  return span ? t(`span.${span[0]}`) : t("span.since", { day: fullDay(momentOf(from)) });
}

export function scopeText(scope, now = Date.now()) {
  const kinds = (scope.kinds ?? []).map(kindName);
  const single = (scope.records ?? []).length;
  const names = [...kinds, ...(scope.sensitive ?? []).map(sensitivityName)];
  const parts = names.map((name, place) =>
    place > 0 && lang() === "en" ? name[0].toLowerCase() + name.slice(1) : name,
  );
  if (single > 0) parts.push(t(kinds.length > 0 ? "scope.more" : "scope.single", { count: single }));
  const until = scope.to ? t("span.before", { day: fullDay(momentOf(scope.to)) }) : "";
  return [list(parts), spanText(scope.from, now), until].filter(Boolean).join(t("scope.comma"));
}
