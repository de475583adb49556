// One thing over time: newest value, chart with the laboratory's own range, every result in a list. Never advice.

import { h } from "../../shared/dom.js";
import { ago, day, list, t } from "../../shared/i18n.js";
import { markNode, marksFor, seriesChart } from "../../shared/chart.js";
import { flagNode, rangeText, termSentence, unitText, valueText } from "../../shared/terms.js";
import { timeOf } from "../model/dates.js";
import { seriesOf } from "../model/series.js";
import { backTop, defineScreen, page, title } from "../parts/screen.js";
import { itemName, placeName, valueNode } from "../parts/words.js";
import { allItems } from "./results.js";

defineScreen("y-series", {
  render: (context) => {
    const { wallet, params } = context;
    const series = seriesOf(allItems(wallet)).find((each) => each.key === params.key);
    const top = backTop(context, t("tabs.results"));
    if (!series) return page(context, { top, body: h("p", { class: "empty" }, t("results.empty")), tab: "results" });
    const { newest, items } = series;
    const marks = marksFor(wallet.links.map((link) => link.institution));
    const numeric = items.filter((item) => item.value?.number).length;
    const chart = numeric > 1 ? seriesChart(items, { marks, names: (source) => placeName(wallet, source), height: 260 }) : null;
    const plain = newest.code ? termSentence(newest.code) : null;
    return page(context, {
      top,
      body: [
        h("div", {}, title(itemName(newest)), plain ? h("p", { class: "meta" }, plain) : null),
        head(newest),
        chart ? h("section", { class: "card" }, chart, legend(wallet, items, marks)) : null,
        h("ul", { class: "card list" }, [...items].reverse().map((item) => h("li", { class: "result-row" }, row(wallet, item, marks)))),
      ],
      tab: "results",
    });
  },
});

function head(item) {
  const time = timeOf(item);
  const number = item.value?.number !== undefined;
  return h("div", { class: "newest" },
    item.value ? h("span", { class: number ? "figure" : "figure-text" }, valueText(item)) : null,
    number ? h("span", { class: "unit" }, unitText(item)) : null,
    flagNode(item),
    time === null ? null : h("span", { class: "meta when" }, `${day(time)} · ${ago(time)}`));
}

function row(wallet, item, marks) {
  const time = timeOf(item);
  const range = rangeText(item);
  return [
    markNode(marks[item.source]),
    h("span", { class: "result-name" }, h("span", {}, time === null ? t("results.undated") : day(time)), h("span", { class: "meta" }, placeName(wallet, item.source)),
      range ? h("span", { class: "meta" }, t("results.range", { range })) : null,
      item.text ? h("span", {}, item.text) : null, holds(wallet, item)),
    h("span", { class: "result-value" }, valueNode(item), flagNode(item)),
  ];
}

/** The results that a report holds, by name. */
function holds(wallet, item) {
  const names = (item.results ?? []).map((ref) => allItems(wallet).find((each) => each.ref === ref && each.source === item.source))
    .filter(Boolean).map(itemName);
  return names.length > 0 ? h("span", { class: "meta" }, t("results.holds", { names: list(names) })) : null;
}

const legend = (wallet, items, marks) => h("ul", { class: "legend" }, [...new Set(items.map((item) => item.source))]
  .map((source) => h("li", {}, markNode(marks[source]), placeName(wallet, source))));
