// Why a test is repeated although a result could be used: a coded reason, and whether the patient was told.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { button, chips } from "../parts/controls.js";

const TOLD = ["yes", "no", "not-possible"];

/** `look.repeating`: {reason, words, informed, how, error}; `look.reasons`: [{reason, words: needed}]. */
export function repeatForm({ repeating, reasons, busy }, doing) {
  const change = (changes) => doing.repeating({ ...repeating, error: null, ...changes });
  const needsWords = reasons.find(({ reason }) => reason === repeating.reason)?.words ?? false;
  return h(
    "form",
    {
      class: "repeat-form",
      "aria-label": t("order.repeat.title"),
      onSubmit: (event) => {
        event.preventDefault();
        const error = lack(repeating, needsWords);
        if (error) doing.repeating({ ...repeating, error });
        else doing.repeat();
      },
    },
    h(
      "fieldset",
      { class: "repeat-reasons" },
      h("legend", {}, t("order.repeat.title")),
      reasons.map(({ reason, words }) =>
        h(
          "label",
          { class: "check-row" },
          h("input", {
            type: "radio",
            name: "reason",
            value: reason,
            checked: repeating.reason === reason,
            "data-keep": `reason-${reason}`,
            onChange: () => change({ reason }),
          }),
          h("div", {}, words ? t("order.repeat.needs-words", { reason: t(`repeat.${reason}`) }) : t(`repeat.${reason}`)),
        ),
      ),
    ),
    needsWords
      ? h(
          "div",
          { class: "field" },
          h("label", { for: "repeat-words" }, t("order.repeat.words")),
          h("textarea", {
            id: "repeat-words",
            rows: "2",
            maxlength: "500",
            value: repeating.words ?? "",
            "data-keep": "repeat-words",
            "aria-describedby": "repeat-words-private",
            onInput: (event) => {
              repeating.words = event.target.value;
            },
          }),
          h("p", { class: "meta", id: "repeat-words-private" }, t("order.repeat.words.private")),
        )
      : null,
    h(
      "div",
      { class: "repeat-told" },
      chips(
        { key: "told", text: t("order.repeat.told") },
        TOLD.map((one) => [one, t(`order.told.${one}`)]),
        new Set([repeating.informed]),
        (informed) => change({ informed }),
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "repeat-how" }, t("order.told.how")),
        h("input", {
          id: "repeat-how",
          maxlength: "200",
          autocomplete: "off",
          placeholder: t("order.told.how.example"),
          value: repeating.how ?? "",
          "data-keep": "repeat-how",
          onInput: (event) => {
            repeating.how = event.target.value;
          },
        }),
      ),
    ),
    repeating.error ? h("p", { class: "field-error", role: "alert" }, t(repeating.error)) : null,
    h(
      "div",
      { class: "actions" },
      h(
        "button",
        { class: "button primary", disabled: Boolean(busy), "data-keep": "repeat-go" },
        t(busy === "repeat" ? "order.repeat.going" : "order.repeat.go"),
      ),
      button("text", t("cancel"), () => doing.repeating(null), { "data-keep": "repeat-cancel" }),
    ),
  );
}

function lack({ reason, informed, words }, needsWords) {
  if (!reason || !informed) return "order.repeat.lacks";
  return needsWords && !(words ?? "").trim() ? "order.repeat.lacks-words" : null;
}
