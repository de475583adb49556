// Where institutions answer, those that joined after the genesis too: the directory that the wallet's own origin serves.
// Whoever serves it serves this program as well. It says names and addresses; whose key is whose, the ledger alone says.

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

/** The directory as it was kept, added to the genesis. */
export async function addKeptDirectory(database, genesis) {
  const kept = await database.get("facts", "directory");
  if (kept !== null) addDirectory(genesis, kept.value);
}

/** Fetch the directory, add it and keep it; without an answer what is known stays. */
export async function refreshDirectory(database, genesis, read = fetch) {
  try {
    const answer = await read("/registry.json", { cache: "no-cache" });
    if (!answer.ok) return;
    const served = await answer.json();
    addDirectory(genesis, served);
    await database.put("facts", { name: "directory", value: served });
  } catch (problem) {
    if (!(problem instanceof TypeError || problem instanceof SyntaxError)) throw problem;
  }
}
