// Single results of one kind, newest first, each with its own tick.

import { h } from "../../shared/dom.js";
import { day, t } from "../../shared/i18n.js";
import { flagNode, kindName, sensitivityName } from "../../shared/terms.js";
import { timeOf } from "../model/dates.js";
import { familyOf } from "../model/scope.js";
import { setOne, tickable } from "../flow/choice.js";
import { checkRow } from "../parts/check_row.js";
import { backTop, button, defineScreen, page, title } from "../parts/screen.js";
import { itemName, itemValue, placeName } from "../parts/words.js";

const inFlow = (render) => (context) => (context.wallet.flow?.choice ? render(context, context.wallet.flow) : null);
const done = ({ back }) => button("primary", t("done"), back);

defineScreen("y-pick", {
  render: inFlow((context, { ask, choice }) => {
    const { wallet, params, redraw } = context;
    const family = params.key.startsWith("family-") ? params.key.slice(7) : null;
    const items = tickable(wallet, ask, choice)
      .filter((item) => (family ? familyOf(item) === family : item.kind === params.key && familyOf(item) === null))
      .sort((a, b) => (timeOf(b) ?? 0) - (timeOf(a) ?? 0));
    const ticked = items.filter((item) => choice.ticked.has(item.id)).length;
    return page(context, {
      top: backTop(context, t("choose.title")),
      body: [
        title(family ? sensitivityName(family) : kindName(params.key)),
        h("p", { class: "meta", role: "status" }, t("choose.some-of", { ticked, n: items.length })),
        h("div", { class: "card checks" }, items.map((item) => checkRow({
          key: item.id, name: itemName(item), words: itemWords(wallet, item), checked: choice.ticked.has(item.id),
          change: (on) => {
            setOne(choice, item, on);
            redraw();
          },
        }))),
      ],
      foot: done(context),
    });
  }),
});

function itemWords(wallet, item) {
  const time = timeOf(item);
  const value = itemValue(item);
  const parts = [value, time === null ? null : day(time), placeName(wallet, item.source)].filter(Boolean).join(" · ");
  return [parts, flagNode(item)];
}
