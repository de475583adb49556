// One thing over time: newest value, chart with the laboratory's own range, every result in a list. Never advice.

import { h } from "../../shared/dom.js";
import { ago, day, t } from "../../shared/i18n.js";
import { seriesChart } from "../../shared/chart.js";
import { flagNode } from "../../shared/terms.js";
import { timeOf } from "../model/dates.js";
import { seriesOf } from "../model/series.js";
import { backTop, defineScreen, page, title } from "../parts/screen.js";
import { mark, marksOf } from "../parts/marks.js";
import { placeName } from "../parts/words.js";
import { allItems, valueText } from "./results.js";
import { itemName } from "./pick.js";

defineScreen("y-series", {
  render: (context) => {
    const { wallet, params } = context;
    const series = seriesOf(allItems(wallet)).find((each) => each.key === params.key);
    const top = backTop(context, t("tabs.results"));
    if (!series) return page(context, { top, body: h("p", { class: "empty" }, t("results.empty")), tab: "results" });
    const { newest, items } = series;
    const marks = marksOf(wallet);
    const numeric = items.filter((item) => item.value?.number !== undefined);
    return page(context, {
      top,
      body: [
        title(itemName(newest)),
        head(newest),
        newest.text ? h("p", { class: "card" }, newest.text) : null,
        numeric.length > 1 ? h("section", { class: "card chart" }, seriesChart(numeric, { marks, height: 240 }), legend(wallet, items, marks)) : null,
        h("ul", { class: "card list" }, [...items].reverse().map((item) => h("li", { class: "result-row" }, row(wallet, item, marks)))),
      ],
      tab: "results",
    });
  },
});

function head(item) {
  const time = timeOf(item);
  return h("div", { class: "newest" },
    item.value ? h("span", { class: "figure" }, item.value.number ?? item.value.text) : null,
    item.value?.number !== undefined ? h("span", { class: "unit" }, item.value.unit ?? "") : null,
    item.flag ? flagNode(item) : null,
    time === null ? null : h("span", { class: "meta when" }, `${day(time)} · ${ago(time)}`));
}

function row(wallet, item, marks) {
  const time = timeOf(item);
  return [
    mark(marks, item.source),
    h("span", { class: "result-name" }, h("span", {}, time === null ? t("results.undated") : day(time)),
      h("span", { class: "meta" }, [placeName(wallet, item.source), rangeText(item)].filter(Boolean).join(" · "))),
    h("span", { class: "result-value" }, valueText(item), item.flag ? flagNode(item) : null),
  ];
}

function rangeText({ range }) {
  if (!range) return null;
  if (range.low && range.high) return t("range.label", { range: `${range.low}–${range.high}` });
  if (range.low) return t("range.label", { range: `≥ ${range.low}` });
  return range.high ? t("range.label", { range: `≤ ${range.high}` }) : range.text;
}

const legend = (wallet, items, marks) => h("ul", { class: "legend" }, [...new Set(items.map((item) => item.source))]
  .map((source) => h("li", {}, mark(marks, source), placeName(wallet, source))));
