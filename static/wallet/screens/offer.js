// The patient's own code: shown to a doctor, taken once, then who took it. Leaving this screen ends the code.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { endOffer, extendOffer, makeOffer, takeClaim, waitForClaim } from "../flow/offer.js";
import { countdown } from "../parts/countdown.js";
import { qrPicture } from "../parts/qr_picture.js";
import { busy, button, closeTop, defineScreen, page, phrases, title } from "../parts/screen.js";
import { keepAwake } from "../parts/wake.js";

const SLOW = 1_000;

async function begin(context) {
  const { wallet, local, redraw, signal, go } = context;
  local.since = wallet.clock();
  setTimeout(redraw, SLOW);
  keepAwake(signal);
  const offer = await makeOffer(wallet);
  if (offer.problem) {
    show(context, { problem: offer.problem });
    return;
  }
  let open = true;
  const end = () => {
    if (open) endOffer(wallet, offer);
    open = false;
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) {
    end();
    return;
  }
  show(context, { offer });
  const answer = await waitForClaim(wallet, offer, signal);
  if (answer === null) return;
  open = false;
  if (answer.claim === null) {
    show(context, { problem: answer.state === "stopped" ? "stopped" : "expired" });
    return;
  }
  show(context, { checking: true });
  const taken = await takeClaim(wallet, offer, answer.claim).catch(() => ({ problem: "no-connection" }));
  if (signal.aborted) return;
  if (taken.problem) {
    show(context, { problem: taken.problem });
    return;
  }
  wallet.flow = taken;
  go("ask", {}, { replace: true });
}

function show({ local, redraw, signal }, changes) {
  if (signal.aborted) return;
  Object.assign(local, changes);
  redraw();
}

defineScreen("y-offer", {
  start: (context) => {
    if (context.wallet.links.length === 0) context.go("start", {}, { replace: true });
    else begin(context);
  },
  render: (context) => {
    const { local } = context;
    if (local.problem) return ended(context);
    if (local.checking) return checking(context);
    return page(context, {
      top: closeTop(context),
      body: [title(t("offer.title")), local.offer ? code(context) : making(context)],
      foot: local.offer ? button("text", t("offer.close"), () => context.go("home", {}, { replace: true })) : null,
      after: true,
    });
  },
});

const making = ({ local, wallet }) => busy(local.since ?? null, wallet.clock(), t("offer.making"));

const checking = (context) => page(context, {
  top: closeTop(context),
  body: h("div", { class: "statement", role: "status" }, h("span", { class: "statement-mark" }, icon("clock")),
    title(t("offer.taken")), h("p", {}, t("offer.checking"))),
});

function code(context) {
  const { offer } = context.local;
  // Drawn once: the picture and the running time stay the same nodes when the screen draws again.
  context.local.picture ??= qrPicture(offer.text, t("offer.qr"));
  return h("div", { class: "offer" },
    context.local.picture,
    h("div", {},
      h("p", { class: "meta centred" }, t("offer.typed")),
      h("p", { class: "typed-code" }, `${offer.code.slice(0, 2)} ${offer.code.slice(2, 6)} ${offer.code.slice(6)}`)),
    life(context),
    h("p", { class: "meta centred plain-words" }, phrases(t("offer.plain"))));
}

function life({ wallet, local, redraw }) {
  const { offer } = local;
  const more = async () => {
    local.adding = true;
    try {
      offer.expires = await extendOffer(wallet, offer);
    } catch ({ code: refused }) {
      local.noMore = refused === "reference-not-extendable";
    }
    local.adding = false;
    redraw();
  };
  return h("div", { class: "life" },
    countdown(offer.expires, offer.now),
    local.noMore ? h("p", { class: "meta", role: "status" }, t("offer.no-more-time"))
      : button("tint", t("offer.more-time"), more, { disabled: local.adding ? true : null, "data-keep": "more-time" }));
}

function ended(context) {
  const { local, go } = context;
  const calm = local.problem === "expired" || local.problem === "stopped";
  return page(context, {
    top: closeTop(context),
    body: h("div", { class: "statement", role: calm ? "status" : "alert" },
      h("span", { class: calm ? "statement-mark" : "statement-mark care" }, icon(calm ? "clock" : "alarm")),
      title(t(`offer.${local.problem}.title`)), h("p", {}, t(`offer.${local.problem}.text`))),
    foot: [
      button("primary", t("offer.again"), () => go("offer", {}, { replace: true }), { "data-keep": "again" }),
      button("text", t("link.home"), () => go("home", {}, { replace: true })),
    ],
  });
}
