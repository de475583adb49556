// Without a quorum: a revocation finds somebody who takes it, and what waits is shown as waiting and as nothing else.

import assert from "node:assert/strict";
import test from "node:test";
import { generateKeyPairSync, sign } from "node:crypto";

import { elsewhere, enterAnywhere } from "../../../static/wallet/net/anywhere.js";
import { glassesOf, isRunning } from "../../../static/wallet/model/glasses.js";
import { linesOf } from "../../../static/wallet/model/visits.js";
import { b64u, utf8 } from "../../../static/wallet/verify/bytes.js";
import { commit } from "../../../static/wallet/verify/commitment.js";
import { signingInput, thumbprint } from "../../../static/wallet/verify/jws.js";
import { readWaiting } from "../../../static/wallet/verify/waiting.js";

const RECEIPT = { receipt: "r" };
const TAKEN = { receipt: null, honoured: false };
const OWN = { receipt: null, honoured: true };
const never = () => new Promise(() => {});
const fails = (status) => () => Promise.reject(Object.assign(new Error("no"), { status }));
const gives = (answer) => () => Promise.resolve(answer);

async function entered(answers) {
  const asked = [];
  const doors = (id) => ({ enter: () => {
    asked.push(id);
    return answers[id]();
  } });
  const others = Object.keys(answers).filter((id) => id !== "own");
  const answer = await enterAnywhere("entry", { custodian: "own", others, doors, patience: 20 });
  return { answer, asked };
}

const CASES = {
  "its custodian answers with a receipt: nobody else hears of it": [
    { own: gives(RECEIPT), b: gives(TAKEN) }, RECEIPT, ["own"]],
  "its custodian keeps it: nobody else hears of it": [{ own: gives(OWN), b: gives(TAKEN) }, OWN, ["own"]],
  "its custodian says nothing in time: the next one takes it": [
    { own: never, b: gives(TAKEN), c: gives(TAKEN) }, TAKEN, ["own", "b"]],
  "its custodian is down, the next one too: the third records it": [
    { own: fails(0), b: fails(503), c: gives(RECEIPT) }, RECEIPT, ["own", "b", "c"]],
  "a hospital that has never heard of the link is no refusal": [
    { own: fails(503), b: fails(404), c: gives(TAKEN) }, TAKEN, ["own", "b", "c"]],
};
for (const [name, [answers, wanted, asked]] of Object.entries(CASES)) {
  test(name, async () => {
    const found = await entered(answers);
    assert.deepEqual(found.answer, wanted);
    assert.deepEqual(found.asked, asked);
  });
}

test("its custodian's refusal is the answer, and nobody else is asked", async () => {
  await assert.rejects(entered({ own: fails(409), b: gives(TAKEN) }), { status: 409 });
});

test("nobody answers: the custodian's outage is told", async () => {
  await assert.rejects(entered({ own: fails(0), b: fails(0) }), { status: 0 });
});

test("one institution of each other node is turned to, and no retired one", () => {
  const row = (id, base, retired = false) => ({ id, base, retired });
  const rows = [
    row("own", "https://a.example/i/own"), row("beside", "https://a.example/i/beside"),
    row("b", "https://b.example/i/b"), row("b2", "https://b.example/i/b2"),
    row("gone", "https://c.example/i/gone", true), row("d", "https://d.example/i/d"),
  ];
  assert.deepEqual(elsewhere(rows, "own"), ["b", "d"]);
});

// What waits

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const KEY = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const ABOUT = {
  genesis: { id: "ab".repeat(32) }, subject: "l", institution: "here",
  registry: { keyAt: (institution, use) => (institution === "here" && use === "release" ? KEY : null) },
};
const DETAILS = '{"basis":"own-care","user":{"id":"d","name":"林大夫","role":"x"},"what":{"count":1,"kinds":[]}}';
const SALT = new Uint8Array(32);

async function waiting({ changes = {}, opening = { salt: b64u(SALT), details: DETAILS }, spoil = (text) => text } = {}) {
  const commitment = await commit(SALT, DETAILS);
  const payload = { ledger: ABOUT.genesis.id, subject: "l", kind: "look.made", at: 7, commitment, ...changes };
  const input = signingInput("yaoshi-entry", await thumbprint(KEY), JSON.stringify(payload));
  const entry = spoil(`${input}.${b64u(new Uint8Array(sign(null, utf8(input), privateKey)))}`);
  return readWaiting([{ entry, opening }], ABOUT);
}

test("a look that waits is a line of its own, at its own time, marked", async () => {
  const found = await waiting();
  const log = { kind: "look.made", time: 5, seq: 3, index: 9, state: "checked", details: found[0].details, payload: {} };
  const lines = linesOf({ entries: [log], waiting: found }, { subject: "l", institution: "here" });
  assert.deepEqual(lines.map(({ type, time, state, fresh }) => [type, time, state, fresh]),
    [["look", 7, "waiting", false], ["look", 5, "checked", true]]);
  assert.equal(lines[0].who.name, "林大夫");
});

