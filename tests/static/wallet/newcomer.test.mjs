// A hospital that came after this page was loaded: reached, believed once the log names it, and never a false alarm.

import assert from "node:assert/strict";
import test from "node:test";

import { openAsk } from "../../../static/wallet/flow/ask.js";
import { addressOf, parseFragment } from "../../../static/wallet/flow/code.js";
import { watchPolicy } from "../../../static/wallet/net/policy.js";
import { b64u, canonicalJson, utf8 } from "../../../static/wallet/verify/bytes.js";
import { signingInput, thumbprint } from "../../../static/wallet/verify/jws.js";

const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
const NOW = 1_767_225_600_000;
const LEDGER = "ab".repeat(32);
const [NEWCOMER, KEEPER] = ["cd".repeat(16), "ef".repeat(16)];
const REFERENCE = "7HPR3C8N";
const asked = signingInput("yaoshi-request", await thumbprint(key), canonicalJson({
  ledger: LEDGER, institution: NEWCOMER, reference: REFERENCE, purpose: "TREAT", reason: "糖尿病复诊", kinds: ["laboratory"], from: null,
  clinician: { id: "d", name: "林医生（合成）", role: "clinician", department: "内科" }, not_after: NOW + 1, at: NOW, expires: NOW + 3_600_000,
}));
const request = `${asked}.${b64u(new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, utf8(asked))))}`;

/** A wallet with one link, whose hospital's registry is read anew at each refresh: `registries` one after another. */
function linked(...registries) {
  const link = { subject: "12".repeat(16), institution: KEEPER, kid: "k" };
  const keys = [{ kid: "k", status: "full", rights: ["give"], until: null }];
  const view = { status: "checked", registry: registries.shift(), data: { keys, contested: false, closed: false } };
  const views = { of: () => view, refresh: async () => Object.assign(view, { registry: registries.shift() }) };
  const wallet = { links: [link], clock: () => NOW, views, sessions: { of: async () => ({ now: () => NOW }) } };
  return { wallet, left: registries };
}

const claimed = { institution: { id: NEWCOMER }, genesis: { id: LEDGER }, reference: REFERENCE, answer: { request } };
const named = { keyAt: (institution, use) => (institution === NEWCOMER && use === "peer" ? key : null) };
const unnamed = { keyAt: () => null };

test("a doctor of a hospital that joined after the log was read is believed when the log names it by now", async () => {
  const { wallet, left } = linked(unnamed, named);
  assert.equal((await openAsk(wallet, claimed)).request.institution, NEWCOMER);
  assert.equal(left.length, 0);
});

test("whom the log does not name when it is read anew is not believed, nor when it cannot be read", async () => {
  for (const later of [unnamed, null]) {
    const { wallet } = linked(unnamed, later);
    assert.deepEqual(await openAsk(wallet, claimed), { problem: "unverified" });
  }
});

test("a request that holds is not read twice", async () => {
  const { wallet, left } = linked(named, unnamed);
  assert.ok((await openAsk(wallet, claimed)).request);
  assert.equal(left.length, 1);
});

test("a code leads back to itself through the address that loads the page anew", () => {
  const { ledgerPrefix, code, reference } = parseFragment(addressOf({ code: "ZZ", reference: REFERENCE }, { id: LEDGER }).slice(3));
  assert.deepEqual([ledgerPrefix, code, reference], [LEDGER.slice(0, 32), "ZZ", REFERENCE]);
});

function loadedPage() {
  const page = new EventTarget();
  const gone = [];
  page.location = { assign: (address) => gone.push(address) };
  const facts = new Map();
  const kept = { getItem: (name) => facts.get(name) ?? null, setItem: (name, value) => facts.set(name, value) };
  const refuse = (effectiveDirective) => page.dispatchEvent(Object.assign(new Event("securitypolicyviolation"), { effectiveDirective }));
  return { page, kept, gone, refuse };
}

test("a page is outdated when it was refused a connection, and is loaded anew once a minute at most", () => {
  const { page, kept, gone, refuse } = loadedPage();
  let now = NOW;
  const policy = watchPolicy(() => now, { page, kept });
  refuse("img-src");
  assert.equal(policy.isOutdated(), false);
  refuse("connect-src");
  assert.equal(policy.isOutdated(), true);
  policy.loadAnew("/q#x");
  assert.deepEqual([gone, policy.isOutdated()], [["/q#x"], false]);
  now += 60_001;
  assert.equal(policy.isOutdated(), true);
});
