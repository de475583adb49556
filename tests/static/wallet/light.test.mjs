// What the validators signed, as a phone checks it: a live network's vectors, changes of validators, lies, forks.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import { createConfirming, FRESH, GRACE } from "../../../static/wallet/state/confirming.js";
import { nodeOf } from "../../../static/wallet/net/blocks.js";
import { b64u, hex, unb64u } from "../../../static/wallet/verify/bytes.js";
import { NotYet, confirm, isShared } from "../../../static/wallet/verify/confirm.js";
import { openGenesis } from "../../../static/wallet/verify/genesis.js";
import { readLightBlock, signBytes, validatorsHash, validatorsOf } from "../../../static/wallet/verify/light_block.js";
import { TRUSTING, believe, chainId, checkStep, packTrust, trustOf, trustOfGenesis, unpackTrust } from "../../../static/wallet/verify/light_chain.js";
import { readTime } from "../../../static/wallet/verify/light_fields.js";

const story = JSON.parse(readFileSync(process.env.LIGHT, "utf8"));
const genesis = await openGenesis(unb64u(story.genesis));
const chain = chainId(genesis);
const clone = (value) => structuredClone(value);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const VECTORS = new URL("../../../../shared/data/vectors/cometbft/", import.meta.url);
const skip = existsSync(VECTORS) ? false : "missing: ../shared/data/vectors/cometbft";
const vector = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, VECTORS), "utf8"));

function live(which = "h") {
  const proof = vector("proof");
  const [signed, validators] = which === "h" ? [proof.commit_h, proof.validators_h] : [proof.commit_next, proof.validators_next];
  return [{ ...signed, validators }, proof.chain_id];
}

test("a live network's blocks hash and verify", { skip }, async () => {
  const expected = vector("expected");
  const block = await readLightBlock(...live());
  const next = await readLightBlock(...live("next"));
  assert.equal(hex(block.hash), expected.header_hash);
  assert.equal(hex(next.hash), expected.next_header_hash);
  assert.equal(hex(await validatorsHash(block.validators)), expected.validators_hash);
  const first = await readLightBlock({ ...expected.first_header, validators: live()[0].validators }, vector("genesis").chain_id);
  assert.equal(hex(first.hash), expected.first_header_hash);
  checkStep(trustOf(block), next, next.time + 1000);
  checkStep(trustOf(first), next, next.time + 1000);
});

test("what a live network's validators signed is composed byte for byte", { skip }, () => {
  const [{ commit }, id] = live();
  const found = commit.signatures.map(({ timestamp }) => {
    const parts = { total: commit.block_id.parts.total, parts: unhexUpper(commit.block_id.parts.hash) };
    const block = { hash: unhexUpper(commit.block_id.hash), ...parts };
    return hex(signBytes(id, { height: Number(commit.height), round: commit.round, block }, { time: readTime(timestamp) }));
  });
  assert.deepEqual(found, vector("expected").canonical_vote_sign_bytes.map(({ sign_bytes: bytes }) => bytes));
});

const unhexUpper = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

function* leaves(value, path = []) {
  if (value !== null && typeof value === "object") for (const name of Object.keys(value)) yield* leaves(value[name], [...path, name]);
  else yield path;
}

function another(value) {
  if (typeof value === "number") return value + 1;
  if (value.endsWith("Z") && value.includes("T")) return `${value.slice(0, -2)}${value.at(-2) === "1" ? "2" : "1"}Z`;
  const place = value.endsWith("=") ? value.indexOf("=") - 1 : value.length - 1;
  const [one, other] = value.endsWith("=") ? "BC" : "12";
  return value.slice(0, place) + (value[place] === one ? other : one) + value.slice(place + 1);
}

test("no value of a live block can be another, and none can be missing", { skip }, async () => {
  const [document, id] = live();
  const paths = [...leaves(document)].filter((path) => !["address", "proposer_priority", "block_id_flag"].includes(path.at(-1)));
  assert.ok(paths.length > 40);
  const believed = [];
  for (const path of paths) {
    for (const change of [another, () => null, () => undefined, () => "", () => [], () => ({}), () => "9".repeat(400), () => -1]) {
      const wrong = clone(document);
      const place = path.slice(0, -1).reduce((each, name) => each[name], wrong);
      place[path.at(-1)] = change(place[path.at(-1)]);
      if (place[path.at(-1)] === undefined) delete place[path.at(-1)];
      await readLightBlock(wrong, id).then(() => believed.push(path.join("/")), (problem) => assert.ok(problem.code, problem.stack));
    }
  }
  assert.deepEqual(believed, []);
});

const read = (document) => readLightBlock(document, chain);
const code = (work) => work.then(() => null, (problem) => problem.code ?? problem.constructor.name);

