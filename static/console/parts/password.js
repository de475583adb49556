// Asks for the password again before a step that needs it: a dialog of its own, no memory test (paste allowed).

import { h, replace } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { server } from "../server.js";
import { button, field } from "./controls.js";
import { problemNotice } from "./problem.js";

/** Resolves to true once the password was right, to false when the person leaves it. */
export function askPassword(why) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-label": t("fresh.title") });
    const finish = (answer) => {
      dialog.remove();
      resolve(answer);
    };
    const draw = (problem = null) =>
      replace(
        dialog,
        form(
          why,
          problem,
          () => finish(false),
          async (password) => {
            try {
              await server.freshen(password);
              finish(true);
            } catch (refused) {
              if (refused.status === undefined) throw refused;
              draw(refused);
              dialog.querySelector("input").focus();
            }
          },
        ),
      );
    dialog.addEventListener("cancel", () => finish(false));
    draw();
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Does work for which the password must be fresh: asks when the server says so; null when the person leaves it. */
export async function freshly(why, work) {
  try {
    return await work();
  } catch (problem) {
    if (problem.code !== "signin-fresh-required") throw problem;
    return (await askPassword(why)) ? work() : null;
  }
}

function form(why, problem, leave, send) {
  return h(
    "form",
    {
      class: "stack",
      method: "dialog",
      onSubmit: (event) => {
        event.preventDefault();
        send(new FormData(event.target).get("fresh-password"));
      },
    },
    h("h2", {}, t("fresh.title")),
    h("p", { class: "meta" }, why),
    problemNotice(problem),
    field("fresh-password", t("signin.password"), {
      type: "password",
      autocomplete: "current-password",
      required: true,
      autofocus: true,
    }),
    h(
      "div",
      { class: "actions" },
      h("button", { class: "button primary" }, t("fresh.go")),
      button("outline", t("cancel"), leave),
    ),
  );
}
