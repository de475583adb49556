// The common log as a tree: is this leaf in it, and does the new tree still contain the old one?
// RFC 9162 sections 2.1.3.2 and 2.1.4.2 (RFC 6962 hashes). Numbers may pass 2^31, so halves are taken by arithmetic,
// never by bit operators.

import { equal, sha256 } from "./bytes.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (data) => sha256(LEAF, data);
const nodeHash = (left, right) => sha256(NODE, left, right);

const odd = (n) => n % 2 === 1;
const half = (n) => Math.floor(n / 2);
const whole = (hashes) => hashes.every((hash) => hash.length === 32);

/** The root over these leaf hashes, at least one. */
export async function rootOf(leaves) {
  if (leaves.length === 1) return leaves[0];
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  return nodeHash(await rootOf(leaves.slice(0, middle)), await rootOf(leaves.slice(middle)));
}

/** Whether leaf hash `leaf` stands at `index` in the tree of `size` leaves with this root. */
export async function verifyInclusion(leaf, index, size, proof, root) {
  const found = await rootBy(leaf, index, size, proof);
  return found !== null && equal(found, root);
}

/** The root that the path gives for `leaf` at `index`, or null when it is no path to this place. */
export async function rootBy(leaf, index, size, proof) {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size)) return null;
  if (!whole([leaf, ...proof])) return null;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (sn === 0) return null;
    if (odd(fn) || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? hash : null;
}

function powerOfTwo(n) {
  let m = n;
  while (m > 1 && !odd(m)) m = half(m);
  return m === 1;
}

/** Whether the tree (newSize, newRoot) extends the tree (oldSize, oldRoot); oldSize at least 1. */
export async function verifyConsistency(oldSize, newSize, oldRoot, newRoot, proof) {
  if (!(Number.isSafeInteger(oldSize) && Number.isSafeInteger(newSize) && oldSize >= 1 && oldSize <= newSize)) {
    return false;
  }
  if (!whole([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === newSize) return proof.length === 0 && equal(oldRoot, newRoot);
  if (proof.length === 0) return false;
  const path = powerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (odd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  let older = path[0];
  let newer = path[0];
  for (const hash of path.slice(1)) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      older = await nodeHash(hash, older);
      newer = await nodeHash(hash, newer);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      newer = await nodeHash(newer, hash);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equal(older, oldRoot) && equal(newer, newRoot);
}
