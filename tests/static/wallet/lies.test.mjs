// A lying server, one lie a row, and the alarm that each must give; the true answer gives none.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { b64u, concat, unb64u } from "../../../static/wallet/verify/bytes.js";
import { openGenesis } from "../../../static/wallet/verify/genesis.js";
import { parseRecord } from "../../../static/wallet/verify/record.js";
import { FRESH, checkTimeline } from "../../../static/wallet/verify/timeline.js";
import { openCheckpoint } from "../../../static/wallet/verify/checkpoint.js";

const story = JSON.parse(readFileSync(process.env.STORY, "utf8"));
const genesis = await openGenesis(unb64u(story.genesis));
const copy = (value) => structuredClone(value);

async function keptOf(proof) {
  const { size, root } = await openCheckpoint(proof.checkpoint, genesis);
  return { size, root: b64u(root), seq: proof.head.seq, number: proof.head.number };
}

const kept = await keptOf(story.kept_proof);
const context = (change = {}) => ({
  genesis, subject: story.subject, institution: story.institution, kid: story.kid, kept, now: story.now, ...change,
});
const codes = (result) => [...new Set(result.alarms.map((alarm) => alarm.code))];

/** Change one byte of a base64url text. */
function flip(text, at) {
  const bytes = unb64u(text);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return b64u(bytes);
}

/** The record again with another seq in it. */
async function withSeq(text, seq) {
  const bytes = unb64u(text);
  new DataView(bytes.buffer).setBigUint64("yaoshi/record/v1".length + 1 + 24, BigInt(seq));
  return b64u(bytes);
}

const LIES = {
  "the checkpoint's root is another": ["signature", (served) => {
    const rows = served.checkpoint.split("\n");
    rows[2] = `${rows[2].startsWith("A") ? "B" : "A"}${rows[2].slice(1)}`;
    served.checkpoint = rows.join("\n");
  }],
  "the checkpoint has no signature with a time": ["signature", (served) => {
    const rows = served.checkpoint.trimEnd().split("\n");
    served.checkpoint = `${rows.filter((row) => row.length !== Math.max(...rows.map((each) => each.length))).join("\n")}\n`;
  }],
  "the checkpoint is signed under another name": ["signature", (served) => {
    served.checkpoint = served.checkpoint.replaceAll("\u2014 localhost:8080", "\u2014 elsewhere:8080");
  }],
  "an older state is served as the newest": ["rewritten", () => story.kept_proof, { kept: { ...kept, size: 10_000 } }],
  "the past was written anew": ["rewritten", () => null, { kept: { ...kept, root: b64u(new Uint8Array(32)) } }],
  "the consistency proof is left out": ["rewritten", (served) => {
    served.consistency = [];
  }],
  "the link went back to an earlier entry": ["rewritten", () => null, { kept: { ...kept, seq: 900 } }],
  "the newest leaf is another": ["unproven", (served) => {
    served.newest.heads = flip(served.newest.heads, 0);
  }],
  "the link's own head stands elsewhere": ["unproven", (served) => {
    served.head.seq -= 1;
  }],
  "the head is a stranger's": ["foreign", (served) => {
    served.head = story.stranger.head;
  }],
  "the newest entry is kept back": ["missing", (served) => {
    served.records.pop();
  }],
  "the newest three are kept back": ["missing", (served) => {
    served.records.splice(-3);
  }],
  "two in the middle are left out": ["gap", (served) => {
    served.records.splice(3, 2);
  }],
  "the first one is left out": ["gap", (served) => {
    served.records.shift();
  }],
  "two entries changed places": ["reordered", (served) => {
    [served.records[2], served.records[3]] = [served.records[3], served.records[2]];
  }],
  "one entry is served twice": ["reordered", (served) => {
    served.records.push(served.records.at(-1));
  }],
  "one entry's last byte is another": ["altered", (served) => {
    served.records[3].record = flip(served.records[3].record, -1);
  }],
  "one entry's time is another": ["altered", (served) => {
    served.records[2].record = flip(served.records[2].record, "yaoshi/record/v1".length + 1 + 15);
  }],
  "an entry's place in the log is not shown": ["altered", (served) => {
    served.records[2].inclusion = [];
  }],
  "a stranger's look is mixed in": ["foreign", (served) => {
    served.records.splice(2, 0, story.stranger.records[1]);
  }],
  "a look's details are not given": ["withheld", (served) => {
    delete served.openings[Object.keys(served.openings)[0]];
  }],
  "a look's details are others": ["withheld", (served) => {
    const opening = Object.values(served.openings)[0];
    opening.details = opening.details.replace("u1", "u9");
  }],
  "a change of the institution's keys is hidden": ["missing", (served) => {
    served.registry.records.pop();
  }],
  "the registry's genesis is another": ["altered", (served) => {
    served.registry.records[0] = flip(served.registry.records[0], -3);
  }],
  "the checkpoint is of two hours ago": ["stale", () => null, { now: story.now + 2 * FRESH }],
  "a full reading is cut and called a replaced phone's": ["missing", (served) => {
    served.records.splice(-2);
    served.reading = "until-removed";
    served.until_seq = served.records.length;
  }],
};

