// A page whose contents are on their way, or did not come: then why, and the way back.

import { h } from "../../shared/dom.js";
import { t } from "../../shared/i18n.js";
import { go } from "../route.js";
import { button } from "./controls.js";
import { note, problemNotice } from "./problem.js";

/** In place of the page; `again` is offered where trying again may help. */
export const opening = (problem, words, again) =>
  h(
    "main",
    { class: "wait", id: "main" },
    h("h1", { class: "visually-hidden" }, problem?.title ?? words),
    problemNotice(problem, again),
    problem ? button("outline", t("page.back-to-find"), () => go("find")) : note("clock", words),
  );
