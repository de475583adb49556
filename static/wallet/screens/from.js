// Where the records come from: any of the linked institutions, at least one.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { setCustodian } from "../flow/choice.js";
import { checkRow } from "../parts/check_row.js";
import { backTop, button, defineScreen, page, title } from "../parts/screen.js";
import { placeName } from "../parts/words.js";

const inFlow = (render) => (context) => (context.wallet.flow?.choice ? render(context, context.wallet.flow) : null);

defineScreen("y-from", {
  render: inFlow((context, { ask, choice }) => page(context, {
    top: backTop(context, t("back")),
    body: [
      title(t("from.title")),
      h("div", { class: "card checks" }, ask.custodians.map((link) => checkRow({
        key: link.subject, name: placeName(context.wallet, link.institution), words: null,
        checked: choice.custodians.includes(link.subject),
        change: (on) => {
          setCustodian(context.wallet, ask, choice, link.subject, on);
          context.redraw();
        },
      }))),
    ],
    foot: button("primary", t("done"), context.back),
  })),
});
