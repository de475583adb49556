// The chart of one series: band or brackets, neutral line, a mark a result, values at the points, and arrow keys.
// Invariants: x is time to scale; a reference range is drawn only as a laboratory issued it; the picture carries
// nothing that its one sentence and the table beside it do not say.

import { h, replace, s } from "../dom.js";
import { fullDay, moment, t } from "../i18n.js";
import { flagNode, rangeText, termName, unitText } from "../terms.js";
import { markAt } from "../marks.js";
import { commonRange, labelled, pointsOf, rangesDiffer, runsOf } from "./points.js";
import { linear, timeTicks, valueDomain, valueTicks } from "./scales.js";

/**
 * A node that draws itself at its own width. `items`: Items of one code and unit; `marks`: {source: shape};
 * `names`: source -> text; `now` ms shows "today" at the right edge; `height` px.
 */
export function seriesChart(items, { marks = {}, names = () => "", height = 260, now = null } = {}) {
  const chart = document.createElement("series-chart");
  chart.given = { points: pointsOf(items), marks, names, height, now };
  return chart;
}

class SeriesChart extends HTMLElement {
  connectedCallback() {
    this.at = -1;
    this.frame = h("div");
    this.reading = h("p", { class: "chart-reading", "aria-live": "polite" });
    replace(this, this.frame, this.reading);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this);
    this.addEventListener("keydown", this.step);
    this.draw();
  }

  disconnectedCallback() {
    this.watch.disconnect();
    this.removeEventListener("keydown", this.step);
  }

  draw() {
    const width = Math.max(240, this.clientWidth);
    const { points } = this.given;
    if (points.length === 0) {
      replace(this.frame, h("p", { class: "meta" }, t("chart.nothing")));
    } else if (width !== this.width) {
      this.width = width;
      const focused = this.contains(document.activeElement);
      replace(this.frame, picture(this.given, width));
      if (focused) this.frame.firstElementChild.focus();
      this.show();
    }
  }

  step(event) {
    const last = this.given.points.length - 1;
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!move) return;
    event.preventDefault();
    const from = this.at < 0 ? last + (move < 0 ? 1 : 0) : this.at;
    this.at = Math.max(0, Math.min(last, from + move));
    this.show();
  }

  show() {
    this.frame.querySelector(".chart-now")?.remove();
    const point = this.given.points[this.at];
    if (!point) return;
    const { x, y } = this.frame.firstElementChild.placeOf(point);
    this.frame.firstElementChild.append(s("circle", { class: "chart-now", cx: x, cy: y, r: 10 }));
    replace(this.reading, sayPoint(point, this.given.names), flagNode(point.item) ? " " : null, flagNode(point.item));
  }
}
customElements.define("series-chart", SeriesChart);

const sayPoint = ({ at, text, item, source }, names) =>
  [moment(at), `${text} ${unitText(item)}`.trim(), names(source)].filter(Boolean).join(" · ");

function picture({ points, marks, names, height, now }, width) {
  const range = commonRange(points);
  const [low, high] = valueDomain(points, range);
  const ticks = valueTicks(low, high, height < 220 ? 3 : 5);
  const box = {
    left: 12 + 8 * Math.max(...ticks.map(({ text }) => text.length)),
    right: width - 14,
    top: 26,
    bottom: height - 30,
  };
  const end = now === null ? points[points.length - 1].at : Math.max(now, points[points.length - 1].at);
  const inset = points.length > 1 || now !== null ? 24 : 0;
  const x = linear(points[0].at, end, box.left + inset, box.right - inset);
  const y = linear(low, high, box.bottom - 10, box.top);
  const svg = s(
    "svg",
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      tabindex: "0",
      "aria-label": sentence(points),
      "aria-description": t("chart.keys"),
    },
    range ? band(range, box, y, low, high) : null,
    ticks.map((tick) => yTick(tick, box, y)),
    range ? bandLabel(range, box, y, high) : null,
    xAxis(points[0].at, end, box, x, now !== null, width),
    rangesDiffer(points) ? points.map((point) => bracket(point, x(point.at), y, box)) : null,
    lines(points, x, y),
    points.map((point) => s("circle", { class: "mark-halo", cx: x(point.at), cy: y(point.value), r: 8.5 })),
    points.map((point) => pointMark(point, marks, x(point.at), y(point.value))),
    valueLabels(points, x, y, box),
  );
  svg.placeOf = (point) => ({ x: x(point.at), y: y(point.value) });
  return svg;
}

