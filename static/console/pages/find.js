// Finds a patient by name, number or birth date: the landing page of desk, clinician and privacy officer.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { named, t } from "../../shared/i18n.js";
import { runningEmergencies } from "../emergency/running.js";
import { button } from "../parts/controls.js";
import { problemNotice } from "../parts/problem.js";
import { ageOf, sexName } from "../parts/strip.js";
import { definePage } from "../page.js";
import { addressOf, go } from "../route.js";
import { server } from "../server.js";

const NEXT = { desk: "desk", clinician: "patient", privacy: "accounting" };

const search = (context, text) =>
  context.run(async () => {
    const { patients } = await server.findPatients(text);
    context.set({ patients, searched: text });
  });

definePage("console-find", {
  keys: {
    "/": (context, event) => {
      event.preventDefault();
      document.querySelector("#find-text")?.focus();
    },
  },
  start: () => document.querySelector("#find-text")?.focus(),
  render: (context) => {
    const { local, app } = context;
    const { role } = app.session().staff;
    return h(
      "main",
      { class: "find-page", id: "main" },
      h("h1", {}, t(`find.title.${role}`)),
      h("p", { class: "meta" }, t(`find.under.${role}`)),
      h(
        "form",
        { class: "find-form", role: "search", onSubmit: (event) => submit(event, context) },
        h("label", { for: "find-text", class: "field-label" }, t("find.label")),
        h(
          "div",
          { class: "find-line" },
          h(
            "div",
            { class: "find" },
            icon("search"),
            h("input", {
              id: "find-text",
              name: "text",
              type: "search",
              autocomplete: "off",
              maxlength: "100",
              "data-keep": "find-text",
              value: local.text ?? "",
              onInput: (event) => {
                local.text = event.target.value;
              },
            }),
          ),
          h("button", { class: "button primary", "data-keep": "find-go" }, t("find.go")),
        ),
      ),
      problemNotice(local.problem),
      local.busy ? h("p", { class: "meta", role: "status" }, t("find.busy")) : found(local, role),
      role === "clinician" ? [withoutChart(), withoutTime(), inProgress()] : null,
    );
  },
});

function submit(event, context) {
  event.preventDefault();
  const text = (context.local.text ?? "").trim();
  if (text) search(context, text);
}

function found({ patients }, role) {
  if (!patients) return null;
  if (patients.length === 0) return h("p", { class: "card meta", role: "status" }, t("find.nothing"));
  return h(
    "section",
    { class: "card found", "aria-label": t("find.found") },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["name", "sex", "age", "birth", "number"].map((key) => h("th", { scope: "col" }, t(`column.${key}`))),
        ),
      ),
      h(
        "tbody",
        {},
        patients.map((patient) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              h("a", { href: addressOf(NEXT[role], patient.id), "data-patient": patient.id }, patient.name),
            ),
            h("td", {}, sexName(patient.sex)),
            h("td", {}, ageOf(patient.birth_date) ?? t("unstated")),
            h("td", { class: "nowrap" }, patient.birth_date),
            h("td", { class: "nowrap" }, patient.identifier),
          ),
        ),
      ),
    ),
    h("p", { class: "meta", role: "status" }, t("find.count", { count: patients.length })),
  );
}

const withoutChart = () =>
  h(
    "aside",
    { class: "aside" },
    h("p", {}, t("find.no-chart")),
    button("outline", t("ask.button"), () => go("ask", "new"), { icon: "scan", "data-keep": "ask-new" }),
  );

const withoutTime = () =>
  h(
    "section",
    { class: "aside", "aria-label": t("emergency.button") },
    h("p", {}, t("emergency.no-time")),
    button("outline", t("emergency.button"), () => go("emergency", "new"), {
      icon: "bolt",
      "data-keep": "emergency-new",
    }),
  );

function inProgress() {
  const running = runningEmergencies();
  if (running.length === 0) return null;
  return h(
    "section",
    { class: "aside", "aria-label": t("emergency.running") },
    h("p", {}, t("emergency.running")),
    h(
      "ul",
      {},
      running.map(({ patient, emergency, custodian }) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: addressOf("emergency", patient ?? "new", emergency) },
            t("emergency.return", { name: named(custodian.name) }),
          ),
        ),
      ),
    ),
  );
}
