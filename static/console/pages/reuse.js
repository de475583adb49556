// What became of offered results, as counts: used, repeated for which reason, undone; charts with their tables.

import { h } from "../../shared/dom.js";
import { lang, list, named, t } from "../../shared/i18n.js";
import { button, chips } from "../parts/controls.js";
import { note, problemNotice } from "../parts/problem.js";
import { definePage } from "../page.js";
import { monthBars, partSign, reasonBars } from "../reuse/bars.js";
import { byMonth, byReason, byRule, sumOf } from "../reuse/sums.js";
import { server } from "../server.js";

const PERIODS = [3, 12, 36];
const PARTS = ["used", "undone", "repeated"];

/** From the first day of the month so many months back, to now. */
function periodOf(months, now = new Date()) {
  const from = new Date(now.getFullYear(), now.getMonth() - months + 1, 1).getTime();
  return [from, now.getTime() + 1];
}

const load = (context) =>
  context.run(async () => {
    const [from, to] = periodOf(context.local.months);
    context.set({ counts: await server.reuseCounts(from, to, -new Date().getTimezoneOffset()) });
  });

definePage("console-reuse", {
  title: ({ app }) => `${app.titleText()} · ${t("reuse.title")}`,
  state: () => ({ months: 12 }),
  start: load,
  render: (context) => {
    const { local } = context;
    return h(
      "main",
      { class: "wide reuse", id: "main" },
      h(
        "div",
        { class: "wide-head" },
        h("div", {}, h("h1", {}, t("reuse.title")), h("p", { class: "meta" }, t("reuse.under"))),
        button("outline", t("reuse.print"), () => window.print(), { icon: "print" }),
      ),
      chips(
        { key: "period", text: t("reuse.period") },
        PERIODS.map((months) => [months, t(`reuse.period.${months}`)]),
        new Set([local.months]),
        (months) => {
          context.set({ months });
          load(context);
        },
      ),
      problemNotice(local.problem, () => load(context)),
      local.counts ? counted(local.counts) : local.problem ? null : note("clock", t("reuse.opening")),
    );
  },
});

function counted({ rows, groups, rules }) {
  if (rows.length === 0) return h("p", { class: "card meta" }, t("reuse.none"));
  const sum = sumOf(rows);
  const open = sum.offered - sum.used - sum.repeated;
  return [
    h(
      "section",
      { class: "card reuse-sum" },
      h("h2", {}, t("reuse.sum", sum)),
      open > 0 ? h("p", {}, t("reuse.sum.open", { count: open })) : null,
      h("p", { class: "meta" }, t("reuse.honest")),
    ),
    months(byMonth(rows)),
    reasons(byReason(rows)),
    versions(byRule(rows), groups, rules),
  ];
}

/** A chart and its table side by side. */
const pair = (title, chart, table) =>
  h(
    "section",
    { class: "card reuse-pair" },
    h("h2", {}, title),
    h("div", { class: "reuse-chart" }, chart),
    h("div", { class: "reuse-table", tabindex: "0", role: "region", "aria-label": title }, table),
  );

function months(found) {
  const sentence = t("reuse.chart.months", { months: list(found.map((one) => t("reuse.chart.month", one))) });
  return pair(
    t("reuse.by-month"),
    [
      h("ul", { class: "legend" }, PARTS.map((part) => h("li", {}, partSign(part), t(`reuse.${part}`)))),
      monthBars(found, sentence),
    ],
    table(
      ["month", "offered", ...PARTS],
      [...found].reverse().map((one) => [one.month, one.offered, ...PARTS.map((part) => one[part])]),
    ),
  );
}

function reasons(found) {
  const words = (reason) => t(`repeat.${reason}`);
  if (found.length === 0) return h("p", { class: "card meta" }, t("reuse.no-repeats"));
  const said = found.map(([reason, count]) => t("reuse.chart.reason", { reason: words(reason), count }));
  return pair(
    t("reuse.by-reason"),
    reasonBars(found, words, t("reuse.chart.reasons", { reasons: list(said) })),
    table(
      ["reason", "count"],
      found.map(([reason, count]) => [words(reason), count]),
    ),
  );
}

const versions = (found, groups, rules) =>
  h(
    "section",
    { class: "card listing", "aria-label": t("reuse.by-group"), tabindex: "0", role: "region" },
    h("h2", {}, t("reuse.by-group")),
    table(
      ["group", "rule", "offered", ...PARTS],
      found.map((one) => [
        groups[one.group] ? capital(named(groups[one.group])) : one.group,
        ruleName(one.rule, rules),
        one.offered,
        ...PARTS.map((part) => one[part]),
      ]),
    ),
  );

const ruleName = (name, rules) => {
  const rule = rules.find((one) => one.name === name);
  return rule ? t("order.rule", rule) : name;
};

const capital = (words) => (lang() === "en" ? words.charAt(0).toUpperCase() + words.slice(1) : words);

/** Words first, numbers to the right. */
const table = (columns, rows) =>
  h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((key) => h("th", { scope: "col", class: isNumber(key) ? "num" : "" }, t(`reuse.${key}`))),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h(
          "tr",
          {},
          row.map((cell, place) =>
            place === 0
              ? h("th", { scope: "row" }, cell)
              : h("td", { class: isNumber(columns[place]) ? "num" : "" }, String(cell)),
          ),
        ),
      ),
    ),
  );

const isNumber = (key) => ["offered", "used", "undone", "repeated", "count"].includes(key);
