// Records that are no series: medication, allergies, reports, and the rest; each as a table with date and source.

import { h } from "../../shared/dom.js";
import { has, named, t } from "../../shared/i18n.js";
import { markNode } from "../../shared/chart.js";
import { flagNode, kindName, sensitivityName, termName, unitText, valueText } from "../../shared/terms.js";
import { dateText } from "./panel.js";
import { isResult, timeOf } from "./series.js";

const newestFirst = (items) => [...items].sort((a, b) => timeOf(b) - timeOf(a));

/** Which tab an item stands under. */
export function tabOf(item) {
  if (isResult(item)) return "results";
  if (item.kind === "medication") return "medication";
  if (item.kind === "allergy") return "allergies";
  if (item.type === "DiagnosticReport" || item.kind === "imaging" || item.kind === "document") return "reports";
  return "others";
}

export const nameOf = (item) => item.title || (item.code ? termName(item.code) : kindName(item.kind));

const sourceCell = (item, { marks, names }) =>
  h("td", {}, h("span", { class: "institution" }, markNode(marks[item.source]), named(names(item.source))));
/** A medicine that is active is in use; a diagnosis or an allergy that is active is there. */
const statusText = ({ type, status: code }) => {
  const key = [`status.${type}.${code}`, `status.${code}`].find(has);
  return key ? t(key) : (code ?? t("unstated"));
};
const sensitive = (item) =>
  item.labels?.length > 0
    ? h("span", { class: "meta" }, ` · ${item.labels.map(sensitivityName).join(t("list.comma"))}`)
    : null;

/** `columns`: [[words key, item -> node or text]]. */
function listing(items, look, columns, empty) {
  if (items.length === 0) return h("section", { class: "card" }, h("p", { class: "meta" }, t(empty)));
  return h(
    "section",
    {
      class: "card listing",
      "data-scroll": "listing",
      tabindex: "0",
      role: "region",
      "aria-label": t("listing.label"),
    },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map(([key]) => h("th", { scope: "col" }, t(key))),
          h("th", { scope: "col" }, t("column.source")),
        ),
      ),
      h(
        "tbody",
        {},
        newestFirst(items).map((item) =>
          h(
            "tr",
            {},
            columns.map(([, cell], place) =>
              place === 0 ? h("th", { scope: "row" }, cell(item)) : h("td", {}, cell(item)),
            ),
            sourceCell(item, look),
          ),
        ),
      ),
    ),
  );
}

const date = ["column.date", (item) => h("span", { class: "nowrap" }, dateText(item.date))];
const status = ["column.status", (item) => statusText(item)];

export const medicationTable = (items, look) =>
  listing(
    items,
    look,
    [
      ["column.drug", (item) => [nameOf(item), sensitive(item)]],
      ["column.dosage", (item) => item.text ?? t("unstated")],
      status,
      ["column.prescribed", date[1]],
    ],
    "medication.none",
  );

export const allergyTable = (items, look) =>
  listing(
    items,
    look,
    [
      ["column.substance", (item) => [nameOf(item), sensitive(item)]],
      ["column.reaction", (item) => item.text ?? t("unstated")],
      status,
      date,
    ],
    "allergies.none",
  );

export const otherTable = (items, look) =>
  listing(
    items,
    look,
    [
      ["column.what", (item) => [nameOf(item), sensitive(item)]],
      ["column.kind", (item) => kindName(item.kind)],
      ["column.words", (item) => [valueText(item), unitText(item), item.text].filter(Boolean).join(" ")],
      status,
      date,
    ],
    "others.none",
  );

/** Reports: each with its conclusion in full, and the results that it names when they are here as well. */
export function reportList(items, all, look) {
  if (items.length === 0) return h("section", { class: "card" }, h("p", { class: "meta" }, t("reports.none")));
  const byRef = new Map(all.map((item) => [`${item.source} ${item.ref}`, item]));
  return h(
    "div",
    { class: "reports", "data-scroll": "reports", tabindex: "0", role: "region", "aria-label": t("tab.reports") },
    newestFirst(items).map((item) => report(item, byRef, look)),
  );
}

function report(item, byRef, { marks, names }) {
  const results = (item.results ?? []).map((ref) => byRef.get(`${item.source} ${ref}`)).filter(Boolean);
  return h(
    "article",
    { class: "card report" },
    h(
      "header",
      { class: "report-head" },
      h("h2", {}, nameOf(item)),
      h("span", { class: "meta" }, `${dateText(item.date)} · ${statusText(item)}`),
      h("span", { class: "institution" }, markNode(marks[item.source]), named(names(item.source))),
    ),
    item.text
      ? h("p", { class: "report-words" }, item.text)
      : results.length === 0
        ? h("p", { class: "meta" }, t("reports.no-words"))
        : null,
    results.length > 0
      ? h(
          "ul",
          { class: "report-results" },
          results.map((result) =>
            h(
              "li",
              {},
              h("span", {}, termName(result.code)),
              h("strong", {}, `${valueText(result)} ${unitText(result)}`.trim()),
              flagNode(result),
            ),
          ),
        )
      : null,
  );
}
