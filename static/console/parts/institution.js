// An institution with its mark: the same shape wherever it stands on a page.

import { h } from "../../shared/dom.js";
import { named } from "../../shared/i18n.js";
import { markNode } from "../../shared/chart.js";

export const institution = (name, mark, props = {}) =>
  h("span", { class: "institution", ...props }, mark ? markNode(mark) : null, h("span", {}, named(name)));
