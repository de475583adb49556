// A press and a redraw: what a finger is on stays until it is let go, and news is shown at last.

import assert from "node:assert/strict";
import test, { beforeEach, mock } from "node:test";

import { drawingSoon, watchPresses } from "../../../static/shared/redraw.js";

const screen = new EventTarget();
watchPresses(screen);
const happens = (name, more = {}) => screen.dispatchEvent(Object.assign(new Event(name), more));
const turn = () => new Promise((resolve) => queueMicrotask(resolve));

let drawn = 0;
const drawSoon = drawingSoon(() => (drawn += 1));

mock.timers.enable({ apis: ["setTimeout"] });
beforeEach(() => {
  mock.timers.tick(10_000);
  drawn = 0;
});

test("many changes are drawn once, at once", async () => {
  drawSoon();
  drawSoon();
  await turn();
  assert.equal(drawn, 1);
});

test("news waits for the end of a press, and the click comes first", async () => {
  happens("pointerdown");
  drawSoon();
  await turn();
  happens("pointerup");
  assert.equal(drawn, 0);
  happens("click");
  assert.equal(drawn, 0);
  mock.timers.tick(0);
  assert.equal(drawn, 1);
  mock.timers.tick(10_000);
  assert.equal(drawn, 1);
});

test("what a click changes is drawn at once, and what waited is drawn with it", async () => {
  happens("pointerdown");
  drawSoon();
  happens("pointerup");
  happens("click");
  drawSoon();
  await turn();
  assert.equal(drawn, 1);
  mock.timers.tick(0);
  assert.equal(drawn, 1);
});

for (const [how, end] of [["a swipe", () => happens("pointercancel")],
  ["a press that made no click", () => { happens("pointerup"); mock.timers.tick(150); }],
  ["one second, however long the press", () => mock.timers.tick(1000)]]) {
  test(`news is shown after ${how}`, () => {
    happens("pointerdown");
    drawSoon();
    assert.equal(drawn, 0);
    end();
    assert.equal(drawn, 1);
  });
}

test("the space bar presses as a finger does; other keys hold nothing", async () => {
  happens("keydown", { key: "a" });
  drawSoon();
  await turn();
  assert.equal(drawn, 1);
  happens("keydown", { key: " " });
  drawSoon();
  await turn();
  assert.equal(drawn, 1);
  happens("keyup", { key: " " });
  happens("click");
  mock.timers.tick(0);
  assert.equal(drawn, 2);
});
