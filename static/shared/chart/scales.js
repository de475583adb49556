// Plain steps for the two axes: values by 1, 2 or 5, time by days, months or years, always to scale.

/** [low, high] that the y axis must show: the data and the band, with a little air; never below zero for data above. */
export function valueDomain(points, range) {
  const values = points.map(({ value }) => value);
  const own = range ? [range.low, range.high] : points.flatMap(({ low, high }) => [low, high]);
  const all = [...values, ...own.filter((limit) => limit !== null && limit !== undefined)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const air = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}

/** Ticks at plain steps, about `wanted` of them, inside [low, high]. */
export function valueTicks(low, high, wanted = 5) {
  const rough = (high - low) / Math.max(1, wanted);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((one) => one >= rough * 0.999);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) {
    ticks.push({ value: n * step, text: (n * step).toFixed(decimals) });
  }
  return ticks;
}

const DAY = 86_400_000;
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];
const DAY_STEPS = [1, 2, 5, 10];

/** Ticks [{at, text}] at plain dates between two moments (ms, local time), at most `most`. */
export function timeTicks(from, to, most = 6) {
  const span = to - from;
  if (span < DAY) return clockTicks(from, to, most);
  if (span < most * 12 * DAY) return dayTicks(from, to, most);
  const months = span / (30.44 * DAY);
  const step = MONTH_STEPS.find((one) => months / one <= most - 0.5) ?? 240;
  const first = new Date(from);
  const ticks = [];
  for (let n = Math.floor(monthsOf(first) / step) * step; ; n += step) {
    const at = new Date(Math.floor(n / 12), n % 12, 1).getTime();
    if (at > to) return ticks;
    if (at >= from)
      ticks.push({ at, text: step >= 12 ? String(Math.floor(n / 12)) : `${Math.floor(n / 12)}-${two((n % 12) + 1)}` });
  }
}

const monthsOf = (date) => date.getFullYear() * 12 + date.getMonth();
const two = (n) => String(n).padStart(2, "0");

function dayTicks(from, to, most) {
  const days = (to - from) / DAY;
  const step = DAY_STEPS.find((one) => days / one <= most) ?? 15;
  const start = new Date(from);
  const ticks = [];
  for (let n = 0; ; n += step) {
    const date = new Date(start.getFullYear(), start.getMonth(), start.getDate() + n);
    if (date.getTime() > to) return ticks;
    if (date.getTime() >= from)
      ticks.push({ at: date.getTime(), text: `${two(date.getMonth() + 1)}-${two(date.getDate())}` });
  }
}

function clockTicks(from, to, most) {
  const hour = 3_600_000;
  const step = [1, 2, 3, 6, 12].find((one) => (to - from) / hour / one <= most) ?? 24;
  const start = new Date(from).setHours(0, 0, 0, 0);
  const ticks = [];
  for (let at = start; at <= to; at += step * hour) {
    if (at >= from) ticks.push({ at, text: `${two(new Date(at).getHours())}:00` });
  }
  return ticks;
}

/** A straight map from [a, b] to [x, y]; the middle when a = b. */
export const linear = (a, b, x, y) => (value) => (a === b ? (x + y) / 2 : x + ((value - a) / (b - a)) * (y - x));