for (const [lie, [alarm, tell, changed]] of Object.entries(LIES)) {
  test(`the phone says "${alarm}" when ${lie}`, async () => {
    const served = copy(story.proof);
    const other = tell(served);
    const result = await checkTimeline(other ? copy(other) : served, context(changed));
    assert.equal(result.ok, false);
    assert.equal(codes(result)[0], alarm, JSON.stringify(result.alarms));
  });
}

test("the truth gives no alarm, and every entry is checked", async () => {
  const result = await checkTimeline(copy(story.proof), context());
  assert.deepEqual(result.alarms, []);
  assert.equal(result.ok, true);
  assert.equal(result.entries.length, story.proof.head.seq);
  assert.deepEqual([...new Set(result.entries.map((entry) => entry.state))], ["checked"]);
});

test("a phone that kept nothing yet accepts the truth too", async () => {
  const result = await checkTimeline(copy(story.proof), context({ kept: null }));
  assert.deepEqual(result.alarms, []);
});

test("details erased by an entry are not called withheld", async () => {
  const served = copy(story.proof);
  delete served.openings[story.erased_commitment];
  const result = await checkTimeline(served, context());
  assert.deepEqual(result.alarms, []);
  assert.equal(result.entries.filter((entry) => entry.state === "erased").length, 1);
});

test("a hole says which entries are missing and what stands beside it", async () => {
  const served = copy(story.proof);
  served.records.splice(3, 2);
  const [alarm] = (await checkTimeline(served, context())).alarms;
  assert.deepEqual(alarm.facts.seqs, [4, 5]);
  assert.equal(alarm.facts.before.seq, 3);
  assert.equal(alarm.facts.after.seq, 6);
});

test("with a hole, the other entries still hold", async () => {
  const served = copy(story.proof);
  served.records.splice(5, 1);
  const result = await checkTimeline(served, context());
  assert.deepEqual(codes(result), ["gap"]);
  assert.ok(result.entries.filter((entry) => entry.state === "checked").length >= served.records.length - 1);
});

test("an entry re-signed by a key that is nobody's is not accepted by any order of checks", async () => {
  const served = copy(story.proof);
  served.records[1].record = await withSeq(served.records[1].record, 3);
  const result = await checkTimeline(served, context());
  assert.equal(result.ok, false);
});

test("after a rekey the earlier phone reads up to it, without an alarm", async () => {
  const served = copy(story.after_rekey);
  const rekey = served.records.length - 1;
  served.records.splice(rekey);
  Object.assign(served, { reading: "until-removed", until_seq: rekey });
  const result = await checkTimeline(served, context({ now: story.after_rekey_now, kept: null }));
  assert.deepEqual(result.alarms, []);
  assert.equal(result.reading, "until-removed");
  assert.equal(result.link.keys.get(story.kid).status, "earlier");
  assert.equal(result.link.pending.confirmed, false);
});

test("the whole story with the earlier phone's confirmation holds", async () => {
  const result = await checkTimeline(copy(story.after_rekey), context({ now: story.after_rekey_now, kept: null }));
  assert.deepEqual(result.alarms, []);
  assert.equal(result.link.pending.confirmed, true);
});

test("no part of a served answer can be dropped without an alarm", async () => {
  for (const name of ["checkpoint", "newest", "head", "records", "registry"]) {
    const served = copy(story.proof);
    delete served[name];
    const result = await checkTimeline(served, context());
    assert.equal(result.ok, false, name);
  }
});

test("records parse back to what they say", async () => {
  const record = await parseRecord(unb64u(story.proof.records[0].record));
  assert.equal(record.seq, 1);
  assert.equal(record.number, story.proof.head.number);
  assert.ok(concat(record.entry).length > 100);
});
