// This browser cannot keep keys: said first, with what to do.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { button, defineScreen, page, title } from "../parts/screen.js";

defineScreen("y-blocked", {
  render: (context) => {
    const { reason } = context.params;
    const address = location.origin.replace(/^http:/, "https:");
    const copy = () => navigator.clipboard.writeText(address).then(() => {
      context.local.copied = true;
      context.redraw();
    });
    return page(context, {
      top: null,
      body: [
        h("div", { class: "statement" },
          h("span", { class: "statement-mark" }, icon("alarm")),
          title(t(`blocked.${reason}.title`)),
          h("p", {}, t(`blocked.${reason}.text`)),
          reason === "insecure" ? h("p", { class: "address" }, address) : null,
          h("p", { class: "meta" }, t("blocked.nothing-lost"))),
      ],
      foot: navigator.clipboard
        ? button("primary", context.local.copied ? t("blocked.copied") : t("blocked.copy"), copy) : null,
    });
  },
});

/** The only screen there is when no key can be kept. */
export function showBlocked(reason) {
  const screen = document.createElement("y-blocked");
  screen.className = "screen";
  const wallet = { on: () => () => null, links: [], person: () => null };
  screen.given = { wallet, go: () => null, back: () => null, params: { reason } };
  document.body.replaceChildren(screen);
}
