// What this phone knows of the blocks: the newest header that it trusts, and since when a hospital's log waits for one.
// One at a time over all links, so that each hospital is held against what the others showed before.

import { b64u } from "../verify/bytes.js";
import { Alarm } from "../verify/alarm.js";
import { NotYet, confirm, isShared } from "../verify/confirm.js";
import { packTrust, unpackTrust } from "../verify/light_chain.js";
import { blocksOf, nodeOf } from "../net/blocks.js";

/** How long the others may take to confirm a log before the phone says so, ms. */
export const GRACE = 10 * 60 * 1000;
/** A newest block older than this is said to be old, ms. */
export const FRESH = 60 * 60 * 1000;

/** {newest(link), check(link, served, result) -> {alarms, evidence}}; `doors(node)` as in net/blocks.js. */
export function createConfirming({ database, genesis, clock, doors = blocksOf }) {
  let last = Promise.resolve();

  const nodeFor = (link) => nodeOf(genesis().institutions.get(link.institution));

  /** The newest block of a link's node, or null; to be asked for before its log. */
  async function newest(link) {
    if (!isShared(genesis())) return null;
    return doors(nodeFor(link)).newest().catch(() => null);
  }

  /** What the log of a checked timeline lacks. */
  function check(link, served, result) {
    if (!isShared(genesis()) || result.checkpoint === null || result.registry === null) {
      return Promise.resolve({ alarms: [], evidence: null });
    }
    const turn = last.then(() => judge(link, served, result));
    last = turn.catch(() => null);
    return turn;
  }

  async function judge(link, served, { checkpoint, registry }) {
    const kept = (await database.get("facts", "trusted"))?.value ?? null;
    const here = nodeFor(link);
    const node = doors(here);
    try {
      if (served === null) throw new NotYet("no block");
      const { block, state, trust } = await confirm({
        served, log: checkpoint, keysAt: registry.consensusAt, genesis: genesis(), now: clock(), node,
        trusted: kept === null ? null : unpackTrust(kept), elsewhere: kept === null || kept.node === here ? node : doors(kept.node),
      });
      if (trust !== null) {
        await database.put("facts", { name: "trusted", value: { ...packTrust(trust), node: here, size: state.size, root: b64u(state.root) } });
      }
      const old = clock() - block.time > FRESH ? [{ code: "stale", facts: { time: block.time } }] : [];
      return { alarms: [...old, ...await waitFor(link, checkpoint, state.size)], evidence: served };
    } catch (problem) {
      if (problem instanceof Alarm) return { alarms: [{ code: problem.code, facts: problem.facts }], evidence: { served, kept } };
      if (problem instanceof NotYet) return { alarms: await waitFor(link, checkpoint, 0), evidence: served };
      throw problem;
    }
  }

  /** Alarms when what was first shown unconfirmed stays so; `size`: what the validators confirmed. */
  async function waitFor(link, checkpoint, size) {
    const name = `waits/${link.subject}`;
    const earlier = (await database.get("facts", name))?.value ?? null;
    if (size >= checkpoint.size) {
      if (earlier !== null) await database.drop("facts", name);
      return [];
    }
    if (earlier === null || size >= earlier.size) {
      await database.put("facts", { name, value: { size: checkpoint.size, since: clock() } });
      return [];
    }
    return clock() - earlier.since > GRACE ? [unconfirmed(earlier.since)] : [];
  }

  return { newest, check };
}

const unconfirmed = (time) => ({ code: "unconfirmed", facts: { time } });
