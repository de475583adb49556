// First meeting: one promise, three facts, scan.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { button, defineScreen, page, phrases } from "../parts/screen.js";

const FACTS = [["scan", "start.scan-title", "start.scan-more"], ["clock", "start.time", "start.time-more"], ["eye", "start.seen", "start.seen-more"]];

defineScreen("y-start", {
  render: (context) => page(context, {
    top: null,
    body: h("div", { class: "start" },
      h("span", { class: "app-mark", "aria-hidden": "true" }, icon("key")),
      h("h1", { class: "title" }, t("app.name")),
      h("p", { class: "promise" }, phrases(t("start.promise"))),
      h("ul", { class: "facts" }, FACTS.map(([sign, fact, more]) => h("li", {}, icon(sign),
        h("div", {}, h("strong", {}, t(fact)), h("p", { class: "meta" }, t(more))))))),
    foot: [
      h("p", { class: "meta centred" }, t("start.first")),
      button("primary", t("start.scan"), () => context.go("scan"), { icon: "scan" }),
      button("text", t("code.type"), () => context.go("code")),
    ],
  }),
});
