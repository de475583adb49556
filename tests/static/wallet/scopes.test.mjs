// What is ticked is what is given: the scope of a grant opens exactly the ticked records, whatever is ticked.

import assert from "node:assert/strict";
import test from "node:test";

import { firstDay, spanNamed, spanOf } from "../../../static/wallet/model/dates.js";
import { grantsOf, openDoors } from "../../../static/wallet/model/doors.js";
import { covers, familyOf, offered, scopeFor } from "../../../static/wallet/model/scope.js";
import { acrossLinks, linesOf, seenIn, unseen } from "../../../static/wallet/model/visits.js";

const item = (n, kind, date, labels = []) => ({ ref: `Observation/${n}`, kind, date, labels });
const ITEMS = [
  item(1, "laboratory", "2026-05-01T08:00:00+08:00"), item(2, "laboratory", "2024-02-01"), item(3, "laboratory", null),
  item(4, "laboratory", "2026-05-02", ["PSY"]), item(5, "medication", "2026-01", []), item(6, "medication", "2026-03-03", ["R"]),
  item(7, "imaging", "2026-02-02", ["HIV", "R"]), item(8, "imaging", "2025-12-31", ["V"]), item(9, "allergy", "2020", ["MH"]),
];

/** Every subset of a list, by the bits of a number. */
const subset = (items, bits) => items.filter((_, place) => (bits >> place) & 1);

for (const from of [null, "2025-06-01"]) {
  test(`every set of ticks is opened exactly, from ${from ?? "the beginning"}`, () => {
    const open = offered(ITEMS, from);
    for (let bits = 0; bits < 2 ** open.length; bits += 1) {
      const ticked = new Set(subset(open, bits).map(({ ref }) => ref));
      for (const kinds of [[], ["laboratory"], ["laboratory", "medication"], ["laboratory", "medication", "imaging", "allergy"]]) {
        const scope = scopeFor({ items: ITEMS, ticked, kinds, from });
        const opened = scope === null ? [] : ITEMS.filter((each) => covers(scope, each)).map(({ ref }) => ref);
        assert.deepEqual(opened, ITEMS.filter(({ ref }) => ticked.has(ref)).map(({ ref }) => ref));
      }
    }
  });
}

test("a record that no grant may open is never offered", () => {
  assert.equal(familyOf(ITEMS[7]), "never");
  assert.equal(offered(ITEMS, null).includes(ITEMS[7]), false);
});

test("more single records than a grant may name are said to be too many", () => {
  const many = Array.from({ length: 502 }, (_, n) => item(n, "laboratory", "2026-01-01"));
  const ticked = new Set(many.slice(1).map(({ ref }) => ref));
  assert.deepEqual(scopeFor({ items: many, ticked, kinds: ["laboratory"], from: null }), { tooMany: true });
});

test("dates are spans as exact as they were written", () => {
  assert.deepEqual(spanOf("2026"), [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)]);
  assert.deepEqual(spanOf("2026-02"), [Date.UTC(2026, 1, 1), Date.UTC(2026, 2, 1)]);
  assert.deepEqual(spanOf("2026-02-03"), [Date.UTC(2026, 1, 3), Date.UTC(2026, 1, 4)]);
  assert.equal(spanOf("2026-06-02T08:10:00+08:00")[0], Date.UTC(2026, 5, 2, 0, 10));
  for (const text of [null, "", "yesterday", "2026-6-1", "2026-02-03Tx"]) assert.equal(spanOf(text), null);
});

test("a day within four of two years ago is called two years", () => {
  const now = Date.UTC(2026, 6, 24);
  assert.equal(firstDay("two-years", now), "2024-07-24");
  assert.equal(spanNamed("2024-07-22", now), "two-years");
  assert.equal(spanNamed("2023-01-01", now), null);
});

const LINK = { subject: "a".repeat(32), institution: "b".repeat(32) };
const entry = (seq, kind, payload = {}, details = null, more = {}) => ({ seq, index: seq, time: seq * 1000, id: `e${seq}`, kind, payload: { at: seq * 1000, ...payload }, details, state: "checked", late: false, ...more });
const TERMS = { grantee: "c", clinician: null, role: "x", purpose: "TREAT", scope: { kinds: ["laboratory"] }, request: "r" };
const give = (seq) => entry(seq, "grant.give", { not_after: 1e9, commitment: "x" }, TERMS);

const ENDS = {
  "it was taken back": [entry(3, "grant.revoke", { grant: "e1" })], "the desk put another key on the link": [entry(3, "link.keys", {}, null, { byDesk: true })],
  "the link was closed": [entry(3, "link.close")],
};
for (const [why, entries] of Object.entries(ENDS)) {
  test(`a door is closed when ${why}`, () => {
    const grants = grantsOf({ entries: [give(1), ...entries] }, LINK);
    assert.equal(openDoors(grants, 5000).length, 0);
  });
}
test("grants of one request at two institutions are one card, and a card ends with its time", () => {
  const grants = [...grantsOf({ entries: [give(1)] }, LINK), ...grantsOf({ entries: [give(2)] }, { ...LINK, subject: "d" })];
  assert.equal(openDoors(grants, 5000).length, 1);
  assert.equal(openDoors(grants, 5000)[0].grants.length, 2);
  assert.equal(openDoors(grants, 1e9).length, 0);
});

test("releases of one visit are one line that counts each record once", () => {
  const seen = (records) => ({ user: { name: "x" }, records, counts: { Observation: records.length } });
  const entries = [
    entry(1, "disclosure.made", { under: "g", visit: "v" }, seen([["Observation/1", "h"], ["Observation/2", "h"]])),
    entry(2, "disclosure.made", { under: "g", visit: "v" }, seen([["Observation/2", "h"], ["MedicationRequest/1", "h"]])),
    entry(3, "disclosure.made", { under: "g", visit: "w" }, seen([["Observation/2", "h"]])),
    entry(4, "look.made", {}, null, { state: "withheld" }),
    entry(5, "look.made", {}, { basis: "patient-request" }), entry(6, "look.made", {}, { basis: "patient-request" }),
  ];
  const lines = linesOf({ entries }, LINK);
  assert.equal(unseen(linesOf({ entries }, LINK, 3)), 1);
  assert.deepEqual(lines.map(({ type }) => type), ["own-reading", "look", "visit", "visit"]);
  assert.deepEqual(seenIn(lines[3]), { Observation: 2, MedicationRequest: 1 });
  assert.equal(unseen(lines), 3);
});

test("one request answered at two institutions, and one visit to both, are one line each", () => {
  const visit = (seq, link) => linesOf({ entries: [entry(seq, "disclosure.made", { under: "g", visit: link.subject }, { user: { id: "u" }, records: [[`Observation/${seq}`, "h"]] })] }, link);
  const other = { subject: "d", institution: "e" };
  const lines = acrossLinks([...visit(1, LINK), ...visit(2, other)], () => "request");
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0].places, ["e", LINK.institution]);
  assert.deepEqual(seenIn(lines[0]), { Observation: 2 });
  assert.equal(unseen(lines), 1);
  assert.equal(acrossLinks([...visit(1, LINK), ...visit(2, other)], () => null).length, 2, "without a request nothing is joined");
  assert.equal(acrossLinks([...visit(1, LINK), ...visit(2, LINK)], () => "request").length, 2, "two visits to one institution stay two");
});
