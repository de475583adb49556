// Who came after the genesis, what the operators decided, and entries signed together: checked as a phone checks them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { addDirectory, addKeptDirectory, addOperators, addRegistry, refreshDirectory } from "../../../static/wallet/store/directory.js";
import { Alarm } from "../../../static/wallet/verify/alarm.js";
import { Malformed, b64u, unb64u } from "../../../static/wallet/verify/bytes.js";
import { openCheckpoint } from "../../../static/wallet/verify/checkpoint.js";
import { institutionByCode, openGenesis } from "../../../static/wallet/verify/genesis.js";
import { TERM, councilOf, govern, join, keysAt } from "../../../static/wallet/verify/governing.js";
import { areHeld } from "../../../static/wallet/verify/possession.js";
import { isSignedBy, parseCompact } from "../../../static/wallet/verify/jws.js";
import { emptyLink, applyToLink } from "../../../static/wallet/verify/link_rules.js";
import { checkTimeline } from "../../../static/wallet/verify/timeline.js";

const story = JSON.parse(readFileSync(process.env.GOVERNING, "utf8"));
const genesis = await openGenesis(unb64u(story.genesis));
const context = {
  genesis, subject: story.subject, institution: story.institution, kid: story.kid, kept: null, now: story.now,
};
const codes = (result) => [...new Set(result.alarms.map((alarm) => alarm.code))];
const parsed = (text) => parseCompact(text, "yaoshi-entry");
const joined = "ef".repeat(16);

test("a link at an institution that was admitted later holds, entry by entry", async () => {
  const result = await checkTimeline(structuredClone(story.proof), context);
  assert.deepEqual(result.alarms, []);
  assert.deepEqual([...new Set(result.entries.map((entry) => entry.state))], ["checked"]);
  assert.equal(result.entries.length, 9);
  const shown = result.registry.institutions.find(({ id }) => id === story.institution);
  assert.deepEqual([shown.code, shown.retired, shown.base.startsWith("http://localhost:8081/")], ["ZZ", false, true]);
});

test("what was written before an institution was retired goes on holding, and its keys are out of use", async () => {
  const result = await checkTimeline(structuredClone(story.after), context);
  assert.deepEqual(result.alarms, []);
  const shown = result.registry.institutions.find(({ id }) => id === story.institution);
  assert.deepEqual([shown.retired, shown.base], [true, "https://new.example/i/1"]);
  assert.equal(result.registry.keyAt(story.institution, "release", Number.MAX_SAFE_INTEGER), null);
});

const LIES = {
  "the joining is left out": [["gap", "missing", "altered", "signature"], (served) => {
    served.registry.records.splice(4, 1);
  }],
  "a vote is left out": [["foreign", "gap"], (served) => {
    served.registry.records.splice(2, 1);
  }],
  "the proposal is left out": [["foreign", "gap"], (served) => {
    served.registry.records.splice(1, 1);
  }],
  "the newest change of a key is left out": [["missing"], (served) => {
    served.registry.records.pop();
  }],
  "the newcomer's head is left out": [["missing"], (served) => {
    served.registry.subjects.pop();
  }],
  "a vote's last byte is another": [["unproven", "signature", "altered"], (served) => {
    const bytes = unb64u(served.registry.records[2]);
    bytes[bytes.length - 1] ^= 1;
    served.registry.records[2] = b64u(bytes);
  }],
};

for (const [lie, [allowed, tell]] of Object.entries(LIES)) {
  test(`the phone is alarmed when ${lie}`, async () => {
    const served = structuredClone(story.proof);
    tell(served);
    const result = await checkTimeline(served, context);
    assert.equal(result.ok, false);
    assert.ok(allowed.includes(codes(result)[0]), JSON.stringify(result.alarms));
  });
}

/** Replays entries by name, a second apart or at the given times; gives the council. */
async function replay(names, times = {}, begun = genesis) {
  const council = councilOf(begun);
  for (const [place, name] of names.entries()) {
    const entry = await parsed(story.entries[name]);
    const record = { index: place + 1, time: times[name] ?? 1000 + place };
    await (entry.payload.kind.endsWith(".join") ? join : govern)(council, entry, record);
  }
  return council;
}

test("three of four let an institution in, from the record after its joining on", async () => {
  const council = await replay(["propose", "yes 2", "yes 3", "join"]);
  assert.equal(keysAt(council, joined, 4), null);
  assert.ok(keysAt(council, joined, 5));
});

