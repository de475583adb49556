// Typing a code where there is no camera: ten characters, forgiving of how people type.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { parseTyped } from "../flow/code.js";
import { button, closeTop, defineScreen, page, title } from "../parts/screen.js";

defineScreen("y-code", {
  start: ({ signal }) => {
    const field = document.getElementById("code");
    if (!signal.aborted) field?.focus();
  },
  render: (context) => {
    const { local, go, redraw } = context;
    const send = (event) => {
      event.preventDefault();
      const code = parseTyped(local.text ?? "");
      if (code) go("claim", { code }, { replace: true });
      else {
        local.wrong = true;
        redraw();
      }
    };
    return page(context, {
      top: closeTop(context),
      body: [
        title(t("code.title")),
        h("form", { class: "code-form", onSubmit: send, id: "code-form" },
          h("label", { for: "code" }, t("code.label")),
          local.wrong ? h("p", { class: "field-error", id: "code-error", role: "alert" }, t("code.wrong")) : null,
          h("input", {
            id: "code", class: "code-field", type: "text", autocomplete: "off", autocapitalize: "characters",
            spellcheck: "false", maxlength: "24", placeholder: "WT 7HPR 3C8N", value: local.text ?? "",
            "data-keep": "code", "aria-invalid": local.wrong ? "true" : null, "aria-describedby": local.wrong ? "code-error" : null,
            onInput: ({ target }) => {
              local.text = target.value;
            },
          }),
          h("p", { class: "meta" }, t("code.where"))),
      ],
      foot: button("primary", t("code.go"), send),
    });
  },
});
