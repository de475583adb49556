// What a hospital decided about a result, told from its opened details; and a filed copy, told once.

import assert from "node:assert/strict";
import test from "node:test";

import { once, withSource } from "../../../static/wallet/model/series.js";
import { linesOf } from "../../../static/wallet/model/visits.js";

const LINK = { subject: "l", institution: "here" };
const entry = (details, state = "checked") => ({
  kind: "result.reused", time: 1, seq: 1, index: 1, state, details, payload: { kind: "result.reused" },
});
const typeOf = (details, state) => linesOf({ entries: [entry(details, state)] }, LINK)[0].type;

test("one kind of entry tells of a use, its undoing, and a repeat for whatever reason", () => {
  assert.equal(typeOf({ reason: "used" }), "result-used");
  assert.equal(typeOf({ reason: "undone" }), "result-undone");
  assert.equal(typeOf({ reason: "patient-wish" }), "result-repeated");
  assert.equal(typeOf({ reason: "a reason of tomorrow" }), "result-repeated");
});

test("what was not opened tells of a decision and no more", () => {
  assert.equal(typeOf(null, "erased"), "result-decided");
});

test("a filed copy is its laboratory's, and is left out beside its original", () => {
  const original = withSource([{ ref: "Observation/1" }], "there");
  const copies = withSource([{ ref: "Observation/9", copy: { source: "there", ref: "Observation/1" } }], "here");
  assert.equal(copies[0].source, "there");
  assert.deepEqual(once([...original, ...copies]), original);
  assert.deepEqual(once(copies), copies);
});