function yTick({ value, text }, box, y) {
  return [
    s("line", { class: "chart-grid", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
    s("text", { class: "chart-label", x: box.left - 8, y: y(value) + 4.5, "text-anchor": "end" }, text),
  ];
}

function xAxis(from, to, box, x, today, width) {
  const most = Math.max(2, Math.floor((box.right - box.left) / 110));
  const ticks = from === to ? [{ at: from, text: fullDay(from) }] : timeTicks(from, to, most);
  const kept = ticks.length > 0 ? ticks : [{ at: from, text: fullDay(from) }];
  const near = (at) => today && x(to) - x(at) < 70;
  const tick = (at, text) => [
    s("line", { class: "chart-axis", x1: x(at), x2: x(at), y1: box.bottom, y2: box.bottom + 5 }),
    s(
      "text",
      { class: "chart-label", x: Math.min(x(at), width - 36), y: box.bottom + 21, "text-anchor": "middle" },
      text,
    ),
  ];
  return [
    s("line", { class: "chart-axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    kept.filter(({ at }) => !near(at)).map(({ at, text }) => tick(at, text)),
    today ? tick(to, t("chart.today")) : null,
  ];
}

function band({ low, high }, box, y, least, most) {
  const top = high === null ? box.top - 10 : y(Math.min(high, most));
  const bottom = low === null ? box.bottom : Math.min(box.bottom, y(Math.max(low, least)));
  const edge = (at) => s("line", { class: "chart-band-edge", x1: box.left, x2: box.right, y1: at, y2: at });
  return [
    s("rect", {
      class: "chart-band",
      x: box.left,
      width: box.right - box.left,
      y: top,
      height: Math.max(0, bottom - top),
    }),
    high === null ? null : edge(top),
    low === null ? null : edge(bottom),
  ];
}

function bandLabel({ low, high, sources, item }, box, y, most) {
  const top = high === null ? box.top - 10 : y(Math.min(high, most));
  const bottom = low === null ? box.bottom : y(low);
  const range = rangeText(item);
  const words = sources > 1 ? t("chart.range.same", { range, n: sources }) : t("chart.range", { range });
  // A narrow band cannot hold its label: it then stands under or over it, where the axis leaves room.
  const at = bottom - top > 22 ? top + 17 : bottom + 17 < box.bottom ? bottom + 15 : top - 6;
  return s("text", { class: "chart-band-label", x: box.left + 8, y: at }, words);
}

function bracket({ low, high }, x, y, box) {
  if (low === null && high === null) return null;
  const [top, bottom] = [high === null ? box.top : y(high), low === null ? box.bottom : y(low)];
  const foot = (at, open) => (open ? "" : `M${x - 5} ${at}h10`);
  return s("path", {
    class: "chart-bracket",
    d: `M${x} ${top}V${bottom}${foot(top, high === null)}${foot(bottom, low === null)}`,
  });
}

function lines(points, x, y) {
  const runs = runsOf(points);
  const drawn = runs.map((run) =>
    run.length < 2
      ? null
      : s("path", {
          class: "chart-line",
          d: `M${run.map((one) => `${x(one.at).toFixed(1)} ${y(one.value).toFixed(1)}`).join("L")}`,
        }),
  );
  const notes = runs.slice(1).map((run, place) => {
    const before = runs[place][runs[place].length - 1];
    const [a, b] = [before, run[0]].map((one) => ({ x: x(one.at), y: y(one.value) }));
    return s(
      "text",
      { class: "chart-note", x: (a.x + b.x) / 2, y: Math.max(a.y, b.y) + 22, "text-anchor": "middle" },
      t("chart.method-changed"),
    );
  });
  return [drawn, notes];
}

function pointMark({ bound, source }, marks, x, y) {
  const shape = marks[source] ?? "disc";
  const arrow = bound === "<" ? `M${x} ${y + 6}v10m-4 -4l4 4l4 -4` : `M${x} ${y - 6}v-10m-4 4l4 -4l4 4`;
  return [
    bound === "<" || bound === ">" ? s("path", { class: `mark-arrow mark-${shape} open`, d: arrow }) : null,
    markAt(shape, x, y, { open: bound === "<" || bound === ">" }),
  ];
}

function valueLabels(points, x, y, box) {
  const chosen = labelled(points);
  const placed = [];
  return points.map((point, place) => {
    if (!chosen.has(place)) return null;
    const half = point.text.length * 4 + 4;
    const over = { x: x(point.at), y: Math.max(box.top - 10, y(point.value) - 14), half };
    const under = { ...over, y: y(point.value) + 24 };
    // In a valley the line leaves room below; elsewhere above. Two results close in time never share a place.
    const [first, second] = isValley(points, place) && under.y < box.bottom ? [under, over] : [over, under];
    const at = placed.some((other) => meet(other, first)) ? second : first;
    placed.push(at);
    return s("text", { class: "chart-value", x: at.x, y: at.y, "text-anchor": "middle" }, point.text);
  });
}

const meet = (a, b) => Math.abs(a.x - b.x) < a.half + b.half && Math.abs(a.y - b.y) < 15;

const isValley = (points, place) =>
  place > 0 &&
  place < points.length - 1 &&
  points[place].value < points[place - 1].value &&
  points[place].value < points[place + 1].value;

/** The one sentence of `role="img"`. */
export function sentence(points) {
  const order = [...points].sort((a, b) => a.value - b.value);
  const newest = points[points.length - 1];
  return t(points.length === 1 ? "chart.sentence.one" : "chart.sentence", {
    name: termName(newest.item.code),
    n: points.length,
    from: fullDay(points[0].at),
    to: fullDay(newest.at),
    low: order[0].text,
    high: order[order.length - 1].text,
    last: newest.text,
    unit: unitText(newest.item),
  });
}
