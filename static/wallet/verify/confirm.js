// Whether the hospitals confirmed together what one of them shows: the log under more than two thirds of their signatures.
// One header is trusted at a time, for all links: whichever hospital answers has to show the same block at its height, and
// a log that is the beginning or the continuation of the one that its header names. docs/formats/light-block.md.
// Only among hospitals; a ledger of one operator has no blocks.

import { Alarm, demand } from "./alarm.js";
import { Malformed, equal, unb64u } from "./bytes.js";
import { certifiedState, readLightBlock } from "./light_block.js";
import { DRIFT, believe, chainId, checkVoted, firstKeys, trustOf, trustOfGenesis } from "./light_chain.js";
import { LightFault, holds } from "./light_fields.js";
import { verifyConsistency } from "./merkle.js";

/** Whether several hospitals keep this ledger together. */
export const isShared = (genesis) => firstKeys(genesis).length > 0;

/** What cannot be told now, because an answer is missing or the validators are just changing: neither yes nor no. */
export class NotYet extends Error {}

/**
 * Judge what a node shows. `served`: its newest block, asked for before the log; `log`: {size, root} of its checkpoint;
 * `keysAt(size)`: the consensus keys for which the operators had voted; `node` and `elsewhere`: {at, consistency} of this
 * node and of the one that showed the trusted header (the same, when it did); `trusted`: see trustOf, or null.
 * Gives {block, state, trust} (`trust` null when the trusted header stays); raises Alarm (counterfeit, forked, stale) or NotYet.
 */
export async function confirm({ served, log, keysAt, genesis, trusted, node, elsewhere, now }) {
  const read = (document) => readLightBlock(document, chainId(genesis));
  return asAlarm(async () => {
    const block = await read(served);
    if (served.size === null) throw new NotYet("the node does not know yet what its header names");
    const state = await certifiedState(block, served);
    await demandSameLog(state, log, node);
    const from = trusted ?? await trustOfGenesis(genesis);
    if (block.height <= from.height) await checkOlder({ block, state, log, keysAt, from, elsewhere, node, read });
    else await checkNewer({ block, state, log, keysAt, from, elsewhere, node, read, now });
    return { block, state, trust: block.height > from.height ? trustOf(block) : null };
  });
}

async function asAlarm(work) {
  try {
    return await work();
  } catch (problem) {
    if (problem instanceof LightFault) throw new Alarm("counterfeit", { fault: problem.code });
    if (problem instanceof Malformed || problem instanceof TypeError) throw new Alarm("counterfeit", { fault: "light-form" });
    throw problem;
  }
}

/** An answer of a node, or NotYet when it gives none. */
async function ask(question) {
  try {
    return await question();
  } catch (problem) {
    if (problem instanceof Malformed) throw problem;
    throw new NotYet("a node did not answer");
  }
}

/** The log that the hospital shows and the one that the validators signed are one. */
async function demandSameLog(state, log, node) {
  const [older, newer] = state.size <= log.size ? [state, log] : [log, state];
  let same = equal(older.root, newer.root);
  if (older.size < newer.size) {
    const proof = (await ask(() => node.consistency(older.size, newer.size))).map((hash) => unb64u(hash, 32));
    same = await verifyConsistency(older.size, newer.size, older.root, newer.root, proof);
  }
  demand(same, "forked", { signed: state.size, shown: log.size });
}

async function checkNewer({ block, state, log, keysAt, from, elsewhere, node, read, now }) {
  const judged = await demandVoted({ block, state, log, keysAt });
  // More likely this phone's clock is slow than that so many signed a time to come: that alarm says so.
  demand(!judged || block.time <= now + DRIFT, "stale", { time: block.time });
  try {
    await believe(from, block, async (height) => read(await ask(() => node.at(height))), now);
  } catch (problem) {
    if (problem.code !== "light-far") throw problem;
    // So much later every change of the validators is looked at in the operators' votes instead of in the headers.
    if (!judged) throw new NotYet("the validators are just changing");
  }
  if (node !== elsewhere && from.hash !== null) await demandSameBlock({ height: from.height, hash: from.hash, node, read });
}

/** A node that is behind shows what the others had at that height. */
async function checkOlder({ block, state, log, keysAt, from, elsewhere, node, read }) {
  if (block.height === from.height && equal(block.hash, from.hash)) return;
  if (!(await demandVoted({ block, state, log, keysAt }))) throw new NotYet("the validators are just changing");
  demand(block.height < from.height, "forked", { height: block.height });
  if (node !== elsewhere) await demandSameBlock({ height: block.height, hash: block.hash, node: elsewhere, read });
}

async function demandSameBlock({ height, hash, node, read }) {
  const other = await read(await ask(() => node.at(height)));
  holds(other.height === height, "light-order");
  demand(equal(other.hash, hash), "forked", { height });
}

/** Whether it can be told here that the operators voted for the block's validators; that they did not is a fault. */
async function demandVoted({ block, state, log, keysAt }) {
  if (state.size > log.size || !equal(block.validatorsHash, block.nextValidatorsHash)) return false;
  await checkVoted(block, keysAt(state.size));
  return true;
}
