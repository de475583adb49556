// Can this browser keep a key? Found out by doing it: make, store, read back, sign, verify.
// Browser names and versions say nothing (in-app browsers differ by phone); only this test decides.

/** null when keys can be kept; else "insecure" (no secure context) or "too-old". */
export async function cannotKeepKeys(database) {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return "insecure";
  const kid = "self-test";
  try {
    const made = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    await database.put("keys", { kid, privateKey: made.privateKey });
    const { privateKey } = await database.get("keys", kid);
    await database.drop("keys", kid);
    const message = crypto.getRandomValues(new Uint8Array(32));
    const signature = await crypto.subtle.sign("Ed25519", privateKey, message);
    const good = await crypto.subtle.verify("Ed25519", made.publicKey, signature, message);
    return good && !privateKey.extractable && navigator.locks ? null : "too-old";
  } catch {
    return "too-old";
  }
}
