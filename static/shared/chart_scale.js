// Where things stand on a chart: plain steps on both axes, the reference ranges, the joins between results.

const STEPS = [1, 2, 2.5, 5, 10];

/** {low, high, ticks} that hold every value with ticks at plain steps. */
export function valueScale(values, wanted = 5) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (low === high) [low, high] = [low - Math.abs(low || 1) * 0.1, high + Math.abs(high || 1) * 0.1];
  const step = plainStep((high - low) / wanted);
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.ceil(high / step - 1e-9) * step;
  const count = Math.round((high - low) / step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + (step / 10 ** Math.floor(Math.log10(step)) === 2.5 ? 1 : 0));
  const ticks = Array.from({ length: count + 1 }, (_, place) => Number((low + place * step).toFixed(decimals)));
  return { low, high, ticks, decimals };
}

function plainStep(rough) {
  const size = 10 ** Math.floor(Math.log10(rough));
  return STEPS.find((step) => step * size >= rough - size * 1e-9) * size;
}

/** First days of months, so spread that they do not crowd: [{at, label "2025-02"}]. */
export function timeTicks(from, to, wanted = 5) {
  const first = new Date(from);
  const months = (to - from) / (30.44 * 86_400_000);
  const every = [1, 2, 3, 6, 12, 24, 60].find((count) => months / count <= wanted) ?? 120;
  const ticks = [];
  for (let place = 0; place < 200; place += 1) {
    const month = Math.ceil((first.getMonth() + 1e-9) / every) * every + place * every;
    const at = new Date(first.getFullYear(), month, 1);
    if (at.getTime() > to) break;
    if (at.getTime() >= from) {
      ticks.push({ at: at.getTime(), label: `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}` });
    }
  }
  return ticks;
}

/** The range that all points share, or null when laboratories differ or none is given. */
export function commonRange(items) {
  const found = new Set(items.map(({ range }) => (range && (range.low || range.high) ? `${range.low ?? ""}|${range.high ?? ""}` : "")));
  if (found.size !== 1 || found.has("")) return null;
  return items[0].range;
}

/** Runs of points that a line may join: a known change of method cuts; "not stated" does not. */
export function runs(points) {
  const found = [];
  let method = null;
  for (const point of points) {
    const stated = point.item.method ?? null;
    if (found.length === 0 || (stated && method && stated !== method)) found.push([]);
    found[found.length - 1].push(point);
    method = stated ?? method;
  }
  return found;
}

/** Which points carry their value in figures: all up to twelve, else newest, highest, lowest. */
export function labelled(points) {
  if (points.length <= 12) return new Set(points);
  const by = (better) => points.reduce((best, point) => (better(point.y, best.y) ? point : best));
  return new Set([points[points.length - 1], by((a, b) => a > b), by((a, b) => a < b)]);
}
