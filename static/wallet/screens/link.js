// Connecting this phone: institution, three digits, answer; then waiting for staff, then connected.

import { h } from "../../shared/dom.js";
import { digits } from "../../shared/digits.js";
import { icon } from "../../shared/icons.js";
import { named, t } from "../../shared/i18n.js";
import { sayingDifferent, sayingSame, waitForStaff } from "../flow/link.js";
import { plateRow } from "../parts/plate.js";
import { button, closeTop, defineScreen, page, phrases, title } from "../parts/screen.js";

defineScreen("y-link", {
  start: (context) => {
    if (!context.wallet.flow?.claimed) context.go("start", {}, { replace: true });
  },
  render: (context) => {
    const claimed = context.wallet.flow?.claimed;
    if (!claimed) return null;
    return page(context, {
      top: closeTop(context),
      body: [
        title(t("link.title")),
        plateRow(claimed.institution, named(claimed.institution.name), t(`link.mode-${claimed.answer.mode}`)),
        middle(context, claimed),
      ],
      foot: foot(context, claimed),
      after: true,
    });
  },
});

function middle({ local }, claimed) {
  if (local.state === "connected") {
    return h("div", { class: "digits-block large" }, h("span", { class: "big-tick" }, icon("tick")),
      h("p", { class: "question", role: "status" }, t("link.connected")));
  }
  if (["stopped", "expired", "doubtful", "failed"].includes(local.state)) {
    return h("div", { class: "digits-block large" },
      h("p", { class: "question", role: "alert" }, t(`link.${local.state}`)), h("p", { class: "meta" }, t(`link.${local.state}-more`)));
  }
  const waiting = local.state === "waiting";
  return h("div", { class: "digits-block large" },
    h("p", { class: "question", role: "status" }, phrases(t(waiting ? "link.waiting" : "link.question"))),
    digits(claimed.digits),
    h("p", { class: "meta centred" }, t(waiting ? "link.waiting-more" : "link.read-out")));
}

function foot(context, claimed) {
  const { local, wallet, go, redraw, signal } = context;
  const set = (state) => {
    local.state = state;
    redraw();
  };
  const same = async () => {
    set("waiting");
    try {
      await sayingSame(wallet, claimed);
      const outcome = await waitForStaff(wallet, claimed, signal);
      if (outcome !== null) set(outcome);
    } catch {
      set("failed");
    }
  };
  const different = async () => {
    await sayingDifferent(wallet, claimed).catch(() => null);
    set("stopped");
  };
  if (local.state === "waiting") return button("text", t("link.stop"), different);
  if (local.state === "connected") return button("primary", t("link.home"), () => go("home", {}, { replace: true }));
  if (local.state) return button("primary", t("claim.again"), () => go("scan", {}, { replace: true }));
  return [button("go", t("link.same"), same, { icon: "tick" }), button("text", t("link.different"), different)];
}
