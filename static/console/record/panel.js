// The chosen series: chart over table, newest first, each value with its own range, source and method.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { named, t } from "../../shared/i18n.js";
import { markNode, seriesChart } from "../../shared/chart.js";
import { flagNode, rangeText, termName, termShort, unitText, valueText } from "../../shared/terms.js";
import { timeOf } from "./series.js";

/** `names(source)` registered names; `own` the own institution's id; `order` {by: "time"|"value", up: bool}. */
export function seriesPanel({ series, marks, names, own, order, sort }) {
  const { code, items, newest } = series;
  const sources = [...new Set(items.map(({ source }) => source))];
  return h(
    "section",
    { class: "card panel", "aria-labelledby": "panel-title", tabindex: "-1" },
    h(
      "header",
      { class: "panel-head" },
      h("h2", { id: "panel-title" }, termName(code)),
      h("span", { class: "meta" }, facts(code, newest)),
      verified(items, own),
      legend(items, sources, marks, names),
    ),
    newest.value?.number
      ? seriesChart(items, {
          marks,
          names: (source) => named(names(source)),
          height: 236,
          now: recent(newest) ? Date.now() : null,
        })
      : null,
    h(
      "div",
      { class: "panel-table", "data-scroll": "panel", tabindex: "0", role: "region", "aria-label": t("listing.label") },
      table(items, { marks, names, order, sort, unit: unitText(newest) }),
    ),
  );
}

// Where laboratories issue different ranges there is no common band: each range then stands beside its name.
function legend(items, sources, marks, names) {
  const ranges = new Set(items.map(rangeText).filter(Boolean));
  const rangeOf = (source) =>
    [
      ...new Set(
        items
          .filter((item) => item.source === source)
          .map(rangeText)
          .filter(Boolean),
      ),
    ].join(" / ");
  return h(
    "ul",
    { class: "legend" },
    sources.map((source) =>
      h(
        "li",
        { class: "institution" },
        markNode(marks[source]),
        named(names(source)),
        ranges.size > 1 ? h("span", { class: "nowrap" }, rangeOf(source)) : null,
      ),
    ),
  );
}

const YEAR = 366 * 86_400_000;
// "Today" at the right edge only helps when the newest result is not years away from it.
const recent = (item) => Date.now() - timeOf(item) < YEAR;

function facts(code, newest) {
  const system = code?.system === "http://loinc.org" ? `LOINC ${code.code}` : null;
  const short = termShort(code);
  return [short === termName(code) ? null : short, unitText(newest), system].filter(Boolean).join(" · ");
}

function verified(items, own) {
  const pulled = items.filter(({ source }) => source !== own).length;
  if (pulled === 0) return h("span", { class: "meta" }, t("panel.own"));
  const key = pulled === items.length ? "panel.verified" : "panel.verified-some";
  return h(
    "p",
    { class: "shield", title: t("panel.verified-means") },
    icon("shield"),
    h("span", {}, t(key, { count: pulled })),
  );
}

function table(items, { marks, names, order, sort, unit }) {
  const sorted = [...items].sort(
    (a, b) => (order.by === "time" ? timeOf(a) - timeOf(b) : amount(a) - amount(b)) * (order.up ? 1 : -1),
  );
  const numeric = Boolean(items[0].value?.number);
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heading("time", t("column.collected"), order, sort),
        heading(
          "value",
          unit ? `${t("column.result")} ${unit}` : t("column.result"),
          order,
          sort,
          numeric ? "num" : "",
        ),
        h("th", { scope: "col" }, t("column.flag")),
        h("th", { scope: "col" }, t("column.range")),
        h("th", { scope: "col" }, t("column.source")),
        h("th", { scope: "col" }, t("column.method")),
      ),
    ),
    h(
      "tbody",
      {},
      sorted.map((item) =>
        h(
          "tr",
          {},
          h("td", { class: "nowrap" }, dateText(item.date)),
          h(
            "td",
            { class: numeric ? "num" : "words" },
            valueText(item),
            item.status === "corrected" || item.status === "amended"
              ? h("span", { class: "meta" }, ` ${t("chart.corrected")}`)
              : null,
          ),
          h("td", {}, flagNode(item, { ranges: true })),
          h("td", { class: "nowrap" }, rangeText(item)),
          h("td", {}, h("span", { class: "institution" }, markNode(marks[item.source]), named(names(item.source)))),
          h("td", {}, [item.specimen, item.method ?? t("unstated")].filter(Boolean).join(" · ")),
        ),
      ),
    ),
  );
}

const amount = (item) => Number.parseFloat(item.value?.number ?? "") || 0;

/** "2026-06-02 08:10" in local time; what has no time shows none. */
export function dateText(date) {
  if (!date) return t("unstated");
  if (!date.includes("T")) return date;
  const at = new Date(date);
  const two = (n) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function heading(by, words, order, sort, tone = "") {
  const on = order.by === by;
  return h(
    "th",
    { scope: "col", class: tone, "aria-sort": on ? (order.up ? "ascending" : "descending") : "none" },
    h(
      "button",
      { type: "button", class: "sort", "data-keep": `sort-${by}`, onClick: () => sort(by) },
      words,
      on ? icon(order.up ? "up" : "down") : null,
    ),
  );
}
