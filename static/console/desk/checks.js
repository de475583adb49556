// The desk's left side: the identity checks, what a replacement means, and the button that issues the code.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { clock, t } from "../../shared/i18n.js";
import { button, checkRow } from "../parts/controls.js";
import { go } from "../route.js";

const CHECKS = ["document", "match", "present"];

/** `rekey` spells the delay out; `invite()` records the checks and shows the code. */
export function checksSide(context, rekey, invite) {
  const { local, set, ids, app } = context;
  const fixed = Boolean(local.reference);
  const tick = (name) => (on) => {
    const checks = new Set(local.checks);
    if (on) checks.add(name);
    else checks.delete(name);
    set({ checks });
  };
  const stamp = fixed
    ? t("desk.checked-by", { time: clock(local.checkedAt), name: app.session().staff.name })
    : t("check.present.under");
  return [
    h("h1", {}, t(rekey ? "rekey.title" : "desk.title")),
    rekey ? delay() : null,
    h("h2", { class: "spaced" }, t("desk.identity")),
    h(
      "div",
      { class: "checks" },
      CHECKS.map((name) =>
        fixed
          ? checked(t(`check.${name}`), name === "present" ? stamp : t(`check.${name}.under`))
          : checkRow(`check-${name}`, t(`check.${name}`), t(`check.${name}.under`), local.checks.has(name), tick(name)),
      ),
    ),
    fixed ? null : issue(context, rekey, invite),
    h(
      "div",
      { class: "ruled" },
      rekey
        ? button("text", t("desk.back-to-link"), () => go("desk", ids[0]), { icon: "back" })
        : [
            h("p", { class: "meta" }, t("desk.lost")),
            button("text", t("desk.to-rekey"), () => go("rekey", ids[0]), {
              after: "forward",
              "data-keep": "to-rekey",
            }),
          ],
    ),
  ];
}

const checked = (title, under) =>
  h(
    "div",
    { class: "check-row fixed" },
    h("span", { class: "go-words" }, icon("tick")),
    h("div", {}, h("div", {}, title), h("div", { class: "meta" }, under)),
  );

const delay = () =>
  h(
    "ul",
    { class: "notice care facts" },
    ["wait", "told", "contest", "ends"].map((key) => h("li", {}, t(`rekey.${key}`))),
  );

function issue({ local }, rekey, invite) {
  const blocked = local.link.closed
    ? "desk.link-closed"
    : rekey && !local.link.claimed
      ? "rekey.none-yet"
      : !rekey && local.link.claimed
        ? "desk.claimed"
        : null;
  const missing = CHECKS.length - local.checks.size;
  return h(
    "div",
    { class: "form-end" },
    button("primary", t("desk.show-code"), invite, {
      disabled: Boolean(blocked) || missing > 0 || local.busy,
      "data-keep": "invite",
      "aria-describedby": "why-not",
    }),
    h(
      "p",
      { class: "meta", id: "why-not" },
      blocked ? t(blocked) : missing > 0 ? t("desk.checks-missing", { count: missing }) : t("desk.ready"),
    ),
  );
}
