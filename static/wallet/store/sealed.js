// What is kept for offline use lies encrypted: AES-GCM, with a key that script can use and nobody can read out.
// Holds the last checked timeline of each link and the requests that were answered; never records.

import { textOf, utf8 } from "../verify/bytes.js";

async function sealKey(database) {
  return navigator.locks.request("yaoshi-seal", async () => {
    const kept = await database.get("facts", "seal");
    if (kept !== null) return kept.value;
    const value = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await database.put("facts", { name: "seal", value });
    return value;
  });
}

export async function seal(database, name, value) {
  const key = await sealKey(database);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = utf8(JSON.stringify(value));
  const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(name) }, key, plain);
  await database.put("sealed", { name, iv, bytes });
}

/** The value sealed under this name, or null when there is none or it does not open. */
export async function unseal(database, name) {
  const kept = await database.get("sealed", name);
  if (kept === null) return null;
  const key = await sealKey(database);
  try {
    const opened = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: kept.iv, additionalData: utf8(name) }, key, kept.bytes,
    );
    return JSON.parse(textOf(new Uint8Array(opened)));
  } catch {
    return null;
  }
}
