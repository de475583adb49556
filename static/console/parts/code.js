// A one-time code: the QR picture, black on white in dark too, the code to type, and the time it still holds.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { t } from "../../shared/i18n.js";
import { server } from "../server.js";
import { button } from "./controls.js";
import { timeLeft } from "./time_left.js";

/** "WT7HPR3C8N" as people read it: "WT 7HPR 3C8N". */
export const codeText = (code) => `${code.slice(0, 2)} ${code.slice(2, 6)} ${code.slice(6)}`;

/** The picture; `taken` fades it, for a phone has scanned it and nobody else can use it. */
export function qrPicture(reference, taken) {
  return h(
    "figure",
    { class: taken ? "qr taken" : "qr" },
    h("img", { src: server.qrAddress(reference.reference), width: 372, height: 372, alt: taken ? "" : t("qr.alt") }),
    taken ? h("figcaption", { class: "qr-taken" }, icon("phone"), t("qr.taken")) : null,
  );
}

export const typedCode = (reference) =>
  h(
    "div",
    { class: "typed" },
    h("p", { class: "meta" }, t("code.no-camera")),
    h("p", { class: "typed-code" }, codeText(reference.code)),
  );

/** "还有 9 分 12 秒" and ten more minutes. */
export const lifeOf = (reference, { extend, ended, busy }) =>
  h(
    "div",
    { class: "life" },
    timeLeft(reference.expires, { seconds: true, ended }),
    button("tint", t("code.more-time"), extend, { disabled: busy, "data-keep": "extend" }),
  );
