// From a trusted header to a newer one, and to the validators for whom the operators voted.
// CometBFT's light client: the next header by the validators that the trusted one named; a farther one when more than a
// third of the trusted validators signed it, within 14 days; else a header in the middle is asked for. Mirrors ledger/light.

import { b64u, equal, hex, unb64u } from "./bytes.js";
import { holds, LightFault } from "./light_fields.js";
import { totalPower, validatorsHash, validatorsOf } from "./light_block.js";

/** How long after a trusted header others may be left out, ms. */
export const TRUSTING = 14 * 24 * 60 * 60 * 1000;
/** How far clocks of honest machines may differ, ms. */
export const DRIFT = 120_000;
/** Headers asked for on one way. */
const MOST_QUESTIONS = 64;

export const chainId = ({ id }) => `yaoshi-${id.slice(0, 32)}`;

/** The consensus keys that the genesis names; none where one operator writes the ledger alone. */
export const firstKeys = ({ document }) => document.operators.map(({ keys }) => keys.validator).filter(Boolean);

/** The pinned genesis as a trusted header at height 0. */
export async function trustOfGenesis(genesis) {
  const validators = await validatorsOf(firstKeys(genesis));
  return { height: 0, hash: null, time: genesis.document.at, validators, nextValidatorsHash: await validatorsHash(validators) };
}

export const trustOf = ({ height, hash, time, validators, nextValidatorsHash }) => (
  { height, hash, time, validators, nextValidatorsHash }
);

/** As it lies in the phone's store. */
export const packTrust = ({ height, hash, time, validators, nextValidatorsHash }) => ({
  height, hash: b64u(hash), time, nextValidatorsHash: b64u(nextValidatorsHash),
  validators: validators.map(({ key, power }) => ({ key: b64u(key), power })),
});

export const unpackTrust = ({ height, hash, time, validators, nextValidatorsHash }) => ({
  height, hash: unb64u(hash, 32), time, nextValidatorsHash: unb64u(nextValidatorsHash, 32),
  validators: validators.map(({ key, power }) => ({ key: unb64u(key, 32), power })),
});

/** Whether a block may be believed because a trusted one was; raises LightFault. */
export function checkStep(trusted, block, now) {
  checkOrder(trusted, block, now);
  if (block.height === trusted.height + 1) {
    holds(equal(block.validatorsHash, trusted.nextValidatorsHash), "light-untrusted");
    return;
  }
  holds(now - trusted.time < TRUSTING, "light-expired");
  const voted = new Set(block.voted.map(hex));
  const known = trusted.validators.filter(({ key }) => voted.has(hex(key)));
  holds(3 * totalPower(known) > totalPower(trusted.validators), "light-untrusted");
}

function checkOrder(trusted, block, now) {
  holds(block.height > trusted.height && (trusted.height === 0 || block.time > trusted.time), "light-order");
  holds(block.time <= now + DRIFT, "light-order");
}

/** Believe `target` because of `trusted`; `fetch(height)` gives a read block. Raises LightFault, or what `fetch` raises. */
export async function believe(trusted, target, fetch, now) {
  checkOrder(trusted, target, now);
  const ahead = [target];
  let from = trusted;
  let asked = 0;
  while (ahead.length > 0) {
    const block = ahead[ahead.length - 1];
    const refused = refusalOf(from, block, now);
    if (refused === null) {
      from = trustOf(ahead.pop());
      continue;
    }
    const between = block.height - from.height - 1;
    const expired = refused.code === "light-expired";
    if (between === 0 || !(expired || refused.code === "light-untrusted")) throw refused;
    asked += 1;
    holds(asked <= MOST_QUESTIONS && !(expired && between > MOST_QUESTIONS), "light-far");
    const height = expired ? from.height + 1 : from.height + Math.floor((between + 1) / 2);
    const middle = await fetch(height);
    holds(middle.height === height, "light-order");
    ahead.push(middle);
  }
}

function refusalOf(trusted, block, now) {
  try {
    checkStep(trusted, block, now);
    return null;
  } catch (problem) {
    if (problem instanceof LightFault) return problem;
    throw problem;
  }
}

/**
 * Whether a block is signed by the validators for whom the operators voted (`keys`, as of the size that it certifies). A
 * change takes effect two blocks later: only where the set stays the same can this be told. Raises LightFault.
 */
export async function checkVoted(block, keys) {
  holds(equal(block.validatorsHash, block.nextValidatorsHash), "light-changing");
  holds(equal(block.validatorsHash, await validatorsHash(await validatorsOf(keys))), "light-voted");
}
