// The records as a table: pseudonyms, kinds and times only; what a failed check left behind reads "not checked".

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { has, named, number, remaining, stamp, t } from "../../shared/i18n.js";

const LATE_MS = 120_000;

export const kindText = (kind) => t(has(`entry.${kind}`) ? `entry.${kind}` : "entry.other");

/** `rows` as shown, `names` of institutions by id, `result` of the last check or null. */
export const recordTable = (rows, names, result) =>
  h(
    "table",
    { class: "audit-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col", class: "num", "aria-sort": "descending" }, t("column.index"), icon("down")),
        ["ledger-time", "act", "institution", "subject"].map((key) => h("th", { scope: "col" }, t(`column.${key}`))),
        h("th", { scope: "col", class: "num" }, t("column.seq")),
        h("th", { scope: "col" }, t("column.check")),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          { class: checkOf(row, result) === "first" ? "first-difference" : null },
          h("td", { class: "num" }, number(row.index)),
          h("td", { class: "nowrap" }, stamp(row.time)),
          h("td", {}, kindText(row.kind)),
          h("td", {}, row.institution ? named(names.get(row.institution)) : ""),
          h(
            "td",
            { class: "mono nowrap" },
            row.subject ? `${row.subject.slice(0, 4)} ${row.subject.slice(4, 8)} …` : "—",
          ),
          h("td", { class: "num" }, String(row.seq)),
          h("td", {}, checkCell(row, result)),
        ),
      ),
    ),
  );

/** "checked", "first" (the first that differs) or "unchecked". */
export function checkOf({ index }, result) {
  if (!result) return "unchecked";
  const first = result.index;
  if (first === null) return result.ok && index < result.size ? "checked" : "unchecked";
  if (index === first) return "first";
  return index < first ? "checked" : "unchecked";
}

function checkCell(row, result) {
  const state = checkOf(row, result);
  if (state === "first") return h("span", { class: "flag critical" }, icon("alarm"), t("audit.differs"));
  const late =
    row.at && row.time - row.at > LATE_MS
      ? h(
          "span",
          { class: "flag" },
          icon("clock"),
          t("audit.late", { time: remaining(row.time - row.at, { seconds: true }) }),
        )
      : null;
  if (late) return late;
  return state === "checked"
    ? h("span", { class: "shield" }, icon("shield"), h("span", {}, t("audit.verified")))
    : h("span", { class: "meta" }, t("audit.unchecked"));
}