test("three of four are enough, two of four are not", async () => {
  assert.equal((await read(story.three)).voted.length, 3);
  assert.equal(await code(read(story.two)), "light-power");
});

test("the validators of the pinned genesis are those of the chain's first block", async () => {
  const trusted = await trustOfGenesis(genesis);
  assert.equal(b64u(await validatorsHash(await validatorsOf(story.keys))), b64u(trusted.nextValidatorsHash));
  checkStep(trusted, await read(story.blocks[1]), story.start + DAY);
});

const exchanged = (height) => read(story.exchanged.blocks[height]);

test("validators that were all exchanged are reached by headers between", async () => {
  let asked = 0;
  const fetch = (height) => {
    asked += 1;
    return exchanged(height);
  };
  await believe(await trustOfGenesis(genesis), await exchanged(99), fetch, story.start + DAY);
  assert.ok(asked > 0 && asked < 12, String(asked));
});

test("headers are left out within 14 days; later each is looked at, and too many are refused", async () => {
  const [from, target] = [await exchanged(85), await exchanged(99)];
  checkStep(trustOf(from), target, from.time + TRUSTING - 1);
  assert.throws(() => checkStep(trustOf(from), target, from.time + TRUSTING), { code: "light-expired" });
  const asked = [];
  const fetch = (height) => {
    asked.push(height);
    return exchanged(height);
  };
  await believe(trustOf(from), target, fetch, from.time + TRUSTING + DAY);
  assert.deepEqual(asked, [86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98]);
  assert.equal(await code(believe(trustOf(await exchanged(2)), target, fetch, from.time + TRUSTING)), "light-far");
});

test("a trusted header comes out of the store as it went in", async () => {
  const trust = trustOf(await read(story.blocks[50]));
  const again = unpackTrust(JSON.parse(JSON.stringify(packTrust(trust))));
  checkStep(again, await read(story.blocks[51]), story.start + DAY);
  checkStep(again, await read(story.blocks[60]), story.start + DAY);
});

/** A node that answers from the story; `fork`: from that of a liar. */
const nodeWith = ({ blocks = story.blocks, consistency = story.consistency } = {}) => ({
  newest: async () => clone(blocks[60]),
  at: async (height) => clone(blocks[height]) ?? Promise.reject(new Error("404")),
  consistency: async (older, newer) => consistency[`${older}/${newer}`],
});
const honest = nodeWith();
const liar = nodeWith({ blocks: { ...story.blocks, ...story.fork }, consistency: story.otherConsistency });
const logAt = (size, roots = story.roots) => ({ size, root: unb64u(roots[size - 1]) });
const asked = (served, more = {}) => confirm({
  served: clone(served), log: logAt(12), keysAt: () => story.keys, genesis, trusted: null, node: honest, elsewhere: honest,
  now: story.start + DAY, ...more,
});
const alarm = (work) => work.then(() => null, (problem) => [problem.code ?? problem.constructor.name, problem.facts?.fault ?? null]);

test("a log is carried to the size that the validators signed, older or newer", async () => {
  for (const size of [1, 7, 12]) {
    const { state, trust } = await asked(story.blocks[50], { log: logAt(size) });
    assert.deepEqual([state.size, trust.height], [7, 50]);
  }
});

test("a self-signed header is caught, on the first day and after years", async () => {
  assert.deepEqual(await alarm(asked(story.strangers)), ["counterfeit", "light-voted"]);
  const all = nodeWith({ blocks: Object.fromEntries(Array.from({ length: 50 }, (_, place) => [place + 1, story.oldStrangers[place]])) });
  assert.deepEqual(await alarm(asked(story.strangers, { log: logAt(3), node: all })), ["counterfeit", "light-untrusted"]);
  assert.deepEqual(await alarm(asked(story.lateStrangers, { now: story.start + 401 * DAY })), ["counterfeit", "light-voted"]);
  assert.deepEqual(await alarm(asked(story.two)), ["counterfeit", "light-power"]);
  assert.deepEqual(await alarm(asked({ ...story.three, size: 8 })), ["counterfeit", "light-app-hash"]);
  assert.deepEqual(await alarm(asked({ hello: 1 })), ["counterfeit", "light-form"]);
});

test("after 14 days the votes on the log tell the validators, unless they are just changing", async () => {
  const now = story.start + 401 * DAY;
  assert.equal((await asked(story.late, { now })).trust.height, 900_000);
  assert.deepEqual(await alarm(asked(story.changing, { now })), ["NotYet", null]);
  assert.deepEqual(await alarm(asked(story.late, { now: story.start + 399 * DAY })), ["stale", null], "or the phone's clock is slow");
});

