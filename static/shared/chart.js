// A series of one result over time: to scale, with the issuing laboratory's range, one mark an institution.
// Every chart has a table beside it; the picture itself says one sentence to a screen reader.

import { commonRange, labelled, runs, timeTicks, valueScale } from "./chart_scale.js";
import { s } from "./dom.js";
import { day, t } from "./i18n.js";
import { markShape } from "./marks.js";
import { rangeText, termName, unitText, valueText } from "./terms.js";

const WIDTH = 820;
const LEFT = 44;
const RIGHT = 16;
const TOP = 26;
const BOTTOM = 30;

/** Items with a number and a date as points, oldest first. */
export function pointsOf(items) {
  return items.filter((item) => item.value?.number && item.date)
    .map((item) => ({ item, x: Date.parse(item.date), y: Number(item.value.number) }))
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)).sort((a, b) => a.x - b.x);
}

/** The chart, or null when there is no number to draw. `marks`: {source: 1…5}. `width` is its coordinate space. */
export function seriesChart(items, { marks = {}, height = 300, width = WIDTH, onPoint = null } = {}) {
  const points = pointsOf(items);
  if (points.length === 0) return null;
  const range = commonRange(points.map(({ item }) => item));
  const scale = valueScale(valuesToShow(points));
  const place = placing(points, scale, width, height);
  const drawing = s("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": sentence(points) },
    range ? bandOf(range, scale, place, width) : points.map((point) => bracket(point, scale, place)),
    grid(scale, place, width), timeAxis(points, place, width, height),
    runs(points).map((run) => s("path", { class: "line", d: run.map(({ x, y }, index) => `${index ? "L" : "M"}${place.x(x)} ${place.y(y)}`).join("") })),
    range ? bandLabel(range, scale, place) : null, pointNodes(points, marks, place, onPoint));
  drawing.addEventListener("keydown", stepThrough);
  return drawing;
}

/** A line as wide as a word: band, line, last mark. Never the only carrier of anything. */
export function spark(items, { marks = {} } = {}) {
  const points = pointsOf(items);
  const frame = s("svg", { class: "spark chart", viewBox: "0 0 96 32", "aria-hidden": "true" });
  if (points.length === 0) return frame;
  const range = commonRange(points.map(({ item }) => item));
  const all = points.map(({ y }) => y).concat(range ? [range.low, range.high].filter(Boolean).map(Number) : []);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const y = (value) => 27 - ((value - low) / (high - low || 1)) * 22;
  const span = points[points.length - 1].x - points[0].x || 1;
  const x = (at) => (points.length === 1 ? 86 : 4 + ((at - points[0].x) / span) * 82);
  if (range) {
    const top = range.high ? y(Number(range.high)) : 2;
    frame.append(s("rect", { class: "band", x: 0, y: top, width: 96, height: Math.max(1, (range.low ? y(Number(range.low)) : 30) - top) }));
  }
  const last = points[points.length - 1];
  frame.append(s("path", { class: "line", d: points.map((point, index) => `${index ? "L" : "M"}${x(point.x)} ${y(point.y)}`).join("") }),
    markShape(marks[last.item.source] ?? 1, x(last.x), y(last.y), { size: 3.6 }));
  return frame;
}

function valuesToShow(points) {
  const edges = points.flatMap(({ item }) => [item.range?.low, item.range?.high]).filter(Boolean).map(Number);
  return points.map(({ y }) => y).concat(edges.filter(Number.isFinite));
}

function placing(points, scale, width, height) {
  const [from, to] = [points[0].x, Math.max(points[points.length - 1].x, points[0].x + 86_400_000)];
  const pad = (to - from) * 0.04;
  return {
    x: (at) => round(LEFT + ((at - from + pad) / (to - from + 2 * pad)) * (width - LEFT - RIGHT)),
    y: (value) => round(TOP + (1 - (value - scale.low) / (scale.high - scale.low)) * (height - TOP - BOTTOM)),
  };
}

const round = (value) => Math.round(value * 10) / 10;

function bandOf(range, scale, place, width) {
  const top = place.y(range.high ? Math.min(Number(range.high), scale.high) : scale.high);
  const bottom = place.y(range.low ? Math.max(Number(range.low), scale.low) : scale.low);
  const edge = (y) => s("line", { class: "band-edge", x1: LEFT, x2: width - RIGHT, y1: y, y2: y });
  return [s("rect", { class: "band", x: LEFT, y: top, width: width - LEFT - RIGHT, height: Math.max(1, bottom - top) }),
    range.high ? edge(top) : null, range.low ? edge(bottom) : null];
}

function bandLabel(range, scale, place) {
  const top = place.y(range.high ? Math.min(Number(range.high), scale.high) : scale.high);
  return s("text", { class: "band-label", x: LEFT + 8, y: top + 18 }, t("range.label", { range: rangeText({ range }) }));
}

function bracket({ item, x }, scale, place) {
  if (!item.range?.low && !item.range?.high) return null;
  const clamp = (value) => place.y(Math.min(scale.high, Math.max(scale.low, value)));
  return s("line", { class: "bracket", x1: place.x(x), x2: place.x(x),
    y1: clamp(item.range.high ? Number(item.range.high) : scale.high), y2: clamp(item.range.low ? Number(item.range.low) : scale.low) });
}

function grid(scale, place, width) {
  return scale.ticks.map((tick) => [
    s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: place.y(tick), y2: place.y(tick) }),
    s("text", { x: LEFT - 10, y: place.y(tick) + 4, "text-anchor": "end" }, tick.toFixed(scale.decimals)),
  ]);
}

function timeAxis(points, place, width, height) {
  const y = height - BOTTOM;
  const ticks = timeTicks(points[0].x, points[points.length - 1].x, Math.max(2, Math.floor(width / 160)));
  return [s("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }), ticks.map(({ at, label }) => [
    s("line", { class: "axis", x1: place.x(at), x2: place.x(at), y1: y, y2: y + 5 }),
    s("text", { x: place.x(at), y: y + 21, "text-anchor": "middle" }, label),
  ])];
}

function pointNodes(points, marks, place, onPoint) {
  const written = labelled(points);
  return points.map((point, index) => {
    const [x, y] = [place.x(point.x), place.y(point.y)];
    const bound = point.item.value.comparator;
    return s("g", { class: "point", role: "img", tabindex: index === points.length - 1 ? "0" : "-1",
      "aria-label": `${day(point.x)} ${valueText(point.item)} ${unitText(point.item)}`, onFocus: onPoint ? () => onPoint(point.item) : null },
    s("circle", { class: "halo", cx: x, cy: y, r: 9 }), markShape(marks[point.item.source] ?? 1, x, y, { hollow: Boolean(bound) }),
    bound ? s("text", { x, y: y + 22, "text-anchor": "middle" }, bound.startsWith("<") ? "↓" : "↑") : null,
    written.has(point) ? s("text", { class: "value-label", x, y: y - 13, "text-anchor": "middle" }, valueText(point.item)) : null);
  });
}

function stepThrough(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const points = [...event.currentTarget.querySelectorAll(".point")];
  const now = points.indexOf(event.target.closest(".point"));
  const next = points[now + (step ?? 0)];
  if (!step || now < 0 || !next) return;
  event.preventDefault();
  points[now].setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function sentence(points) {
  const last = points[points.length - 1];
  return t("chart.sentence", { name: termName(last.item.code), count: points.length, from: day(points[0].x), to: day(last.x),
    value: valueText(last.item), unit: unitText(last.item), date: day(last.x) });
}
