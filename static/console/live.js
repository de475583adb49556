// Hears that something changed: one event stream, and polling with an ETag while no stream is to be had.
// The server says only "changed"; whoever listens reads anew. A page that comes back to sight reads anew as well.

import { server } from "./server.js";

const POLL_MS = 5_000;
const STREAM_AGAIN_MS = 60_000;
// So long a page may trust what it shows without an answer; then it reads, and where nothing answers it says so.
const SILENT_MS = 12_000;

const listeners = new Set();
let running = null;

/** Calls `listener()` at each change; gives back how to stop. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = () => listeners.forEach((listener) => listener());

/** No answer: when it lasts, whoever listens reads, finds the outage, and keeps nothing that may be taken back. */
function unanswered(run) {
  run.silent ??= setTimeout(() => {
    run.lost = true;
    tell();
  }, SILENT_MS);
}

function answered(run) {
  clearTimeout(run.silent);
  run.silent = null;
  if (!run.lost) return;
  run.lost = false;
  tell();
}

/** Begins to listen; once for each sign-in. */
export function startListening() {
  stopListening();
  running = { stopped: false, stream: null, timer: null, tag: null, silent: null, lost: false };
  openStream(running);
  document.addEventListener("visibilitychange", onSight);
}

/** Ends it: at lock and sign-out. */
export function stopListening() {
  if (!running) return;
  running.stopped = true;
  running.stream?.close();
  clearTimeout(running.timer);
  clearTimeout(running.silent);
  document.removeEventListener("visibilitychange", onSight);
  running = null;
}

function onSight() {
  if (!document.hidden) tell();
}

function openStream(run) {
  run.stream = new EventSource(server.eventsAddress);
  run.stream.addEventListener("changed", tell);
  run.stream.addEventListener("open", () => answered(run));
  run.stream.addEventListener("error", () => {
    // The stream's end after a minute reconnects by itself; a refusal (too many streams) closes it for good.
    if (!run.stopped) unanswered(run);
    if (run.stopped || run.stream.readyState !== EventSource.CLOSED) return;
    run.stream = null;
    poll(run, Date.now() + STREAM_AGAIN_MS);
  });
}

async function poll(run, until) {
  if (run.stopped) return;
  if (Date.now() >= until) {
    openStream(run);
    return;
  }
  if (!document.hidden) await askOnce(run);
  if (!run.stopped) run.timer = setTimeout(() => poll(run, until), POLL_MS);
}

async function askOnce(run) {
  try {
    const headers = run.tag ? { "If-None-Match": run.tag } : {};
    const answer = await fetch(server.changesAddress, { headers, cache: "no-store", credentials: "same-origin" });
    if (answer.ok || answer.status === 304) answered(run);
    if (!answer.ok) return;
    const tag = answer.headers.get("ETag");
    if (tag !== run.tag) tell();
    run.tag = tag;
  } catch {
    // No answer is no news yet: the next round asks again.
    unanswered(run);
  }
}
