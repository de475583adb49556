// A phone and the ledger's own reader say the same of whatever a liar could show: believed by both, or by neither.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { unb64u } from "../../../static/wallet/verify/bytes.js";
import { openGenesis } from "../../../static/wallet/verify/genesis.js";
import { certifiedState, readLightBlock } from "../../../static/wallet/verify/light_block.js";
import { chainId, checkStep, trustOf, trustOfGenesis } from "../../../static/wallet/verify/light_chain.js";
import { parseStrict } from "../../../static/wallet/verify/strict_json.js";

const story = JSON.parse(readFileSync(process.env.AGREEMENT, "utf8"));
const genesis = await openGenesis(unb64u(story.genesis));
const chain = chainId(genesis);

async function said(document, trusted) {
  try {
    const block = await readLightBlock(document, chain);
    await certifiedState(block, document);
    checkStep(trusted, block, story.now);
    return null;
  } catch (problem) {
    return problem.code ?? problem.message;
  }
}

test("a block is believed by both or by neither", async () => {
  const trust = [await trustOfGenesis(genesis), trustOf(await readLightBlock(story.trusted, chain))];
  const different = [];
  let believed = 0;
  for (const [document, ...codes] of story.blocks) {
    for (const [place, trusted] of trust.entries()) {
      const here = await said(document, trusted);
      believed += here === null;
      if ((here === null) !== (codes[place] === null)) different.push([here, codes[place], document]);
    }
  }
  assert.deepEqual(different, []);
  assert.ok(believed > 10 && believed < story.blocks.length);
});

test("a text is JSON for both or for neither", () => {
  const different = [];
  for (const [text, good] of story.texts) {
    let here = true;
    try {
      parseStrict(text);
    } catch {
      here = false;
    }
    if (here !== good) different.push([text, here, good]);
  }
  assert.deepEqual(different, []);
  assert.ok(story.texts.some(([, good]) => good) && story.texts.some(([, good]) => !good));
});
