// Scanning a code. What is read is untrusted: an exact grammar, or shown as text and never opened.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { parseScanned } from "../flow/code.js";
import { canScan } from "../parts/viewfinder.js";
import { button, closeTop, defineScreen, page, title } from "../parts/screen.js";

defineScreen("y-scan", {
  start: async (context) => {
    context.local.able = await canScan();
    context.redraw();
  },
  render: (context) => {
    const { local, go, redraw, wallet } = context;
    const origins = new Set([location.origin, wallet.genesis?.document.wallet].filter(Boolean));
    const read = (text) => {
      const code = [...origins].map((origin) => parseScanned(text, origin)).find(Boolean);
      if (code) go("claim", { code }, { replace: true });
      else {
        local.foreign = text;
        redraw();
      }
    };
    return page(context, {
      top: closeTop(context),
      body: [title(t("scan.title")), view(context, read), foreign(local)],
      foot: [
        local.able ? photo(read, context) : null,
        button(local.able ? "text" : "primary", t("code.type"), () => go("code", {}, { replace: true })),
      ],
    });
  },
});

function view({ local, redraw }, read) {
  if (local.able === undefined) return null;
  if (!local.able) return h("p", {}, t("scan.cannot"));
  if (local.denied) return h("p", { role: "status" }, t("scan.denied"));
  if (local.finder === undefined) {
    local.finder = document.createElement("y-viewfinder");
    local.finder.read = read;
    local.finder.denied = () => {
      local.denied = true;
      redraw();
    };
  }
  return [local.finder, h("p", { class: "meta centred" }, t("scan.hold"))];
}

/** Somebody else's code: its text, as text. */
const foreign = ({ foreign: text }) => (text === undefined ? null : h("section", { class: "card", role: "alert" },
  h("h2", { class: "place" }, t("scan.foreign")), h("p", {}, t("scan.foreign-more")),
  h("p", { class: "foreign" }, text.slice(0, 400))));

function photo(read, { local, redraw }) {
  const choose = h("input", { type: "file", accept: "image/*", capture: "environment", class: "visually-hidden", id: "photo",
    onChange: async ({ target }) => {
      const found = await decode(target.files[0]).catch(() => null);
      if (found) read(found);
      else {
        local.foreign = t("scan.nothing");
        redraw();
      }
    } });
  return h("div", { class: "file" }, choose, h("label", { for: "photo", class: "button outline" }, t("scan.photo")));
}

async function decode(file) {
  const picture = await createImageBitmap(file);
  const [found] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(picture);
  return found?.rawValue ?? null;
}
