// Between the code and what it stands for: fetch, then on to connecting or to the doctor's request.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { openAsk } from "../flow/ask.js";
import { claim } from "../flow/claim.js";
import { addressOf } from "../flow/code.js";
import { busy, button, closeTop, defineScreen, page, title } from "../parts/screen.js";

const SLOW = 1_000;

async function begin(context) {
  const { wallet, params, go, local, redraw, signal } = context;
  local.since = wallet.clock();
  setTimeout(redraw, SLOW);
  const claimed = params.code ? await claim(wallet, params.code) : { problem: "not-a-code" };
  if (claimed.answer?.type === "offer") claimed.problem = "is-offer";
  const opened = claimed.answer?.type === "ask" ? await openAsk(wallet, claimed).catch(() => ({ problem: "no-connection" })) : null;
  if (signal.aborted) return;
  const problem = claimed.problem ?? opened?.problem;
  if (problem === "no-connection" && claimed.genesis) {
    await new Promise((resolve) => setTimeout(resolve)); // that the policy refused it is told in a task of its own
    if (wallet.policy.isOutdated()) {
      wallet.policy.loadAnew(addressOf(params.code, claimed.genesis));
      return;
    }
  }
  if (problem) {
    Object.assign(local, { problem, since: null });
    redraw();
    return;
  }
  wallet.flow = { claimed, ask: opened, choice: null };
  go(opened ? "ask" : "link", {}, { replace: true });
}

defineScreen("y-claim", {
  start: begin,
  render: (context) => {
    const { local, go, wallet } = context;
    const plain = local.problem === "is-offer";
    const body = local.problem
      ? h("div", { class: "statement", role: plain ? "status" : "alert" },
        h("span", { class: plain ? "statement-mark" : "statement-mark care" }, icon(plain ? "info" : "alarm")),
        title(t(`claim.${local.problem}.title`)), h("p", {}, t(`claim.${local.problem}.text`)))
      : busy(local.since ?? null, wallet.clock(), t("claim.fetching"));
    return page(context, {
      top: closeTop(context), body,
      foot: local.problem ? button("primary", t("claim.again"), () => go("scan", {}, { replace: true })) : null,
    });
  },
});
