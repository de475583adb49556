// Buttons, chips and fields as the console uses them.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";

/** kind: "primary" | "go" | "tint" | "outline" | "text". */
export const button = (kind, words, onClick, { icon: name, after, ...attributes } = {}) =>
  h(
    "button",
    { type: "button", class: `button ${kind}`, onClick, ...attributes },
    name ? icon(name) : null,
    h("span", {}, words),
    after ? icon(after) : null,
  );

/** Choices side by side; `chosen` a Set; `fixed` shows a request that was sent. */
export function chips(label, options, chosen, toggle, { fixed = false } = {}) {
  return h(
    "div",
    { class: "field" },
    h("span", { class: "field-label", id: `label-${label.key}` }, label.text),
    h(
      "div",
      { class: "chips", role: "group", "aria-labelledby": `label-${label.key}` },
      options.map(([value, words]) => chip(label.key, value, words, chosen.has(value), toggle, fixed)),
    ),
  );
}

function chip(key, value, words, on, toggle, fixed) {
  const inside = [on ? icon("tick") : null, h("span", {}, words)];
  if (fixed) return h("span", { class: on ? "chip fixed on" : "chip fixed" }, inside);
  return h(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-pressed": String(on),
      "data-keep": `${key}-${value}`,
      "data-value": value,
      onClick: () => toggle(value),
    },
    inside,
  );
}

/** A labelled text field; `error` stands under it. */
export function field(name, label, attributes, error = null) {
  return h(
    "div",
    { class: "field" },
    h("label", { for: name }, label),
    h("input", {
      id: name,
      name,
      "data-keep": name,
      "aria-invalid": error ? "true" : null,
      "aria-describedby": error ? `${name}-error` : null,
      ...attributes,
    }),
    error ? h("p", { class: "field-error", id: `${name}-error` }, error) : null,
  );
}

/** A row to tick. */
export const checkRow = (name, title, under, checked, onChange, disabled = false) =>
  h(
    "label",
    { class: "check-row" },
    h("input", {
      type: "checkbox",
      name,
      checked,
      "data-keep": name,
      disabled,
      onChange: (event) => onChange(event.target.checked),
    }),
    h("div", {}, h("div", { class: "check-title" }, title), under ? h("div", { class: "meta" }, under) : null),
  );
