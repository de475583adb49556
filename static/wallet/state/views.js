// What this phone knows of each link: checked now, checked earlier, or in doubt.
// A view is a plain snapshot (so that it can be sealed for offline use) of a check by verify/timeline.js. What was kept
// (size, root, place) moves forward only when the log itself held; a withheld opening does not hold it back.

import { b64u } from "../verify/bytes.js";
import { checkTimeline } from "../verify/timeline.js";
import { readWaiting } from "../verify/waiting.js";
import { addRegistry } from "../store/directory.js";
import { seal, unseal } from "../store/sealed.js";
import { doorsOf } from "../net/institution.js";
import { createConfirming } from "./confirming.js";

/** Alarms that leave the log itself in order. */
const LOG_HOLDS = new Set(["withheld", "stale", "unpermitted"]);

export function snapshotOf(result, at) {
  const { alarms, entries, reading, seq } = result;
  const { contested, closed, pending, rekeys, keys } = result.link;
  return {
    at, alarms, entries, waiting: result.waiting ?? [], reading, seq, contested, closed, pending, rekeys, size: result.checkpoint?.size ?? 0,
    keys: [...keys].map(([kid, key]) => ({ kid, status: key.status, rights: key.rights, until: key.until ?? null })),
  };
}

/** {of(subject), restore(link), refresh(link), registryFor(institutions)}; `changed()` after each step. */
export function createViews({ database, sessions, genesis, clock, changed }) {
  const views = new Map();
  const running = new Map();
  const confirming = createConfirming({ database, genesis, clock });

  const set = (subject, view) => {
    views.set(subject, { ...views.get(subject), ...view });
    changed();
  };

  async function restore(link) {
    const data = await unseal(database, `timeline/${link.subject}`);
    set(link.subject, { status: "checking", since: clock(), data, registry: null, evidence: null, person: null });
  }

  async function check(link) {
    set(link.subject, { status: "checking", since: clock() });
    const doors = doorsOf(genesis().institutions.get(link.institution));
    const kept = await database.get("kept", link.subject);
    const block = await confirming.newest(link);
    const served = await sessions.during(link, ({ token }) => doors.timeline(token, kept?.size ?? null));
    const result = await checkTimeline(served, {
      genesis: genesis(), subject: link.subject, institution: link.institution, kid: link.kid, kept, now: clock(),
    });
    const { subject, institution } = link;
    result.waiting = await readWaiting(served.waiting, { genesis: genesis(), subject, institution, registry: result.registry });
    const confirmed = await confirming.check(link, block, result);
    const said = result.alarms.map(({ code }) => code);
    result.alarms.unshift(...confirmed.alarms.filter(({ code }) => !said.includes(code)));
    await accept(link, { served, kept, result, block: confirmed.evidence });
  }

  async function accept(link, { served, kept, result, block }) {
    const holds = result.checkpoint !== null && result.alarms.every((alarm) => LOG_HOLDS.has(alarm.code));
    const { checkpoint } = result;
    if (holds) {
      await database.put("kept", {
        subject: link.subject, size: checkpoint.size, root: b64u(checkpoint.root), note: checkpoint.note,
        seq: result.seq, number: result.number,
      });
      addRegistry(genesis(), result.registry);
    }
    let data = snapshotOf(result, clock());
    const before = views.get(link.subject)?.data;
    // Nothing in the new answer can be believed: what was checked before stays on the screen, under the alarm.
    if (result.entries.length === 0 && before) data = { ...before, alarms: result.alarms };
    if (holds) await seal(database, `timeline/${link.subject}`, data);
    set(link.subject, {
      status: holds ? "checked" : "failed", data, registry: result.registry,
      evidence: result.alarms.length === 0 ? null : { at: clock(), kept, served, block },
    });
  }

  /** Check again; asked again meanwhile, it runs once more, so that the newest state is always read. */
  function refresh(link) {
    const current = running.get(link.subject);
    if (current) {
      current.again = true;
      return current.promise;
    }
    const turn = { again: false, promise: null };
    turn.promise = (async () => {
      do {
        turn.again = false;
        try {
          await check(link);
        } catch (problem) {
          set(link.subject, { status: problem.status >= 400 && problem.status < 500 ? "refused" : "offline", problem });
        }
      } while (turn.again);
      running.delete(link.subject);
    })();
    running.set(link.subject, turn);
    return turn.promise;
  }

  return { of: (subject) => views.get(subject) ?? null, restore, refresh };
}