const LEFT_OUT = {
  "the entry of another link": { changes: { subject: "m" } },
  "the entry of another ledger": { changes: { ledger: "cd".repeat(32) } },
  "a kind that never waits": { changes: { kind: "grant.give" } },
  "an opening that does not open it": { opening: { salt: b64u(SALT), details: "{}" } },
  "no opening": { opening: null },
  "a wrong signature": { spoil: (text) => text.replace(/.{86}$/, "A".repeat(86)) },
  "no statement at all": { spoil: () => "x" },
};
for (const [name, change] of Object.entries(LEFT_OUT)) {
  test(`left out: ${name}`, async () => assert.deepEqual(await waiting(change), []));
}

test("nothing served is nothing that waits", async () => {
  assert.deepEqual(await readWaiting(undefined, ABOUT), []);
});

// An emergency that waits

const HOUR = 3_600_000;
const DOCTOR = { id: "d", name: "林大夫", role: "physician" };
const there = generateKeyPairSync("ed25519");
const THERE = new Uint8Array(there.publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const BETWEEN = {
  ...ABOUT,
  registry: { keyAt: (institution, use) => {
    if (institution === "here") return ["release", "review"].includes(use) ? KEY : null;
    return institution === "there" && use === "peer" ? THERE : null;
  } },
};

async function signed(typ, key, by, payload) {
  const input = signingInput(typ, await thumbprint(key), JSON.stringify(payload));
  return `${input}.${b64u(new Uint8Array(sign(null, utf8(input), by.privateKey ?? by)))}`;
}

async function entry(kind, members, details) {
  const text = details === undefined ? undefined : JSON.stringify(details);
  const commitment = text === undefined ? undefined : await commit(SALT, text);
  const payload = { ledger: ABOUT.genesis.id, subject: "l", kind, at: 7, commitment, ...members };
  return { entry: await signed("yaoshi-entry", KEY, privateKey, payload), opening: text && { salt: b64u(SALT), details: text } };
}

async function emergency(changes = {}, by = there) {
  const said = {
    ledger: ABOUT.genesis.id, institution: "there", custodian: "here", ttl_ms: 4 * HOUR, reason: "unconscious",
    clinician: { ...DOCTOR, department: "急诊科" }, ...changes,
  };
  const declaration = await signed("yaoshi-declaration", THERE, by, said);
  return entry("glass.broken", { ttl_ms: 4 * HOUR },
    { declaration, declaring: "there", user: DOCTOR, reason: "unconscious", basis: "BTG" });
}

const shown = async (...served) => {
  const found = await readWaiting(served, BETWEEN);
  const link = { subject: "l", institution: "here", linkedAt: 0 };
  return { found, glasses: glassesOf({ entries: [], waiting: found }, link), lines: linesOf({ entries: [], waiting: found }, link) };
};

test("an emergency that waits runs by its own time, for an hour, with what was read under it", async () => {
  const glass = await emergency();
  const { found: [{ id }] } = await shown(glass);
  const read = await entry("disclosure.made", { under: id, visit: "v", at: 9 },
    { user: DOCTOR, grantee: "there", purpose: "BTG", counts: { Observation: 3 } });
  const { glasses: [one], lines } = await shown(glass, read);
  assert.deepEqual([one.from, one.until, one.waiting, one.looks.length], [7, 7 + HOUR, true, 1]);
  assert.equal(one.declaration.clinician.department, "急诊科");
  assert.ok(isRunning(one, 8) && !isRunning(one, 7 + HOUR));
  assert.deepEqual(lines.map(({ type, state }) => [type, state]), [["visit", "waiting"], ["glass-broken", "waiting"]]);
});

test("the hospital's end of one that waits ends it", async () => {
  const glass = await emergency();
  const { found: [{ id }] } = await shown(glass);
  const { glasses: [one] } = await shown(glass, await entry("glass.closed", { glass: id, at: 9 }));
  assert.deepEqual(one.closed, { time: 9, byHospital: true });
});

const FALSE = {
  "another hospital signed the declaration": [{}, { privateKey }],
  "it declares another person": [{ clinician: { ...DOCTOR, id: "e", department: "" } }, there],
  "it was declared to another hospital": [{ custodian: "elsewhere" }, there],
};
for (const [name, [changes, by]] of Object.entries(FALSE)) {
  test(`it stands there without names, with its way to stop, when ${name}`, async () => {
    const { glasses: [one], lines: [line] } = await shown(await emergency(changes, by));
    assert.deepEqual([one.details, one.declaration, one.waiting], [null, null, true]);
    assert.equal(line.state, "unproven");
  });
}

test("what the log refused in the end is said to be so", async () => {
  const { found: [one] } = await shown({ ...await emergency(), refused: "glass-closed" });
  assert.equal(one.refused, "glass-closed");
});
