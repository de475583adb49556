// Own results: each thing once, with its newest value; read from every linked institution when asked for.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { ago, day, t } from "../../shared/i18n.js";
import { GROUPS, flagNode, kindName, termGroup, termRank } from "../../shared/terms.js";
import { timeOf } from "../model/dates.js";
import { inReadingOrder, once, seriesOf } from "../model/series.js";
import { busy, button, defineScreen, nameTop, page, title } from "../parts/screen.js";
import { offlineStrip } from "../parts/notes.js";
import { itemName, placeName, valueNode } from "../parts/words.js";
import { loadRecords } from "../wallet.js";

const ORDER = ["laboratory", "vital-signs", "medication", "allergy", "imaging", "condition", "immunization", "procedure"];
const place = (kind) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);

const rank = (item) => GROUPS.indexOf(termGroup(item)) * 10_000 + termRank(item.code);

export const allItems = (wallet) => once(wallet.links.flatMap((link) => wallet.items.get(link.subject) ?? []));

async function read(context) {
  const { wallet, local, redraw } = context;
  if (wallet.links.every((link) => wallet.items.has(link.subject) || wallet.views.of(link.subject)?.data?.reading === "until-removed")) return;
  local.since = wallet.clock();
  setTimeout(redraw, 1_000);
  local.failed = await loadRecords(wallet);
  local.since = null;
  redraw();
}

defineScreen("y-results", {
  start: read,
  render: (context) => {
    const { wallet, local } = context;
    const items = allItems(wallet);
    const kinds = [...new Set(items.map((item) => item.kind))].sort((a, b) => place(a) - place(b));
    return page(context, {
      top: nameTop(wallet),
      body: [
        offlineStrip(wallet),
        title(t("tabs.results")),
        local.since ? busy(local.since, wallet.clock(), t("choose.reading")) : h("p", { class: "meta" }, t("results.logged")),
        local.failed?.length > 0 ? failed(context) : null,
        items.length === 0 && !local.since && local.failed?.length !== wallet.links.length ? h("p", { class: "empty" }, t("results.empty")) : null,
        kinds.map((kind) => group(context, kind, items.filter((item) => item.kind === kind))),
      ],
      tab: "results",
    });
  },
});

function failed(context) {
  const places = context.local.failed.map((link) => placeName(context.wallet, link.institution)).join(" · ");
  return h("div", { class: "strip", role: "alert" }, icon("clock"), h("span", {}, t("results.unread", { places })),
    button("text", t("again"), () => read(context)));
}

function group(context, kind, items) {
  return h("section", {}, h("h2", { class: "section" }, kindName(kind)),
    h("ul", { class: "card list" }, inReadingOrder(seriesOf(items), rank).map((series) => h("li", {}, row(context, series)))));
}

function row({ go, wallet }, series) {
  const { newest, items } = series;
  const time = timeOf(newest);
  return h("button", { type: "button", class: "plain result", "data-keep": `series-${series.key}`, onClick: () => go("series", { key: series.key }) },
    h("span", { class: "result-name" }, h("strong", {}, itemName(newest)),
      h("span", { class: "meta" }, time === null ? t("results.undated") : items.length > 1 ? day(time) : `${day(time)} · ${ago(time)}`,
        items.length > 1 ? ` · ${t("results.times", { count: items.length })}` : ` · ${placeName(wallet, newest.source)}`)),
    h("span", { class: "result-value" }, valueNode(newest), flagNode(newest)), icon("forward"));
}
