// A QR code as rows of dark and light, computed on the phone, so that it holds what the phone wrote and nothing else.
// ISO/IEC 18004: byte mode, level M, versions 1 to 10 (213 bytes), mask 3, which is what our servers draw too. One fixed
// mask: no scanner needs the best of eight. Not here: drawing (parts/qr_picture.js).

/** By version: error correction codewords a block, then [blocks, data codewords in each] (table 9, level M). */
const BLOCKS = [
  [10, [1, 16]], [16, [1, 28]], [26, [1, 44]], [18, [2, 32]], [24, [2, 43]],
  [16, [4, 27]], [18, [4, 31]], [22, [2, 38], [2, 39]], [22, [3, 36], [2, 37]], [26, [4, 43], [1, 44]],
];
/** By version: rows and columns of alignment patterns (annex E). */
const ALIGNED = [
  [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
];
const LEVEL_M_MASK_3 = 0b00_011;
const masked = (row, column) => (row + column) % 3 === 0;

/** Rows of booleans, dark is true; throws RangeError for more than 213 bytes. */
export function qrRows(text) {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, place) => bytes.length + (place < 9 ? 2 : 3) <= capacity(place)) + 1;
  if (version === 0) throw new RangeError("too long for a code that phones read with ease");
  const grid = fixedPatterns(version);
  place(grid, interleaved(codewords(bytes, version), version));
  drawFormat(grid);
  return grid.map((row) => row.map(({ dark }) => dark));
}

const groups = (place) => BLOCKS[place].slice(1).flatMap(([count, size]) => Array(count).fill(size));
const capacity = (place) => groups(place).reduce((sum, size) => sum + size, 0);

/** Mode, length, text, end and padding, as whole codewords. */
function codewords(bytes, version) {
  const bits = [];
  const push = (value, length) => {
    for (let bit = length - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((byte) => push(byte, 8));
  const total = capacity(version - 1) * 8;
  push(0, Math.min(4, total - bits.length));
  while (bits.length % 8 > 0) bits.push(0);
  for (let pad = 0xec; bits.length < total; pad ^= 0xec ^ 0x11) push(pad, 8);
  return Array.from({ length: total / 8 }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0));
}

function interleaved(data, version) {
  const [corrections] = BLOCKS[version - 1];
  let at = 0;
  const blocks = groups(version - 1).map((size) => data.slice(at, (at += size)));
  const extra = blocks.map((block) => remainder(block, corrections));
  const across = (rows) => Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) => (
    rows.filter((row) => column < row.length).map((row) => row[column])
  )).flat();
  return [...across(blocks), ...across(extra)];
}

// Reed–Solomon over GF(256), x^8 + x^4 + x^3 + x^2 + 1.
const EXP = [1];
for (let at = 1; at < 255; at += 1) EXP.push((EXP[at - 1] << 1) ^ (EXP[at - 1] > 127 ? 0x11d : 0));
const LOG = new Map(EXP.map((value, at) => [value, at]));
const times = (a, b) => (a === 0 || b === 0 ? 0 : EXP[(LOG.get(a) + LOG.get(b)) % 255]);

function generator(degree) {
  let terms = [1];
  for (let root = 0; root < degree; root += 1) {
    terms = [...terms, 0].map((term, at) => term ^ times(terms[at - 1] ?? 0, EXP[root]));
  }
  return terms.slice(1);
}

function remainder(block, degree) {
  const divisor = generator(degree);
  return block.reduce((left, byte) => {
    const factor = byte ^ left[0];
    return [...left.slice(1), 0].map((value, at) => value ^ times(divisor[at], factor));
  }, Array(degree).fill(0));
}

/** The grid with finders, timing, alignment and version; the rest is free for data or kept for the format. */
function fixedPatterns(version) {
  const side = 17 + 4 * version;
  const grid = Array.from({ length: side }, () => Array.from({ length: side }, () => ({ dark: false, fixed: false })));
  const set = (row, column, dark) => {
    if (row >= 0 && row < side && column >= 0 && column < side) grid[row][column] = { dark, fixed: true };
  };
  const square = (row, column, radius, darkAt) => {
    for (let down = -radius; down <= radius; down += 1) {
      for (let right = -radius; right <= radius; right += 1) set(row + down, column + right, darkAt(Math.max(Math.abs(down), Math.abs(right))));
    }
  };
  for (const [row, column] of [[3, 3], [3, side - 4], [side - 4, 3]]) square(row, column, 4, (ring) => ring !== 2 && ring !== 4);
  const lines = ALIGNED[version - 1];
  for (const row of lines) {
    for (const column of lines) if (!grid[row][column].fixed) square(row, column, 2, (ring) => ring !== 1);
  }
  for (let at = 8; at < side - 8; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (let at = 0; at < 9; at += 1) for (const [row, column] of [[8, at], [at, 8]]) if (!grid[row][column].fixed) set(row, column, false);
  for (let at = side - 8; at < side; at += 1) {
    set(8, at, false);
    set(at, 8, false);
  }
  if (version >= 7) {
    const bits = (version << 12) | rest(version << 12, 0x1f25, 12);
    for (let at = 0; at < 18; at += 1) {
      const [near, far] = [Math.floor(at / 3), side - 11 + (at % 3)];
      set(near, far, ((bits >> at) & 1) === 1);
      set(far, near, ((bits >> at) & 1) === 1);
    }
  }
  return grid;
}

/** Remainder of a polynomial over GF(2); `degree` of the divisor. */
function rest(value, divisor, degree) {
  let left = value;
  for (let bit = 31 - Math.clz32(left); bit >= degree; bit = 31 - Math.clz32(left)) left ^= divisor << (bit - degree);
  return left;
}

/** Data in columns of two, from the lower right, up and down, masked. */
function place(grid, words) {
  const side = grid.length;
  let at = 0;
  let up = true;
  for (let right = side - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < side; step += 1) {
      const row = up ? side - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (grid[row][column].fixed) continue;
        const bit = at < words.length * 8 ? (words[at >> 3] >> (7 - (at & 7))) & 1 : 0;
        grid[row][column].dark = (bit === 1) !== masked(row, column);
        at += 1;
      }
    }
    up = !up;
  }
}

function drawFormat(grid) {
  const side = grid.length;
  const bits = ((LEVEL_M_MASK_3 << 10) | rest(LEVEL_M_MASK_3 << 10, 0x537, 10)) ^ 0x5412;
  for (let at = 0; at < 15; at += 1) {
    const dark = ((bits >> at) & 1) === 1;
    const down = at < 6 ? at : at < 8 ? at + 1 : side - 15 + at;
    const across = at < 8 ? side - 1 - at : at === 8 ? 7 : 14 - at;
    grid[down][8].dark = dark;
    grid[8][across].dark = dark;
  }
  grid[side - 8][8].dark = true;
}
