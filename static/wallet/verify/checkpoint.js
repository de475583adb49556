// A checkpoint: how many entries the common log has, and the root of its tree, signed by the operator.
// C2SP tlog-checkpoint. No extension line is accepted: nobody else could check what it says.

import { Malformed, unb64 } from "./bytes.js";
import { parseNote, signedBy } from "./note.js";

const SIZE = /^(0|[1-9][0-9]{0,15})$/;

/** {size, root, time (ms), note} of a note signed with both lines by one of the genesis' operators, else null. */
export async function openCheckpoint(note, genesis) {
  let parsed;
  try {
    parsed = parseNote(note);
    const { origin } = genesis.document;
    const rows = parsed.text.split("\n");
    if (rows.length !== 4 || rows[0] !== origin || !SIZE.test(rows[1])) return null;
    const root = unb64(rows[2]);
    if (root.length !== 32) return null;
    for (const key of genesis.checkpointKeys) {
      const said = await signedBy(parsed, origin, key);
      if (said === null) return null;
      if (said.plain && said.time !== null) return { size: Number(rows[1]), root, time: said.time * 1000, note };
    }
    return null;
  } catch (problem) {
    if (problem instanceof Malformed) return null;
    throw problem;
  }
}