const NOT_LET_IN = {
  "two of four are no quorum": ["propose", "yes 2", "join"],
  "a no is no yes": ["propose", "yes 2", "no 4", "join"],
  "nobody votes twice": ["propose", "yes 3", "yes 3 again", "join"],
  "a checkpoint key does not vote": ["propose", "yes 2", "yes by a checkpoint key", "join"],
  "an institution does not vote": ["propose", "yes 2", "yes by an institution", "join"],
  "a vote on nothing counts for nothing": ["yes 2", "yes 3", "propose", "join"],
  "who left does not vote": ["propose 2 leaves", "2 leaves, 3", "2 leaves, 4", "propose", "yes 2", "yes 3", "join"],
  "a vote from before somebody left does not count": [
    "propose", "yes 2", "propose 2 leaves", "2 leaves, 3", "2 leaves, 4", "yes 3", "join",
  ],
  "another key does not join": ["propose", "yes 2", "yes 3", "join by a desk"],
  "another proposal is not this one": ["propose", "yes 2", "yes 3", "join of another proposal"],
  "nobody joins twice": ["propose", "yes 2", "yes 3", "join", "join"],
};

for (const [reason, names] of Object.entries(NOT_LET_IN)) {
  test(`nobody is let in: ${reason}`, () => assert.rejects(replay(names), Alarm));
}

const UNPROVEN = {
  "a rotation without proofs": ["rotate unproven"],
  "a rotation with the proofs of another": ["rotate another's"],
  "a proposal without proofs": ["propose unproven"],
  "a proposal with the proofs of another": ["propose another's"],
};
const first = { ...genesis, document: { ...genesis.document, rules: 1 } };
const two = ["propose rules 2", "propose rules 2, 2", "propose rules 2, 3"];
const unproven = ["propose unproven", "propose unproven, 2", "propose unproven, 3"];

for (const [reason, names] of Object.entries(UNPROVEN)) {
  test(`the phone is alarmed by ${reason}, unless it was judged by version 1 of the rules`, async () => {
    await assert.rejects(replay(names), Alarm);
    await replay(names, {}, first);
    await assert.rejects(replay([...two, ...names], {}, first), Alarm);
  });
}

test("new keys that show that they are held are the institution's from the next record on", async () => {
  for (const council of [await replay(["rotate"]), await replay([...two, "rotate"], {}, first)]) {
    assert.equal(keysAt(council, genesis.document.institutions[0].id, 9).release, story.rotated);
  }
});

test("what was proposed by version 1 of the rules is decided by the version then in force", async () => {
  await replay(unproven, {}, first);
  await assert.rejects(replay([...unproven.slice(0, 2), ...two, unproven[2]], {}, first), Alarm);
});

for (const [matter, { keys, proofs, held }] of Object.entries(story.possession.cases)) {
  test(`the phone and the ledger agree on possession when ${matter}`, async () => {
    assert.equal(await areHeld(story.possession.ledger, story.possession.subject, keys, proofs), held);
  });
}

test("a link's id begins like its institution's", async () => {
  assert.ok(story.subject.startsWith(story.institution.slice(0, 8)));
  const { registry } = await checkTimeline(structuredClone(story.proof), context);
  assert.equal(registry.versionAt(0), 2);
  const entry = await parsed(story.foreign);
  await assert.rejects(
    applyToLink(emptyLink(), entry, { index: 99, time: 99, seq: 1 }, {
      registry, institution: genesis.document.institutions[0].id, institutions: [], limits: {},
    }),
    { code: "foreign" },
  );
});

test("proposals and approvals end", async () => {
  await assert.rejects(replay(["propose", "yes 2", "yes 3"], { "yes 2": 1000 + TERM }), Alarm);
  await assert.rejects(replay(["propose", "yes 2", "yes 3", "join"], { join: 1002 + TERM }), Alarm);
  await replay(["propose", "yes 2", "yes 3", "join"], { "yes 2": 999 + TERM, "yes 3": 999 + TERM, join: 998 + 2 * TERM });
});

const release = unb64u(story.release);

async function holds(text) {
  try {
    return await isSignedBy(await parsed(text), release);
  } catch (problem) {
    if (problem instanceof Malformed) return false;
    throw problem;
  }
}

test("each entry of a batch verifies by itself, and no byte of its place, path or signature can be another", async () => {
  for (const text of story.batch) assert.equal(await holds(text), true);
  const [header, payload, part] = story.batch[2].split(".");
  const bytes = unb64u(part);
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = bytes.slice();
    changed[at] ^= 1;
    assert.equal(await holds(`${header}.${payload}.${b64u(changed)}`), false, `byte ${at}`);
  }
  assert.equal(await holds(`${header}.${story.batch[1].split(".")[1]}.${part}`), false, "another's payload");
  assert.equal(await holds(`${header}.${payload}.${b64u(bytes.slice(-64))}`), false, "the signature alone");
  for (const cut of [8, 40, 64, 72, 103]) assert.equal(await holds(`${header}.${payload}.${b64u(bytes.slice(0, cut))}`), false);
});

