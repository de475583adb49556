// The auditor's page: claims about the whole ledger, its records, an export, and a file brought along.
// Technical words are at home here, and only here.

import { h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { named, number, t } from "../../shared/i18n.js";
import { claims, differenceText } from "../audit/claims.js";
import { kindText, recordTable } from "../audit/records.js";
import { button } from "../parts/controls.js";
import { askPassword } from "../parts/password.js";
import { problemNotice } from "../parts/problem.js";
import { definePage } from "../page.js";
import { server } from "../server.js";

const PAGE = 100;
const ASK_MS = 400;

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

async function check(context) {
  const { run } = await server.startAudit();
  let state = { state: "running", done: 0, total: 0 };
  while (state.state === "running" && !context.signal.aborted) {
    state = await server.auditRun(run);
    context.set({ progress: state });
    if (state.state === "running") await pause(ASK_MS, context.signal);
  }
  context.app.auditResult = state.result;
  context.set({ progress: null, result: state.result, unfinished: state.result === null });
  await page(context, null);
}

async function page(context, from) {
  const found = await server.auditRecords(from, PAGE);
  context.set({
    size: found.size,
    rows: [...found.records].reverse(),
    from: found.records[0]?.index ?? 0,
    kind: "",
    institution: "",
  });
}

const exportFile = (context) =>
  context.run(async () => {
    if (!(await askPassword(t("audit.why-password")))) return;
    const link = h("a", { href: server.exportAddress, download: "" });
    document.body.append(link);
    link.click();
    link.remove();
  });

const verify = (context, file) =>
  context.run(async () => {
    const result = await server.verifyFile(file);
    context.set({ file: { name: file.name, result } });
  }, "verifying");

definePage("console-audit", {
  title: ({ app }) => `${app.titleText()} · ${t("audit.title")}`,
  state: ({ app }) => ({ result: app.auditResult, kind: "", institution: "" }),
  start: (context) => {
    context.run(async () => {
      const { institutions } = await server.allInstitutions();
      context.set({ names: new Map(institutions.map(({ id, name }) => [id, name])) });
      await page(context, null);
    }, "opening");
  },
  render: (context) => {
    const { local, set, app } = context;
    const auditor = app.session().staff.role === "auditor";
    return h(
      "main",
      { class: "wide audit", id: "main" },
      h(
        "div",
        { class: "wide-head" },
        h("div", {}, h("h1", {}, t("audit.title")), h("p", { class: "meta" }, t("audit.under"))),
        h(
          "div",
          { class: "actions" },
          auditor ? uploadButton(context) : null,
          auditor
            ? button("outline", t("audit.export"), () => exportFile(context), {
                icon: "download",
                "data-keep": "export",
              })
            : null,
          button(
            "primary",
            t(local.checking ? "audit.checking" : "audit.check-now"),
            () => context.run(() => check(context), "checking"),
            { disabled: local.checking, "data-keep": "check" },
          ),
        ),
      ),
      problemNotice(local.problem),
      local.progress ? progressLine(local.progress) : null,
      local.unfinished ? h("p", { class: "notice care" }, icon("alarm"), t("audit.unfinished")) : null,
      local.file ? fileResult(local.file, () => set({ file: null })) : null,
      claims(local.result, local.how, (how) => set({ how })),
      local.rows ? records(context) : null,
    );
  },
});

const progressLine = ({ done, total }) =>
  h(
    "div",
    { class: "notice", role: "status" },
    icon("clock"),
    h(
      "div",
      { class: "grow" },
      t("audit.progress", { done: number(done), total: number(total) }),
      h("progress", { max: String(Math.max(1, total)), value: done, "aria-label": t("audit.checking") }),
    ),
  );

function uploadButton(context) {
  const input = h("input", {
    type: "file",
    id: "audit-file",
    class: "visually-hidden",
    "data-keep": "file",
    onChange: (event) => {
      const [file] = event.target.files;
      if (file) verify(context, file);
    },
  });
  return h(
    "label",
    { class: "button outline file-button", for: "audit-file" },
    icon("upload"),
    t(context.local.verifying ? "audit.verifying" : "audit.upload"),
    input,
  );
}

function fileResult({ name, result }, close) {
  const { ok, size } = result;
  return h(
    "div",
    { class: ok ? "notice" : "alarm", role: "status" },
    h("span", { class: ok ? "go-words" : "" }, icon(ok ? "shield" : "alarm")),
    h(
      "div",
      { class: "grow" },
      h("strong", {}, t(ok ? "audit.file-holds" : "audit.file-fails", { name })),
      h("p", {}, ok ? t("audit.file-size", { size: number(size) }) : differenceText(result)),
      ok && result.claims.certificate ? h("p", {}, certifiedText(result)) : null,
    ),
    h("button", { type: "button", class: "plain round", "aria-label": t("close"), onClick: close }, icon("close")),
  );
}

const certifiedText = ({ certified }) =>
  t("claim.certificate.facts", { count: certified, size: number(certified) });

function records(context) {
  const { local, set } = context;
  const kinds = [...new Set(local.rows.map(({ kind }) => kind))].sort();
  const institutions = [...new Set(local.rows.map(({ institution }) => institution).filter(Boolean))];
  const shown = local.rows.filter(
    (row) => (!local.kind || row.kind === local.kind) && (!local.institution || row.institution === local.institution),
  );
  const turn = (from) => context.run(() => page(context, from));
  return h(
    "section",
    { class: "audit-records" },
    h(
      "div",
      { class: "records-head" },
      h(
        "h2",
        {},
        t("audit.records"),
        h(
          "span",
          { class: "meta" },
          ` ${t("audit.of", { from: number(local.from), to: number(local.from + local.rows.length - 1), size: number(local.size) })}`,
        ),
      ),
      choice(
        "kind",
        t("audit.all-kinds"),
        kinds.map((kind) => [kind, kindText(kind)]),
        local.kind,
        (kind) => set({ kind }),
      ),
      choice(
        "institution",
        t("audit.all-institutions"),
        institutions.map((id) => [id, named(local.names?.get(id))]),
        local.institution,
        (institution) => set({ institution }),
      ),
      h(
        "form",
        {
          class: "jump",
          onSubmit: (event) => {
            event.preventDefault();
            const index = Number.parseInt(new FormData(event.target).get("index"), 10);
            if (index >= 0) turn(Math.max(0, index - PAGE + 1));
          },
        },
        h("input", {
          type: "text",
          name: "index",
          inputmode: "numeric",
          "aria-label": t("audit.jump"),
          placeholder: t("audit.jump"),
          "data-keep": "jump",
        }),
      ),
      button("outline", t("audit.older"), () => turn(Math.max(0, local.from - PAGE)), {
        disabled: local.from === 0,
        "data-keep": "older",
      }),
      button("outline", t("audit.newest"), () => turn(null), { "data-keep": "newest" }),
    ),
    h(
      "div",
      {
        class: "card listing",
        tabindex: "0",
        role: "region",
        "aria-label": t("audit.records"),
        "data-scroll": "records",
      },
      recordTable(shown, local.names ?? new Map(), local.result),
    ),
  );
}

const choice = (name, all, options, chosen, choose) =>
  h(
    "select",
    {
      name,
      "aria-label": all,
      "data-keep": name,
      onChange: (event) => choose(event.target.value),
    },
    [["", all], ...options].map(([value, words]) => h("option", { value, selected: value === chosen }, words)),
  );
