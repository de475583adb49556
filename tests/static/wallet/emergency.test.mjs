// Emergencies as a phone judges them: the true story as a screen tells it, and a ledger that breaks its own rules.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { glassesOf, isRunning, pressing, reviewBy, reviewersOf, stepsOf } from "../../../static/wallet/model/glasses.js";
import { linesOf, seenIn } from "../../../static/wallet/model/visits.js";
import { unb64u } from "../../../static/wallet/verify/bytes.js";
import { openGenesis } from "../../../static/wallet/verify/genesis.js";
import { checkTimeline } from "../../../static/wallet/verify/timeline.js";

const story = JSON.parse(readFileSync(process.env.EMERGENCY, "utf8"));
const genesis = await openGenesis(unb64u(story.genesis));
const link = { subject: story.subject, institution: story.institution, linkedAt: 0 };
const check = ({ proof, now }) => checkTimeline(structuredClone(proof), {
  genesis, subject: story.subject, institution: story.institution, kid: story.kid, kept: null, now,
});

const told = await check(story.truth);
const [first, second] = glassesOf(told, link);

test("the true story of an emergency gives no alarm", () => {
  assert.deepEqual(told.alarms, []);
  assert.deepEqual([...new Set(told.entries.map((entry) => entry.state))], ["checked"]);
});

test("it says who, why, what, until when, and what both hospitals found", () => {
  assert.equal(first.details.declaring, story.declaring);
  assert.equal(first.declaration.clinician.department, "急诊科");
  assert.equal(first.details.reason, "unconscious");
  assert.equal(first.until - first.from, 4 * 3_600_000);
  assert.deepEqual(seenIn({ entries: first.looks }), { Observation: 2 });
  assert.deepEqual(reviewersOf(first), [story.institution, story.declaring]);
  assert.deepEqual(reviewersOf(first).map((id) => reviewBy(first, id).verdict), ["justified", "not-justified"]);
});

test("one that was recorded late ran for an hour by its own time, and says so", async () => {
  const result = await check(story.late);
  assert.deepEqual(result.alarms, []);
  const [glass] = glassesOf(result, link);
  assert.deepEqual([glass.until - glass.from, glass.looks.length, glass.waiting], [3_600_000, 2, false]);
  assert.equal(glass.from, result.entries.find(({ id }) => id === glass.id).payload.at);
  const late = linesOf(result, link).filter((line) => line.late).map((line) => line.type);
  assert.deepEqual(late.sort(), ["glass-broken", "visit", "visit"]);
});

test("it says who stopped it, the patient or the hospital", () => {
  assert.equal(first.closed.byHospital, false);
  assert.equal(second.closed.byHospital, true);
  const types = linesOf(told, link).map((line) => line.type).filter((type) => type.startsWith("glass-"));
  assert.deepEqual(types.sort(), [
    "glass-broken", "glass-broken", "glass-closed", "glass-closed-there", "glass-reviewed", "glass-reviewed",
  ]);
});

test("it wants the person's eye until both reviews are there and were seen", () => {
  const now = story.truth.now;
  assert.equal(isRunning(first, now), false);
  assert.deepEqual(pressing([first, second], {}, now).map((glass) => glass.id), [second.id, first.id]);
  assert.deepEqual(pressing([first], { [first.id]: stepsOf(first, now) - 1 }, now).length, 1);
  assert.deepEqual(pressing([first], { [first.id]: stepsOf(first, now) }, now), []);
  assert.equal(pressing([second], { [second.id]: stepsOf(second, now) }, now).length, 1, "nobody has reviewed it");
});

test("one from before this phone was connected, reviewed by both, is history", () => {
  const [earlier] = glassesOf(told, { ...link, linkedAt: story.truth.now });
  assert.deepEqual(pressing([earlier], {}, story.truth.now), []);
});

test("an emergency whose details are withheld still stands there, without names, with its way to stop", async () => {
  const served = structuredClone(story.truth);
  const broken = told.entries.find((entry) => entry.kind === "glass.broken");
  delete served.proof.openings[broken.payload.commitment];
  const result = await check(served);
  assert.deepEqual(result.alarms.map((alarm) => alarm.code), ["withheld"]);
  const [glass] = glassesOf(result, link);
  assert.equal(glass.id, broken.id);
  assert.equal(glass.details, null);
  assert.equal(glass.declaration, null);
  assert.deepEqual(reviewersOf(glass), [story.institution]);
});

for (const [lie, served] of Object.entries(story.lies)) {
  test(`the phone says "${served.alarm}" when ${lie}`, async () => {
    const result = await check(served);
    assert.deepEqual(result.alarms.map((alarm) => alarm.code), [served.alarm]);
    const marked = result.entries.filter((entry) => entry.state !== "checked").map((entry) => entry.state);
    assert.deepEqual(marked, [served.alarm === "signature" ? "unproven" : "unpermitted"]);
  });
}

test("an emergency behind a false declaration can still be stopped, and shows no names", async () => {
  const result = await check(story.lies["the custodian signed the declaration itself"]);
  const [glass] = glassesOf(result, link);
  assert.equal(glass.details, null);
  assert.equal(glass.closed, null);
});

test("a false word that it was stopped stops nothing on the screen", async () => {
  for (const lie of ["the hospital that asked says that it was stopped", "a stranger's phone says that it was stopped"]) {
    const [glass] = glassesOf(await check(story.lies[lie]), link);
    assert.equal(glass.closed, null, lie);
  }
});

test("an emergency that the custodian never signed is none", async () => {
  const result = await check(story.lies["the hospital that asks breaks the glass itself"]);
  assert.deepEqual(glassesOf(result, link), []);
});
