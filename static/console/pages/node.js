// For the administrator: whether this node can do its work, and what to do where it cannot.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, named, t } from "../../shared/i18n.js";
import { button } from "../parts/controls.js";
import { problemNotice } from "../parts/problem.js";
import { definePage } from "../page.js";

const look = (context) =>
  context.run(async () => {
    await context.app.readStatus();
    context.set({ at: Date.now() });
  });

definePage("console-node", {
  start: look,
  changed: (context) => context.redraw(),
  render: (context) => {
    const { local, app } = context;
    const { ready, warnings } = app.status ?? { ready: null, warnings: [] };
    return h(
      "main",
      { class: "wide", id: "main" },
      h(
        "div",
        { class: "wide-head" },
        h("div", {}, h("h1", {}, t("node.title")), h("p", { class: "meta" }, t("node.under"))),
        button("outline", t(local.busy ? "node.checking" : "node.again"), () => look(context), {
          icon: "refresh",
          disabled: local.busy,
          "data-keep": "again",
        }),
      ),
      problemNotice(local.problem),
      ready === null
        ? null
        : h(
            "section",
            { class: "card stack" },
            ready
              ? h(
                  "p",
                  { class: warnings.length === 0 ? "tick" : "tick care-words" },
                  icon(warnings.length === 0 ? "tick" : "alarm"),
                  t(warnings.length === 0 ? "node.ready" : "node.ready-but", { time: local.at ? clock(local.at) : "" }),
                )
              : h(
                  "div",
                  { class: "alarm", role: "alert" },
                  icon("alarm"),
                  h("div", {}, h("strong", {}, t("node.stopped")), h("p", {}, t("node.stopped.under"))),
                ),
            warnings.length === 0
              ? h("p", { class: "meta" }, t("node.no-warnings"))
              : h(
                  "table",
                  {},
                  h(
                    "thead",
                    {},
                    h(
                      "tr",
                      {},
                      h("th", { scope: "col" }, t("column.warning")),
                      h("th", { scope: "col" }, t("column.todo")),
                    ),
                  ),
                  h(
                    "tbody",
                    {},
                    warnings.map(({ title, todo }) =>
                      h("tr", {}, h("th", { scope: "row" }, named(title)), h("td", {}, named(todo))),
                    ),
                  ),
                ),
          ),
      h("p", { class: "meta" }, t("node.accounts")),
    );
  },
});