test("only entries are signed together, and never by a phone's key", async () => {
  const [text] = story.phones_batch;
  await assert.rejects(parseCompact(text, "yaoshi-proof"), Malformed);
  const entry = await parsed(text);
  assert.equal(entry.batched, true);
  const link = emptyLink();
  const rights = ["give", "manage", "revoke"];
  link.keys.set(entry.kid, { key: unb64u(story.phone), rights, status: "full" });
  entry.payload.kind = "link.close";
  const registry = { keyAt: () => null };
  await assert.rejects(
    applyToLink(link, entry, { index: 9, time: 9, seq: 2 }, { registry, institution: "", institutions: [], limits: {} }),
    Alarm,
  );
});

const fresh = () => openGenesis(unb64u(story.genesis));
const row = (change = {}) => ({
  id: story.institution, code: "ZZ", name: { "zh-CN": "新医院", en: "New" }, type: "hospital",
  base: "https://new.example/i/1", retired: false, ...change,
});
const served = (...institutions) => ({ ledger: genesis.id, institutions });

test("the directory adds who joined later and where they moved", async () => {
  const opened = await fresh();
  const [hospital] = opened.document.institutions;
  addDirectory(opened, served(row(), row({ ...hospital, base: "https://moved.example/i/2" })));
  assert.equal(institutionByCode(opened, "ZZ").id, story.institution);
  assert.equal(opened.institutions.get(hospital.id).base, "https://moved.example/i/2");
});

const LEFT_OUT = {
  "another ledger's": { ledger: "ab".repeat(32), institutions: [row()] },
  "a script for an address": served(row({ base: "javascript:alert(1)" })),
  "no code": served(row({ code: "I1" })),
  "a code of somebody else": served(row({ code: "WX" })),
  "no id": served(row({ id: "../x" })),
  "no name": served(row({ name: null })),
  "no row": served(null, 7, "x"),
  "no list": { ledger: genesis.id, institutions: {} },
  "nothing": null,
};

for (const [what, answer] of Object.entries(LEFT_OUT)) {
  test(`a directory with ${what} changes nothing`, async () => {
    const opened = await fresh();
    const before = [...opened.institutions];
    addDirectory(opened, answer);
    assert.deepEqual([...opened.institutions], before);
  });
}

test("the directory is kept for times without an answer", async () => {
  const facts = new Map();
  const database = {
    get: async (_table, name) => facts.get(name) ?? null,
    put: async (_table, fact) => facts.set(fact.name, fact),
  };
  assert.equal(await refreshDirectory(database, await fresh(), async () => Response.json(served(row()))), true);
  for (const answer of [() => Promise.reject(new TypeError("offline")), async () => new Response("<", { status: 200 }),
    async () => new Response("", { status: 503 })]) {
    const opened = await fresh();
    assert.equal(await refreshDirectory(database, opened, answer), false);
    assert.equal(institutionByCode(opened, "ZZ"), null);
    await addKeptDirectory(database, opened);
    assert.equal(institutionByCode(opened, "ZZ").base, "https://new.example/i/1");
  }
});

const keysOf = ({ checkpointKeys }) => checkpointKeys.map(b64u);

test("what a checked log shows of who joined is known without any directory", async () => {
  const opened = await fresh();
  const { registry } = await checkTimeline(structuredClone(story.after), context);
  addRegistry(opened, registry);
  const { code, base, retired } = opened.institutions.get(story.institution);
  assert.deepEqual([code, base, retired], ["ZZ", "https://new.example/i/1", true]);
  assert.ok(keysOf(opened).includes(story.newcomer.key));
});

test("an operator that was voted in vouches for the log, and one that left does no longer come in", async () => {
  const opened = await fresh();
  const before = keysOf(opened);
  assert.equal(await openCheckpoint(story.newcomer.checkpoint, opened), null);
  await addOperators(opened, { registry: story.operators });
  assert.deepEqual(keysOf(opened), [...before, story.newcomer.key]);
  await addOperators(opened, { registry: story.operators });
  assert.equal(keysOf(opened).length, before.length + 1);
  assert.notEqual(await openCheckpoint(story.newcomer.checkpoint, opened), null);
});

const NOT_VOTED = {
  "a vote is left out": (registry) => registry.records.splice(registry.records.length - 8, 1),
  "the heads are others": (registry) => { registry.heads = b64u(new Uint8Array(32)); },
  "a record is cut": (registry) => registry.records.push(registry.records.pop().slice(0, -8)),
  "nothing is there": (registry) => { delete registry.records; },
};

for (const [what, spoil] of Object.entries(NOT_VOTED)) {
  test(`nobody comes to vouch for the log when ${what}`, async () => {
    const opened = await fresh();
    const before = keysOf(opened);
    const registry = structuredClone(story.operators);
    spoil(registry);
    await addOperators(opened, { registry });
    assert.deepEqual(keysOf(opened), before);
  });
}
