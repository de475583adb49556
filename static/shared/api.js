// Calls one door with JSON and turns every refusal into one kind of error, with words a person can use.
// RFC 9457 problems in, ApiProblem out. Invariants: no answer is cached; no cookie crosses an origin; a call that
// never arrived has status 0, so a refusal and an outage never look alike.

import { lang, named, t } from "./i18n.js";

/** What went wrong: `code` (stable), `status` (0: no answer), `title` (what happened), `todo` (what to do), `extra`. */
export class ApiProblem extends Error {
  constructor({ code, status, title, todo, extra = {} }) {
    super(code);
    Object.assign(this, { code, status, title, todo, extra });
  }
}

const outage = (code, status) =>
  new ApiProblem({
    code,
    status,
    title: t(`problem.${code}.title`),
    todo: t(`problem.${code}.todo`),
  });

/** JSON in, JSON out (null for 204). A `body` that is a Blob or FormData goes as it is. */
export async function api(method, url, body, { token, signal, headers = {} } = {}) {
  const answer = await send(method, url, body, { token, signal, headers });
  if (answer.status === 204 || answer.status === 304) return null;
  const json = await read(answer);
  if (answer.ok) return json;
  throw refused(answer.status, json);
}

async function send(method, url, body, { token, signal, headers }) {
  const raw = body instanceof Blob || body instanceof FormData;
  const sent = { Accept: "application/json", "Accept-Language": lang(), ...headers };
  if (body !== undefined && body !== null && !raw) sent["Content-Type"] = "application/json";
  if (token) sent.Authorization = `Bearer ${token}`;
  try {
    return await fetch(url, {
      method,
      headers: sent,
      signal,
      cache: "no-store",
      credentials: token ? "omit" : "same-origin",
      redirect: "error",
      body: body === undefined || body === null ? undefined : raw ? body : JSON.stringify(body),
    });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw outage("offline", 0);
  }
}

async function read(answer) {
  try {
    return await answer.json();
  } catch {
    throw outage("unreadable", answer.status);
  }
}

function refused(status, json) {
  const { code, title, titles, todo, type, detail, ...extra } = json ?? {};
  return new ApiProblem({
    code: code ?? "refused",
    status,
    extra: { ...extra, detail },
    title: titles ? named(titles) : (title ?? t("problem.unreadable.title")),
    todo: typeof todo === "string" ? todo : named(todo) || t("problem.unreadable.todo"),
  });
}
