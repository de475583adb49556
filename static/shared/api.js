// One call to a server and one shape of answer: the parsed body, or an ApiProblem that a person can read.

import { lang } from "./i18n.js";

const TIMEOUT_MS = 20_000;

/** A refusal or an outage (RFC 9457). `status` 0: nobody answered. `outage` tells the two apart. */
export class ApiProblem extends Error {
  constructor(status, body) {
    super(body.code ?? "unreachable");
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : "internal-error");
    this.body = body;
  }

  get outage() {
    return this.status === 0 || this.status >= 500;
  }

  get title() {
    return this.body.titles?.[lang()] ?? this.body.title ?? this.code;
  }

  get todo() {
    const todo = this.body.todo;
    return typeof todo === "string" ? todo : todo?.[lang()] ?? "";
  }
}

/**
 * Calls `url` with a JSON body (or none) and gives the parsed answer, null for an empty one.
 * `token` is a bearer token; without one the session cookie of the same origin goes along.
 * Throws ApiProblem.
 */
export async function api(method, url, body, { token = null, headers = {}, signal = null } = {}) {
  let response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        Accept: "application/json", "Accept-Language": lang(),
        ...(body === undefined || body === null ? {} : { "Content-Type": "application/json" }),
        ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers,
      },
      body: body === undefined || body === null ? null : JSON.stringify(body),
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: signal ?? AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiProblem(0, { code: "unreachable" });
  }
  const text = await response.text().catch(() => "");
  const parsed = parse(text);
  if (!response.ok) throw new ApiProblem(response.status, parsed ?? {});
  return parsed;
}

function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
