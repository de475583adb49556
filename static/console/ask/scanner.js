// The doctor scans the code that a patient shows: camera, picture or typed code.
// What was read is untrusted: it goes as text to our own server, which knows the one grammar; anything else stands here as
// text and is never opened. Frames are read in memory by this institution's own server where the browser cannot.

import { h } from "../../shared/dom.js";
import { cameraView, nativeFinder, pictureText, postedFinder } from "../../shared/camera.js";
import { t } from "../../shared/i18n.js";
import { visible } from "../../shared/visible.js";
import { button, field } from "../parts/controls.js";
import { note } from "../parts/problem.js";
import { server } from "../server.js";

/** The state of a scanner: {finder, camera, lost, unread, last, foreign, noCode, typed}. */
export async function openScanner() {
  return { finder: (await nativeFinder()) ?? postedFinder(server.scan) };
}

/**
 * `scan`: from openScanner. `changed()` draws anew; `take(text)` sends the question for the code, resolving to false when
 * the text is no code of a patient; `busy` while that lasts; `leave()` goes back.
 */
export function scannerPanel(scan, { take, changed, leave, busy }) {
  const read = async (text) => {
    Object.assign(scan, { foreign: null, noCode: false, last: text });
    if ((await take(text)) === false) Object.assign(scan, { foreign: text, last: null });
    changed();
  };
  return [
    h(
      "div",
      { class: "middle two scanner" },
      view(scan, { read, changed }),
      h(
        "div",
        { class: "scan-words" },
        h("h2", { class: "large" }, t("offer.title")),
        h("p", { class: "meta" }, t("offer.under")),
        foreign(scan),
        scan.noCode ? h("p", { role: "alert" }, t("offer.no-code")) : null,
        picture(scan, { read, changed }),
        typed(scan, { read, busy }),
      ),
    ),
    h("div", { class: "actions" }, button("text", t("offer.back"), leave, { "data-keep": "scan-leave" })),
  ];
}

function view(scan, { read, changed }) {
  const set = (name, value) => {
    if (scan[name] === value) return;
    scan[name] = value;
    changed();
  };
  if (scan.lost) return h("div", { class: "no-camera" }, note("info", t(`offer.lost.${scan.lost}`)));
  scan.camera ??= cameraView({
    finder: scan.finder,
    // It looks on: what was read may be no code of a patient, or one that is over.
    found: (text) => {
      read(text);
      return false;
    },
    lost: (reason) => set("lost", reason),
    trouble: (problem) => set("unread", problem !== null && problem.status !== 429),
  });
  return h(
    "div",
    { class: "camera" },
    scan.camera,
    h("p", { class: "meta", role: "status" }, t(scan.unread ? "offer.unread" : "offer.hold")),
  );
}

/** Somebody else's code: its text, as text. */
function foreign({ foreign: text }) {
  if (!text) return null;
  const shown = visible(text);
  return h(
    "section",
    { class: "notice care", role: "alert" },
    h(
      "div",
      {},
      h("strong", {}, t("offer.foreign")),
      h("p", {}, t("offer.foreign.under")),
      h("p", { class: "foreign", dir: "ltr" }, shown.text),
      shown.more > 0 ? h("p", { class: "meta" }, t("offer.foreign.more", { count: shown.more })) : null,
    ),
  );
}

function picture(scan, { read, changed }) {
  const look = async ({ target }) => {
    const text = await pictureText(target.files[0], scan.finder).catch(() => null);
    target.value = "";
    if (text !== null) {
      read(text);
      return;
    }
    Object.assign(scan, { noCode: true, foreign: null });
    changed();
  };
  return h(
    "div",
    { class: "file" },
    h("input", { type: "file", accept: "image/*", class: "visually-hidden", id: "scan-picture", onChange: look }),
    h("label", { for: "scan-picture", class: "button outline" }, t("offer.picture")),
  );
}

const typed = (scan, { read, busy }) =>
  h(
    "form",
    {
      class: "typed-form",
      onSubmit: (event) => {
        event.preventDefault();
        if (scan.typed?.trim()) read(scan.typed);
      },
    },
    field("offer-code", t("offer.type"), {
      type: "text",
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
      maxlength: "200",
      placeholder: "WT 7HPR 3C8N",
      value: scan.typed ?? "",
      onInput: (event) => {
        scan.typed = event.target.value;
      },
    }),
    h("button", { class: "button primary", disabled: busy, "data-keep": "scan-go" }, t(busy ? "offer.taking" : "offer.go")),
  );
