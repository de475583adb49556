// Signing in: institution first, then number and password. One error for whatever was wrong; a lockout in minutes.

import { h } from "../../shared/dom.js";
import { named, t } from "../../shared/i18n.js";
import { field } from "../parts/controls.js";
import { problemNotice } from "../parts/problem.js";
import { definePage } from "../page.js";
import { server } from "../server.js";
import { signIn } from "../session.js";

const KNOWN = new Set(["signin-refused", "signin-locked"]);

definePage("console-sign-in", {
  title: () => `${t("app.name")} · ${t("signin.title")}`,
  state: ({ app }) => ({ user: app.lastUser ?? "" }),
  start: (context) => {
    const { app } = context;
    context.run(async () => {
      const { institutions } = await server.institutions();
      const chosen =
        institutions.find(({ id }) => id === app.lastInstitution) ??
        (institutions.length === 1 ? institutions[0] : null);
      context.set({ institutions, institution: chosen });
    }, "loading");
  },
  render: (context) => {
    const { local, app } = context;
    return h(
      "main",
      { class: "sign-in", id: "main" },
      local.institution ? chosen(context) : choose(context),
      app.lockedWords && !local.problem ? h("p", { class: "notice", role: "status" }, t(app.lockedWords)) : null,
      local.institution ? form(context) : null,
      h("p", { class: "conscience" }, t("signin.conscience")),
    );
  },
});

// The page is drawn in a microtask of its own; who works by keyboard goes on in what it shows.
const focusSoon = (selector) => queueMicrotask(() => queueMicrotask(() => document.querySelector(selector)?.focus()));

const plate = (institution) =>
  h("span", { class: "plate large", "aria-hidden": "true" }, institution ? [...named(institution.name)][0] : "?");

function choose({ local, set }) {
  if (local.problem) return problemNotice(local.problem);
  return [
    h("h1", {}, t("signin.which")),
    h(
      "ul",
      { class: "institutions" },
      (local.institutions ?? []).map((institution) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "institution-choice",
              "data-institution": institution.id,
              onClick: () => {
                set({ institution, problem: null });
                focusSoon("#user");
              },
            },
            plate(institution),
            h(
              "span",
              {},
              h("strong", {}, named(institution.name)),
              h("span", { class: "meta" }, t(`type.${institution.type}`)),
            ),
          ),
        ),
      ),
    ),
  ];
}

const chosen = ({ local, set }) => [
  plate(local.institution),
  h(
    "div",
    {},
    h("h1", {}, named(local.institution.name)),
    h(
      "p",
      { class: "meta" },
      t("signin.title"),
      local.institutions.length > 1
        ? h(
            "button",
            {
              type: "button",
              class: "plain",
              "data-keep": "other",
              onClick: () => {
                set({ institution: null, problem: null });
                focusSoon(".institution-choice");
              },
            },
            t("signin.other"),
          )
        : null,
    ),
  ),
];

function form(context) {
  const { local, set } = context;
  const known = KNOWN.has(local.problem?.code);
  const wrong = known ? problemAtField(local.problem) : null;
  return h(
    "form",
    { class: "stack", novalidate: true, onSubmit: (event) => submit(event, context) },
    local.problem ? problemNotice(local.problem) : null,
    field("user", t("signin.user"), {
      type: "text",
      autocomplete: "username",
      autocapitalize: "none",
      spellcheck: "false",
      required: true,
      value: local.user,
      onInput: (event) => {
        local.user = event.target.value;
      },
    }),
    h(
      "div",
      { class: "password" },
      field(
        "password",
        t("signin.password"),
        {
          type: local.shown ? "text" : "password",
          autocomplete: "current-password",
          required: true,
          value: local.password ?? "",
          onInput: (event) => {
            local.password = event.target.value;
          },
        },
        wrong,
      ),
      h(
        "button",
        {
          type: "button",
          class: "plain",
          "aria-pressed": String(Boolean(local.shown)),
          "data-keep": "show",
          onClick: () => set({ shown: !local.shown }),
        },
        t(local.shown ? "signin.hide" : "signin.show"),
      ),
    ),
    h(
      "button",
      { class: "button primary wide", disabled: local.busy, "data-keep": "go" },
      t(local.busy ? "signin.busy" : "signin.go"),
    ),
  );
}

const problemAtField = ({ code, extra }) =>
  code === "signin-locked" ? t("signin.locked", { count: extra.minutes }) : t("signin.refused");

function submit(event, context) {
  event.preventDefault();
  const { local, app } = context;
  if (!local.user?.trim() || !local.password) {
    document.querySelector(local.user?.trim() ? "#password" : "#user")?.focus();
    return;
  }
  context.run(async () => {
    const { password } = local;
    local.password = "";
    await signIn(local.institution.id, local.user.trim(), password);
    app.signedIn();
  });
}
