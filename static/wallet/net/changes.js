// Being told that something changed: a stream while the page is seen, asking every five seconds where there is none.
// Server-sent events (WHATWG HTML section 9.2) read by fetch, since EventSource cannot carry the token. Only "changed"
// and a cursor travel; what changed is read and checked like everything else.

const QUIET = 5_000;

/** Follow one link; `told()` on every change, `answered()` whenever the stream is open anew. Gives how to stop. */
export function followChanges({ doors, session, told, answered }) {
  const stopper = new AbortController();
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const seen = () => document.visibilityState === "visible";

  (async () => {
    let last = null;
    let etag = null;
    let lost = false;
    while (!stopper.signal.aborted) {
      if (!seen()) {
        await wait(1_000);
        continue;
      }
      try {
        const { token } = await session();
        const answer = await stream({ doors, token, last, signal: stopper.signal });
        lost = false;
        answered();
        if (answer.ok && answer.body) last = await readEvents(answer.body, { last, told });
        else etag = await poll({ doors, token, etag, told, signal: stopper.signal, wait });
      } catch {
        // Offline, or the stream was cut: one reading finds that out and says so; the next turn tries again.
        if (!stopper.signal.aborted && !lost) told();
        lost = true;
        if (!stopper.signal.aborted) await wait(QUIET);
      }
    }
  })();
  return () => stopper.abort();
}

function stream({ doors, token, last, signal }) {
  const headers = { Authorization: `Bearer ${token}`, Accept: "text/event-stream" };
  if (last !== null) headers["Last-Event-ID"] = last;
  return fetch(doors.eventsUrl, { headers, signal, cache: "no-store", credentials: "omit" });
}

/** Reads until the server ends the stream (after 60 s); gives the last event id. */
async function readEvents(body, { last, told }) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let id = last;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return id;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const found = /^id: ?(.+)$/m.exec(event);
      if (found) id = found[1];
      if (/^event: ?changed$/m.test(event)) told();
    }
  }
}

/** One question for the cursor; a 503 of the stream leads here. */
async function poll({ doors, token, etag, told, signal, wait }) {
  await wait(QUIET);
  const headers = { Authorization: `Bearer ${token}` };
  if (etag) headers["If-None-Match"] = etag;
  const answer = await fetch(doors.changesUrl, { headers, signal, cache: "no-store", credentials: "omit" });
  if (answer.status === 200 && etag !== null) told();
  return answer.headers.get("ETag") ?? etag;
}
