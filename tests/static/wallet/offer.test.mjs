// A request answers this phone's offer or none; codes of others are text; text that hides its signs shows them.

import assert from "node:assert/strict";
import test from "node:test";

import { visible } from "../../../static/shared/visible.js";
import { parseScanned } from "../../../static/wallet/flow/code.js";
import { b64u, canonicalJson, utf8 } from "../../../static/wallet/verify/bytes.js";
import { signingInput, thumbprint } from "../../../static/wallet/verify/jws.js";
import { openRequest } from "../../../static/wallet/verify/request.js";

const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
const kid = await thumbprint(key);
const NOW = 1_767_225_600_000;
const LEDGER = "ab".repeat(32);
const [ASKER, KEEPER] = ["cd".repeat(16), "ef".repeat(16)];
const OFFER = { institution: KEEPER, reference: "2M4KQ9TZ" };
const PAYLOAD = {
  ledger: LEDGER, institution: ASKER, reference: "7HPR3C8N", purpose: "TREAT", reason: "糖尿病复诊", kinds: ["laboratory"], from: null,
  clinician: { id: "d", name: "林医生（合成）", role: "clinician", department: "内科" }, not_after: NOW + 1, at: NOW, expires: NOW + 3_600_000,
};
const asked = { key, ledger: LEDGER, institution: ASKER, reference: "7HPR3C8N", now: NOW };

async function signed(more) {
  const input = signingInput("yaoshi-request", kid, canonicalJson({ ...PAYLOAD, ...more }));
  return `${input}.${b64u(new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, utf8(input))))}`;
}

test("a request that names this phone's offer is read for it", async () => {
  const { request } = await openRequest(await signed({ offer: OFFER }), { ...asked, offer: OFFER });
  assert.deepEqual(request.offer, OFFER);
});

const WRONG = {
  "it names no offer": {}, "it names another offer": { offer: { ...OFFER, reference: "2M4KQ9T0" } },
  "it names the offer at another institution": { offer: { ...OFFER, institution: ASKER } }, "its offer is null": { offer: null },
  "its offer has one more member": { offer: { ...OFFER, link: "x" } }, "its offer is a text": { offer: "2M4KQ9TZ" }, "its offer is a list": { offer: [OFFER] },
};
for (const [name, more] of Object.entries(WRONG)) {
  test(`a request is not shown for an offer when ${name}`, async () => {
    assert.deepEqual(await openRequest(await signed(more), { ...asked, offer: OFFER }), { problem: "unverified" });
  });
}

test("a request that answers somebody's offer is not shown to a phone that scanned it", async () => {
  assert.deepEqual(await openRequest(await signed({ offer: OFFER }), asked), { problem: "unverified" });
  assert.equal((await openRequest(await signed({}), asked)).request.reference, "7HPR3C8N");
});

const OURS = "https://wallet.example";
const CODE = "AAECAwQFBgcICQoLDA0ODw.WT.7HPR3C8N";
const FOREIGN = [
  `https://evil.example/q#${CODE}`, `http://wallet.example/q#${CODE}`, `https://w\u0430llet.example/q#${CODE}`, `${OURS}@evil.example/q#${CODE}`,
  `${OURS}:8443/q#${CODE}`, `${OURS}:443/q#${CODE}`, `${OURS}.evil.example/q#${CODE}`, `https://evilwallet.example/q#${CODE}`, `${OURS}／q#${CODE}`,
  `HTTPS://WALLET.EXAMPLE/q#${CODE}`, ` ${OURS}/q#${CODE}`, `${OURS}/q#${CODE}\n`, `${OURS}/q#${CODE}\u0000`, `${OURS}/q%23${CODE}`, `${OURS}/q#`,
  `${OURS}/q#${CODE.replace("7", "\uff17")}`, `${OURS}/q#\u200b${CODE}`, `\u202e${OURS}/q#${CODE}`, `javascript:'${OURS}/q#${CODE}'`, "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>", "A".repeat(4096), `${OURS}/q#${"A".repeat(4096)}`, "\ud800", "", "\u0000",
];
for (const [place, text] of FOREIGN.entries()) {
  test(`scanned text ${place} is no code`, () => assert.equal(parseScanned(text, OURS), null));
}
test("our own address is one", () => assert.equal(parseScanned(`${OURS}/q#${CODE}`, OURS).reference, "7HPR3C8N"));

test("signs that nobody can see stand there by their number, and long text is cut between signs", () => {
  assert.deepEqual(visible("\u202emoc.live\u202c"), { text: "⟨202E⟩moc.live⟨202C⟩", more: 0 });
  assert.deepEqual(visible("a\u0000\u200b\u2028\ufeff\ud800b"), { text: "a⟨0000⟩⟨200B⟩⟨2028⟩⟨FEFF⟩⟨D800⟩b", more: 0 });
  assert.deepEqual(visible("林秀兰 👨‍⚕️", 5), { text: "林秀兰 👨", more: 3 });
  assert.equal(visible("A".repeat(4096)).text.length, 300);
  assert.equal(visible("\u{e0041}").text, "⟨E0041⟩");
});
