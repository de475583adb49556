// Where institutions answer, those that joined after the genesis too: the directory that the wallet's own origin serves.
// Whoever serves it serves this program as well. It says names and addresses; whose key is whose, the ledger alone says:
// an operator who joined later vouches for the log once the votes that let it in were checked here.

import { Alarm } from "../verify/alarm.js";
import { Malformed, equal, unb64u } from "../verify/bytes.js";
import { openRegistry } from "../verify/registry.js";

const ADDRESS = /^https?:\/\/[!-~]{1,300}$/;
const ID = /^[0-9a-f]{32}$/;
const CODE = /^[0-9A-HJKMNP-TV-Z]{2}$/;

const wellFormed = (row) => (
  ID.test(row?.id) && CODE.test(row.code) && ADDRESS.test(row.base) && typeof row.type === "string" &&
  typeof row.name?.["zh-CN"] === "string" && typeof row.name.en === "string"
);

/** Put the rows of a served directory beside the institutions of this genesis; what does not fit is left out. */
export function addDirectory({ id: ledger, institutions }, served) {
  if (served?.ledger !== ledger || !Array.isArray(served.institutions)) return;
  for (const { id, code, name, type, base, retired } of served.institutions.filter(wellFormed)) {
    const taken = [...institutions.values()].some((each) => each.code === code && each.id !== id);
    const before = institutions.get(id);
    if (taken || (before !== undefined && before.code !== code)) continue;
    institutions.set(id, { ...before, id, code, name, type, base, retired: retired === true });
  }
}

/** Put who takes part by a registry that was checked beside the institutions of this genesis; its operators vouch, too. */
export function addRegistry(genesis, { institutions, checkpointKeys }) {
  addDirectory(genesis, { ledger: genesis.id, institutions });
  const known = genesis.checkpointKeys;
  known.push(...checkpointKeys.filter((key) => !known.some((each) => equal(each, key))));
}

/** Let the operators of a served registry vouch for the log, too, if the genesis' operators voted for each of them. */
export async function addOperators(genesis, served) {
  try {
    addRegistry(genesis, await openRegistry(served.registry, genesis, unb64u(served.registry.heads, 32)));
  } catch (problem) {
    if (!(problem instanceof Alarm || problem instanceof Malformed || problem instanceof TypeError)) throw problem;
  }
}

async function add(genesis, served) {
  addDirectory(genesis, served);
  await addOperators(genesis, served);
}

/** The directory as it was kept, added to the genesis. */
export async function addKeptDirectory(database, genesis) {
  const kept = await database.get("facts", "directory");
  if (kept !== null) await add(genesis, kept.value);
}

/** Fetch the directory, add it and keep it; without an answer what is known stays. Gives whether there was an answer. */
export async function refreshDirectory(database, genesis, read = fetch) {
  try {
    const answer = await read("/registry.json", { cache: "no-cache" });
    if (!answer.ok) return false;
    const served = await answer.json();
    await add(genesis, served);
    await database.put("facts", { name: "directory", value: served });
    return true;
  } catch (problem) {
    if (!(problem instanceof TypeError || problem instanceof SyntaxError)) throw problem;
    return false;
  }
}
