// Who looked, as people read it: one line a visit, newest first, own acts beside them.
// All releases of one visit fold into one line; own readings of one day fold into one; what was not opened stays visible.

/** Lines of one link: [{type, time, entries, link, institution, state, …}] newest first; `seenSeq`: up to where it was shown. */
export function linesOf(view, link, seenSeq = 0) {
  const lines = [];
  const visits = new Map();
  const readings = new Map();
  for (const entry of [...view.entries, ...view.waiting ?? []]) {
    const line = lineOf(entry, link);
    line.fresh = isLook(line) && entry.seq > seenSeq;
    // What the others have not recorded yet stands alone, and becomes an ordinary line when they have.
    const fold = entry.state === "waiting" ? null : line.type === "visit" ? visits : line.type === "own-reading" ? readings : null;
    const earlier = fold?.get(line.foldKey);
    if (earlier) join(earlier, line);
    else {
      fold?.set(line.foldKey, line);
      lines.push(line);
    }
  }
  return lines.sort((a, b) => b.time - a.time || b.seq - a.seq);
}

const LOOKS = new Set(["visit", "look"]);
/** Lines that count as somebody's look: what a patient wants to be told of. */
export const isLook = (line) => LOOKS.has(line.type) || ["withheld", "unpermitted"].includes(line.state);

function join(line, other) {
  line.entries.push(...other.entries);
  line.time = other.time;
  line.seq = other.seq;
  line.late ||= other.late;
  line.fresh ||= other.fresh;
  if (WORST.indexOf(other.state) > WORST.indexOf(line.state)) line.state = other.state;
}

const WORST = ["checked", "erased", "withheld", "unpermitted", "unproven"];

function lineOf(entry, link) {
  const { kind, details, payload } = entry;
  const line = {
    time: entry.time, seq: entry.seq, entries: [entry], link: link.subject, institution: link.institution, places: [link.institution],
    state: entry.state, late: entry.late === true, who: details?.user ?? null,
  };
  if (kind === "disclosure.made") return { ...line, type: "visit", foldKey: `${payload.under}/${payload.visit}` };
  if (kind === "look.made" && details?.basis === "patient-request") {
    return { ...line, type: "own-reading", foldKey: new Date(entry.time).toDateString() };
  }
  if (kind === "look.made") return { ...line, type: "look" };
  if (kind === "grant.give") return { ...line, type: "allowed", state: entry.state };
  if (kind === "grant.revoke") return { ...line, type: "taken-back" };
  if (kind === "glass.closed") return { ...line, type: entry.byHospital ? "glass-closed-there" : "glass-closed" };
  const plain = {
    "glass.broken": "glass-broken", "glass.reviewed": "glass-reviewed",
    "link.open": "linked", "link.confirm": "confirmed", "link.contest": "contested", "link.settle": "settled",
    "link.close": "closed", "details.erased": "erased-details",
  }[kind];
  if (kind === "result.reused") return { ...line, type: decisionType(details?.reason) };
  if (plain) return { ...line, type: plain };
  if (kind === "link.keys") return { ...line, type: entry.byDesk ? "key-by-desk" : "key-changed" };
  return { ...line, type: "unknown" };
}

/** One kind of entry tells of every decision about a result; which one it was stands in its details. */
function decisionType(reason) {
  if (reason === undefined) return "result-decided";
  return { used: "result-used", undone: "result-undone" }[reason] ?? "result-repeated";
}

const VISIT = 30 * 60_000;

/**
 * The lines of all links as one list, newest first: one request answered at several institutions is one line, and so
 * is one person's visit that read from several. `requestOf(line)` names the request behind a line, or null.
 */
export function acrossLinks(lines, requestOf) {
  const folded = [];
  for (const line of [...lines].sort((a, b) => b.time - a.time)) {
    const request = line.state === "checked" && FOLDED.has(line.type) ? requestOf(line) : null;
    const same = request === null ? null : folded.find((each) => each.request === request && each.type === line.type
      && each.who?.id === line.who?.id && each.time - line.time < VISIT && !each.places.includes(line.institution));
    if (!same) {
      folded.push({ ...line, request, entries: [...line.entries] });
    } else {
      same.entries.push(...line.entries);
      same.places = [...same.places, line.institution];
      same.fresh ||= line.fresh;
    }
  }
  return folded;
}

const FOLDED = new Set(["visit", "allowed", "taken-back"]);

/** What a visit's releases gave, counted once however often it was asked: {Observation: 41, …}. */
export function seenIn(line) {
  const refs = new Map();
  const counts = {};
  for (const { details } of line.entries) {
    for (const [ref] of details?.records ?? []) refs.set(ref, true);
    if (!details?.records) for (const [type, n] of Object.entries(details?.counts ?? {})) counts[type] = (counts[type] ?? 0) + n;
  }
  for (const ref of refs.keys()) {
    const type = ref.split("/")[0];
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

/** How many lines are looks that the person has not been shown yet. */
export const unseen = (lines) => lines.filter((line) => line.fresh).length;
