// The judgement: nothing is chosen beforehand; what is submitted cannot be changed, and the patient reads it.
// Invariant: whoever declared the emergency is offered nothing here.

import { h } from "../../shared/dom.js";
import { moment, t } from "../../shared/i18n.js";
import { otherOf } from "./words.js";

const VERDICTS = ["justified", "not-justified", "explain"];
const LONGEST = 1_000;

/** `local`: {verdict, words, lacks, sending}; `doing`: {choose(verdict), write(words), submit()}. */
export function judgement(one, local, doing) {
  return h(
    "section",
    { class: "review-verdict", "aria-labelledby": "verdict" },
    h("h2", { id: "verdict" }, t("review.verdict")),
    one.own_review ? given(one.own_review) : mayBeGiven(one) ? form(one, local, doing) : h("p", {}, t(whyNot(one))),
  );
}

/** What the other hospitals have not recorded cannot be reviewed: the judgement goes where it stands. */
const mayBeGiven = ({ on_ledger: recorded, may_review: mine }) => recorded && mine;

const whyNot = ({ on_ledger: recorded }) => (recorded ? "review.yours" : "review.not-yet");

function form(one, { verdict, words, lacks, sending }, { choose, write, submit }) {
  const asks = verdict === "explain";
  return h(
    "form",
    {
      class: "stack",
      onSubmit: (event) => {
        event.preventDefault();
        if (verdict) submit();
      },
    },
    h(
      "fieldset",
      { "aria-labelledby": "verdict" },
      VERDICTS.map((each) => option(each, one, each === verdict, choose)),
    ),
    h(
      "div",
      { class: "field" },
      h("label", { for: "verdict-words" }, t(asks ? "review.question" : "review.words")),
      h("textarea", {
        id: "verdict-words",
        rows: "4",
        maxlength: String(LONGEST),
        placeholder: asks ? null : t("review.words.example"),
        value: words,
        "data-keep": "words",
        "aria-invalid": lacks ? "true" : null,
        "aria-describedby": lacks ? "words-error" : null,
        onInput: (event) => write(event.target.value),
      }),
      lacks ? h("p", { class: "field-error", id: "words-error", role: "alert" }, t("review.words.missing")) : null,
    ),
    h(
      "button",
      {
        class: "button primary",
        disabled: !verdict || sending,
        "data-keep": "submit",
        "aria-describedby": "verdict-why",
      },
      t(sending ? "review.submitting" : asks ? "review.ask" : "review.submit"),
    ),
    h(
      "p",
      { class: "meta", id: "verdict-why" },
      verdict ? (asks ? null : t("review.final")) : t("review.choose-first"),
    ),
    h("p", { class: "meta" }, t("review.not-oneself")),
  );
}

function option(verdict, one, on, choose) {
  const stops = verdict === "not-justified" && stopsRelease(one);
  return h(
    "label",
    { class: on ? "verdict on" : "verdict" },
    h("input", {
      type: "radio",
      name: "verdict",
      value: verdict,
      checked: on,
      "data-keep": `verdict-${verdict}`,
      onChange: () => choose(verdict),
    }),
    h(
      "span",
      {},
      h("strong", {}, t(`verdict.${verdict}`)),
      h("span", { class: "meta" }, t(`verdict.${verdict}.${stops ? "stops" : "under"}`, { name: otherOf(one) })),
    ),
  );
}

/** Where it is not justified, the side that can end a release ends it with the judgement. */
export const stopsRelease = ({ open, side }) => open && side === "custodian";

const given = ({ verdict, words, reviewer, at }) =>
  h(
    "div",
    { class: "verdict-given" },
    h("strong", {}, t(`verdict.${verdict}`)),
    h("p", {}, words || t("review.no-words")),
    h(
      "p",
      { class: "meta" },
      t("review.given"),
      " · ",
      t("review.given-by", { name: reviewer.name, moment: moment(at) }),
    ),
  );
