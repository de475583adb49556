// This is wrong: the patient's own words for the privacy officer, beside the review of an emergency.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { LONGEST, sendObjection } from "../flow/object.js";
import { backTop, button, defineScreen, page, title } from "../parts/screen.js";
import { placeName } from "../parts/words.js";

defineScreen("y-objection", {
  render: (context) => {
    const { wallet, params, local, go } = context;
    const glass = wallet.glasses().find(({ id }) => id === params.glass);
    const back = () => go("emergency", { glass: params.glass }, { replace: true });
    const top = backTop(context, t("emergency.name"), back);
    if (!glass) return page(context, { top, body: h("p", { class: "empty", role: "status" }, t("emergency.unknown")) });
    const place = placeName(wallet, glass.custodian);
    return local.sent ? sent(context, { top, place, back }) : writing(context, { top, place, glass });
  },
});

function writing(context, { top, place, glass }) {
  const { local } = context;
  const send = () => write(context, glass);
  return page(context, {
    top,
    body: [
      title(t("objection.title")),
      h("p", {}, t("objection.to", { place })),
      h("div", { class: "field" },
        h("label", { for: "objection" }, t("objection.label")),
        local.empty ? h("p", { class: "field-error", id: "objection-error", role: "alert" }, t("objection.empty")) : null,
        h("textarea", {
          id: "objection", rows: "7", maxlength: String(LONGEST), value: local.text ?? "", "data-keep": "objection",
          "aria-invalid": local.empty ? "true" : null, "aria-describedby": local.empty ? "objection-error" : null,
          onInput: ({ target }) => {
            local.text = target.value;
          },
        })),
      local.problem ? h("p", { class: "strip", role: "alert" }, `${local.problem.title} ${local.problem.todo}`) : null,
    ],
    foot: button("primary", t(local.busy ? "objection.sending" : "objection.send"), send, {
      disabled: local.busy ? true : null, "data-keep": "send",
    }),
  });
}

async function write(context, glass) {
  const { wallet, local, redraw } = context;
  const text = (local.text ?? "").trim();
  Object.assign(local, { empty: text === "", problem: null, busy: text !== "" });
  redraw();
  if (text === "") return;
  try {
    await sendObjection(wallet, glass, text);
    local.sent = true;
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    local.problem = problem;
  }
  local.busy = false;
  redraw();
}

const sent = (context, { top, place, back }) => page(context, {
  top,
  body: [h("div", { class: "statement", role: "status" }, h("span", { class: "big-tick" }, icon("tick")),
    title(t("objection.sent")), h("p", {}, t("objection.sent-more", { place })))],
  foot: button("primary", t("done"), back),
});