test("another log than the signed one is a fork, whatever its operator signs", async () => {
  assert.equal((await alarm(asked(story.blocks[50], { log: logAt(7, story.otherRoots) })))[0], "forked");
  const node = nodeWith({ consistency: story.otherConsistency });
  assert.equal((await alarm(asked(story.blocks[50], { log: logAt(12, story.otherRoots), node })))[0], "forked");
});

test("two hospitals with two blocks of one height are told apart, whichever is ahead", async () => {
  const trusted = trustOf(await read(story.blocks[50]));
  const shown = { log: logAt(12, story.otherRoots), node: liar, elsewhere: honest, trusted };
  assert.equal((await alarm(asked(story.fork[60], shown)))[0], "forked");
  assert.equal((await alarm(asked(story.fork[50], shown)))[0], "forked");
  const later = { ...shown, trusted: trustOf(await read(story.blocks[60])) };
  assert.equal((await alarm(asked(story.fork[50], later)))[0], "forked");
  assert.equal((await asked(story.blocks[60], { trusted, node: nodeWith() })).trust.height, 60);
  assert.equal((await asked(story.blocks[50], { trusted: later.trusted, node: nodeWith() })).trust, null);
});

test("a node that does not answer is an outage, not a lie", async () => {
  const silent = { at: () => Promise.reject(new Error("offline")), consistency: () => Promise.reject(new Error("offline")) };
  await assert.rejects(asked(story.blocks[50], { node: silent }), NotYet);
  await assert.rejects(asked({ ...story.blocks[50], size: null, root: null }), NotYet);
});

/** The wallet's own keeping, over a database in memory. */
function keeping(doors) {
  const facts = new Map();
  const clock = { now: story.start + 61 * MINUTE };
  const base = (node) => ({ base: `${node}/i/${"ab".repeat(16)}` });
  const shared = { ...genesis, institutions: new Map([["A", base("https://a.example")], ["B", base("https://b.example:8/x")]]) };
  const database = {
    get: async (_, name) => facts.get(name) ?? null,
    put: async (_, value) => void facts.set(value.name, structuredClone(value)),
    drop: async (_, name) => void facts.delete(name),
  };
  const confirming = createConfirming({ database, genesis: () => shared, clock: () => clock.now, doors });
  const look = async (institution, { size = 12, roots = story.roots } = {}) => {
    const link = { subject: institution, institution };
    const served = await confirming.newest(link);
    const { alarms } = await confirming.check(link, served, { checkpoint: logAt(size, roots), registry: { consensusAt: () => story.keys } });
    return alarms.map((each) => each.code);
  };
  return { look, facts, clock };
}

test("the address of a node is that of its institutions without them", () => {
  assert.equal(nodeOf({ base: `https://b.example:8/x/i/${"ab".repeat(16)}` }), "https://b.example:8/x");
});

test("the wallet holds each hospital against what the others showed", async () => {
  const { look, facts } = keeping((node) => (node === "https://a.example" ? honest : liar));
  assert.deepEqual(await look("A", { size: 8 }), []);
  assert.deepEqual([facts.get("trusted").value.height, facts.get("trusted").value.size], [60, 8]);
  assert.deepEqual(await look("B", { size: 8, roots: story.otherRoots }), ["forked"]);
  assert.deepEqual(await look("A", { size: 8 }), []);
});

test("a log that nobody confirms is said after ten minutes, and a newest block of an hour ago", async () => {
  const { look, clock } = keeping(() => honest);
  assert.deepEqual(await look("A", { size: 12 }), []);
  clock.now += GRACE;
  assert.deepEqual(await look("A", { size: 12 }), []);
  clock.now += 1;
  assert.deepEqual(await look("A", { size: 12 }), ["unconfirmed"]);
  assert.deepEqual(await look("A", { size: 8 }), [], "what the validators signed is confirmed");
  clock.now += FRESH;
  assert.deepEqual(await look("A", { size: 8 }), ["stale"]);
});

test("a hospital that shows no blocks at all is not waited for for ever", async () => {
  const { look, clock } = keeping(() => ({ newest: () => Promise.reject(new Error("404")) }));
  assert.deepEqual(await look("A"), []);
  clock.now += GRACE + 1;
  assert.deepEqual(await look("A"), ["unconfirmed"]);
});

test("on a ledger of one operator nothing is asked", async () => {
  const alone = { document: { operators: [{ keys: {} }] }, institutions: new Map() };
  assert.equal(isShared(alone), false);
  const confirming = createConfirming({ database: null, genesis: () => alone, clock: () => 0 });
  assert.equal(await confirming.newest({}), null);
  assert.deepEqual(await confirming.check({}, null, {}), { alarms: [], evidence: null });
});
