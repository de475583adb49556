// Charts before they are drawn: true time, plain steps, ranges only as issued, lines only where values compare.

import assert from "node:assert/strict";
import test from "node:test";

import { commonRange, labelled, pointsOf, rangesDiffer, runsOf } from "../../../static/shared/chart/points.js";
import { linear, timeTicks, valueDomain, valueTicks } from "../../../static/shared/chart/scales.js";
import { marksFor } from "../../../static/shared/marks.js";

const item = (date, number, more = {}) => ({ date, value: { number, unit: "%", comparator: null }, range: null, ...more });
const RANGE = { low: "4.0", high: "6.0", text: null };

test("points are in order of time, texts as issued, and what has no number or date is left out", () => {
  const points = pointsOf([
    item("2026-06-02T08:10:00+08:00", "6.80"), item("2024-08", "8.1"), item(null, "7"), { date: "2025-01-01", value: { text: "阴性" } },
    item("2025-03-05", "5", { value: { number: "5", unit: "%", comparator: "<" } }),
  ]);
  assert.deepEqual(points.map(({ text }) => text), ["8.1", "<5", "6.80"]);
  assert.deepEqual(points.map(({ bound }) => bound), [null, "<", null]);
});

test("one band is drawn only where every laboratory issued the same range", () => {
  const same = pointsOf([item("2025-01-01", "5", { range: RANGE, source: "a" }), item("2025-02-01", "6", { range: RANGE, source: "b" })]);
  assert.deepEqual({ ...commonRange(same), item: undefined }, { low: 4, high: 6, sources: 2, item: undefined });
  assert.equal(rangesDiffer(same), false);
  const other = pointsOf([item("2025-01-01", "5", { range: RANGE }), item("2025-02-01", "6", { range: { low: "4.0", high: "6.5" } })]);
  assert.equal(commonRange(other), null);
  assert.equal(rangesDiffer(other), true);
  const none = pointsOf([item("2025-01-01", "5")]);
  assert.equal(commonRange(none), null);
  assert.equal(rangesDiffer(none), false);
});

test("a range with one side keeps the other open", () => {
  const points = pointsOf([item("2025-01-01", "70", { range: { low: "60", high: null } })]);
  assert.deepEqual([commonRange(points).low, commonRange(points).high], [60, null]);
});

test("a stated change of method or specimen cuts the line, not stated keeps it", () => {
  const [a, b, c, d] = pointsOf([
    item("2025-01-01", "1", { method: "HPLC" }), item("2025-02-01", "2", { method: null }),
    item("2025-03-01", "3", { method: "HPLC" }), item("2025-04-01", "4", { method: "免疫比浊" }),
  ]);
  assert.deepEqual(runsOf([a, b, c, d]), [[a, b, c], [d]]);
});

test("values are written at up to twelve points, else at the newest, highest and lowest", () => {
  const many = pointsOf(Array.from({ length: 13 }, (_, n) => item(`2025-01-${String(n + 1).padStart(2, "0")}`, String((n * 7) % 13))));
  assert.equal(labelled(many.slice(0, 12)).size, 12);
  const chosen = [...labelled(many)].map((place) => many[place].value).sort((x, y) => x - y);
  assert.deepEqual(chosen, [0, 6, 12]);
});

test("the value axis holds data and band, has plain steps, and does not fall below zero", () => {
  const points = pointsOf([item("2025-01-01", "0.2"), item("2025-02-01", "8.1")]);
  const [low, high] = valueDomain(points, { low: 4, high: 12 });
  assert.ok(low >= 0 && low <= 0.2 && high > 12);
  for (const [from, to] of [[0, 9.3], [3.7, 6.2], [118, 131], [-40, 12], [0.001, 0.0093], [1e6, 9e6]]) {
    const ticks = valueTicks(from, to, 5);
    assert.ok(ticks.length >= 2 && ticks.length <= 12, `${from}..${to}: ${ticks.length}`);
    const step = ticks[1].value - ticks[0].value;
    assert.match(step.toExponential(0), /^[125]e/);
    for (const { value, text } of ticks) {
      assert.ok(value >= from - 1e-9 && value <= to * (1 + 1e-9) + 1e-9);
      assert.ok(Math.abs(Number(text) - value) < step / 10, text);
    }
  }
});

test("one value alone still has room on its axis", () => {
  const [low, high] = valueDomain(pointsOf([item("2025-01-01", "0")]), null);
  assert.ok(low <= 0 && high > 0 && valueTicks(low, high).length >= 2);
});

test("time ticks are at plain dates, inside the span, in order and not too many", () => {
  const at = (...parts) => new Date(...parts).getTime();
  for (const [from, to] of [
    [at(2024, 7, 14), at(2026, 6, 24)], [at(2026, 0, 1), at(2026, 1, 20)], [at(1990, 0, 1), at(2026, 0, 1)],
    [at(2026, 6, 24, 8), at(2026, 6, 24, 15)], [at(2026, 6, 1), at(2026, 6, 9)],
  ]) {
    const ticks = timeTicks(from, to, 6);
    assert.ok(ticks.length >= 1 && ticks.length <= 13, String(ticks.length));
    ticks.forEach((tick, place) => {
      assert.ok(tick.at >= from && tick.at <= to);
      assert.ok(place === 0 || tick.at > ticks[place - 1].at);
    });
  }
  assert.deepEqual(timeTicks(at(2024, 7, 14), at(2026, 6, 24), 6).map(({ text }) => text), ["2025-01", "2025-07", "2026-01", "2026-07"]);
});

test("distance on the x axis is distance in time", () => {
  const x = linear(0, 100, 10, 210);
  assert.deepEqual([x(0), x(25), x(100)], [10, 60, 210]);
  assert.equal(linear(5, 5, 0, 10)(5), 5);
});

test("each institution has a mark of its own, in the order given", () => {
  assert.deepEqual(marksFor(["b", "a", "b", "c"]), { b: "disc", a: "diamond", c: "square" });
  assert.equal(new Set(Object.values(marksFor(["a", "b", "c", "d", "e"]))).size, 5);
});
