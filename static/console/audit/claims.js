// The claims of a check, a fourth among hospitals: each with what was checked, when, and how to check it without us.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moment, number, t } from "../../shared/i18n.js";

const CLAIMS = ["unaltered", "signed", "checkpoint"];

/** `result` of a finished check, or null; `open` the claim whose instructions are shown. */
export const claims = (result, open, toggle) =>
  h(
    "section",
    { class: "card claims", "aria-label": t("audit.claims") },
    claimsOf(result).map((claim) => claimBox(claim, result, open === claim, () => toggle(open === claim ? null : claim))),
  );

const claimsOf = (result) => (result && "certificate" in result.claims ? [...CLAIMS, "certificate"] : CLAIMS);

function claimBox(claim, result, open, toggle) {
  const holds = result ? result.claims[claim] : undefined;
  const tone = holds === true ? "holds" : holds === false ? "failed" : "unchecked";
  return h(
    "article",
    { class: `claim ${tone}` },
    h("span", { class: "claim-sign" }, icon(holds === true ? "shield" : holds === false ? "alarm" : "clock")),
    h(
      "div",
      { class: "claim-words" },
      h("h2", {}, t(holds === false ? `claim.${claim}.failed` : `claim.${claim}`)),
      h("p", { class: "meta" }, facts(claim, result, holds)),
      h(
        "div",
        { class: "claim-end" },
        h(
          "span",
          { class: "meta" },
          result && holds !== null ? t("audit.checked-at", { moment: moment(result.at) }) : t("audit.unchecked"),
        ),
        h(
          "button",
          {
            type: "button",
            class: "plain",
            "aria-expanded": String(open),
            "data-keep": `how-${claim}`,
            onClick: toggle,
          },
          t("audit.how"),
        ),
      ),
      open ? h("p", { class: "how" }, t(`claim.${claim}.how`)) : null,
    ),
  );
}

function facts(claim, result, holds) {
  if (!result) return t("audit.not-yet");
  if (holds === null) return t(result.ok ? `claim.${claim}.absent` : "audit.after-failure");
  const size = claim === "certificate" ? result.certified : result.size;
  if (holds) return t(`claim.${claim}.facts`, { count: size, size: number(size) });
  return differenceText(result);
}

/** Where a check first found a difference, and what. */
export const differenceText = ({ index, first_difference: detail }) =>
  index === null
    ? detail
    : t("audit.first-difference", { index: number(index), detail: detail.replace(/^record \d+: /, "") });
