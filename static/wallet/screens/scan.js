// Scanning a code. What is read is untrusted: an exact grammar, or shown as text and never opened.
// Without a camera, or where nobody finds the code: a photo, the phone's own camera, or typing, said with the reason.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { cameraView, pictureText } from "../../shared/camera.js";
import { visible } from "../../shared/visible.js";
import { parseScanned } from "../flow/code.js";
import { walletFinder } from "../parts/viewfinder.js";
import { button, closeTop, defineScreen, page, title } from "../parts/screen.js";
import { counted } from "../parts/words.js";

/** So much of somebody else's code fits below the camera's picture. */
const LONGEST = 120;

defineScreen("y-scan", {
  start: async (context) => {
    context.local.finder = await walletFinder(context.wallet);
    if (!context.signal.aborted) context.redraw();
  },
  render: (context) => {
    const { local, go, wallet } = context;
    const known = local.finder !== undefined;
    const typing = () => go("code", {}, { replace: true });
    return page(context, {
      top: closeTop(context),
      body: [title(t("scan.title")), known ? view(context) : null, foreign(local)],
      foot: known ? [
        wallet.links.length > 0
          ? button("text", t("offer.button"), () => go("offer", {}, { replace: true }), { "data-keep": "offer" }) : null,
        h("div", { class: "side-by-side" },
          local.finder ? photo(context) : null,
          button(local.finder ? "outline" : "primary", t("code.type"), typing, { "data-keep": "type" })),
      ] : null,
      after: true,
    });
  },
});

/** One of our own codes leads on; everything else stays here as text. True when it led on. */
function read({ local, go, redraw, wallet }, text) {
  const origins = new Set([location.origin, wallet.genesis?.document.wallet].filter(Boolean));
  const code = [...origins].map((origin) => parseScanned(text, origin)).find(Boolean);
  if (code) go("claim", { code }, { replace: true });
  else {
    Object.assign(local, { foreign: text, nothing: false });
    redraw();
  }
  return Boolean(code);
}

function view(context) {
  const { local, redraw } = context;
  if (local.finder === null) return h("p", {}, t("scan.no-link"));
  if (local.lost) return h("p", { role: "status" }, t(`scan.${local.lost}`));
  const set = (name, value) => {
    if (local[name] === value) return;
    local[name] = value;
    redraw();
  };
  local.camera ??= cameraView({
    finder: local.finder,
    found: (text) => read(context, text),
    lost: (reason) => set("lost", reason),
    trouble: (problem) => set("unread", problem !== null && problem.status !== 429),
  });
  // What was read and is none of ours stands right below the picture, where the hint was.
  return [local.camera, local.foreign === undefined || local.unread
    ? h("p", { class: "meta centred", role: "status" }, t(local.unread ? "scan.unread" : "scan.hold")) : null];
}

/** Somebody else's code: its text, as text. */
function foreign({ foreign: text, nothing }) {
  if (nothing) return h("section", { class: "card", role: "alert" }, h("p", {}, t("scan.nothing")));
  if (text === undefined) return null;
  const shown = visible(text, LONGEST);
  return h("section", { class: "card", role: "alert" },
    h("h2", { class: "place" }, t("scan.foreign")), h("p", {}, t("scan.foreign-more")),
    h("p", { class: "foreign", dir: "ltr" }, shown.text),
    shown.more > 0 ? h("p", { class: "meta" }, counted("scan.more-text", shown.more)) : null);
}

function photo(context) {
  const { local, redraw } = context;
  const look = async ({ target }) => {
    const text = await pictureText(target.files[0], local.finder).catch(() => null);
    target.value = "";
    if (text !== null) read(context, text);
    else {
      Object.assign(local, { nothing: true, foreign: undefined });
      redraw();
    }
  };
  return h("div", { class: "file" },
    h("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", id: "photo", onChange: look }),
    h("label", { for: "photo", class: "button outline" }, t("scan.photo")));
}
