// Entries that an institution signed together: each carries its place, a path and the one signature of all.
// docs/formats/batch.md: u32 index, u32 size, path (RFC 6962), Ed25519 signature over the tag, u32 size and the root of
// the signing inputs. The size is signed, so an entry of a batch has one form. A phone's own key never signs so.

import { Malformed, concat, readU32, tag } from "./bytes.js";
import { leafHash, rootBy } from "./merkle.js";

const TAG = tag("yaoshi/batch/v1");
const LARGEST = 256;
const PLACE = 8;
const SIGNATURE = 64;
const HASH = 32;

/** {message, signature} of the third part of an entry of a batch, not yet verified. */
export async function openPart(part, signed) {
  const path = part.length - PLACE - SIGNATURE;
  if (path < HASH || path % HASH !== 0) throw new Malformed("neither a signature nor a place in a batch");
  const index = readU32(part, 0);
  const size = readU32(part, 4);
  if (size < 2 || size > LARGEST) throw new Malformed("a batch has 2 to 256 entries");
  const hashes = Array.from({ length: path / HASH }, (_, at) => part.slice(PLACE + at * HASH, PLACE + (at + 1) * HASH));
  const root = await rootBy(await leafHash(signed), index, size, hashes);
  if (root === null) throw new Malformed("no path to this place");
  return { message: concat(TAG, part.slice(4, PLACE), root), signature: part.slice(-SIGNATURE) };
}
