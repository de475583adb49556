// Bytes, statements, receipts, requests and codes: the published vectors, and every refused spelling.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { b64u, canonicalJson, hex, sha256, unb64, unb64u, unhex, utf8 } from "../../../static/wallet/verify/bytes.js";
import { commit, openedBy } from "../../../static/wallet/verify/commitment.js";
import { threeDigits } from "../../../static/wallet/verify/digits.js";
import { openGenesis } from "../../../static/wallet/verify/genesis.js";
import { headIsIn } from "../../../static/wallet/verify/head.js";
import { isSignedBy, parseCompact, thumbprint } from "../../../static/wallet/verify/jws.js";
import { verifyConsistency, verifyInclusion } from "../../../static/wallet/verify/merkle.js";
import { parseNote, signedBy } from "../../../static/wallet/verify/note.js";
import { openReceipt } from "../../../static/wallet/verify/receipt.js";
import { openRequest } from "../../../static/wallet/verify/request.js";
import { parseStrict } from "../../../static/wallet/verify/strict_json.js";
import { parseFragment, parseScanned, parseTyped } from "../../../static/wallet/flow/code.js";

const story = JSON.parse(readFileSync(process.env.STORY, "utf8"));
const genesis = await openGenesis(unb64u(story.genesis));

const ENTRY = "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiazEiLCJ0eXAiOiJ5YW9zaGktZW50cnkifQ.eyJraW5kIjoiZ3JhbnQucmV2b2tlIiwiYXQiOjE3NjcyMjU2MDAwMDB9"
  + ".x1_BOPoEwGwc6Xba2l-knl-3CwVJCpXf-Y_fvlVcb6_g5MxliOlskC6weAZ0_SjC5Z3CqwM52YaHK883tdD7Aw";

test("the published entry has its id and its key's thumbprint", async () => {
  const parsed = await parseCompact(ENTRY, "yaoshi-entry");
  assert.equal(parsed.id, "1b1d69e9493c39dfcdbfebbe68dbe4cb7f96475e4cc529f00d79075ace061a21");
  const key = unb64u("7UkoxijRwsbq6QM4kFmVYSlZJzpcY_k2NsFGFKyHN9E");
  assert.equal(await thumbprint(key), "nRIE2VmKdMjL1JD7tbV7fXVgXxmv0GKnMFWRUJMTf9Q");
  assert.equal(await isSignedBy({ ...parsed, kid: await thumbprint(key) }, key), true);
  assert.equal(await isSignedBy(parsed, key), false, "the header names another key");
});

const jws = (header, payload = "{}") => `${b64u(utf8(header))}.${b64u(utf8(payload))}.${b64u(new Uint8Array(64))}`;
const HEADER = '{"alg":"Ed25519","kid":"k","typ":"yaoshi-entry"}';
const REFUSED = {
  "two parts": "a.b", "another typ": jws(HEADER.replace("entry", "login")), "EdDSA as algorithm": jws(HEADER.replace("Ed25519", "EdDSA")),
  "alg twice": jws('{"alg":"Ed25519","alg":"Ed25519","kid":"k","typ":"yaoshi-entry"}'), "crit in the header": jws(HEADER.replace("{", '{"crit":["b64"],')),
  "no kid": jws('{"alg":"Ed25519","typ":"yaoshi-entry"}'), "padding": `${jws(HEADER)}==`, "a short signature": jws(HEADER).slice(0, -3),
  "a name twice in the payload": jws(HEADER, '{"a":1,"a":2}'), "a float": jws(HEADER, '{"a":1.0}'), "an exponent": jws(HEADER, '{"a":1e3}'),
  "an integer beyond 2^53": jws(HEADER, '{"a":9007199254740993}'), "a lone surrogate": jws(HEADER, '{"a":"\\ud800"}'),
  "NaN": jws(HEADER, '{"a":NaN}'), "depth 9": jws(HEADER, `${'{"a":'.repeat(9)}1${"}".repeat(9)}`), "an array outside": jws(HEADER, "[]"),
  "text after the object": jws(HEADER, "{} x"), "a BOM": jws(HEADER, "\ufeff{}"), "over 32 KiB": jws(HEADER, `{"a":"${"x".repeat(40_000)}"}`),
};
for (const [name, text] of Object.entries(REFUSED)) {
  test(`a signed statement is refused when it has ${name}`, async () => {
    await assert.rejects(parseCompact(text, "yaoshi-entry"));
  });
}

test("a plain payload of depth 8 and a __proto__ name are read as they stand", () => {
  assert.doesNotThrow(() => parseStrict(`${'{"a":'.repeat(8)}1${"}".repeat(8)}`));
  const value = parseStrict('{"__proto__":{"x":1}}');
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal({}.x, undefined);
});

for (const text of ["AR", "AQ==", "A", "AQ\n", "A+", "A/"]) {
  test(`base64url refuses ${JSON.stringify(text)}`, () => assert.throws(() => unb64u(text)));
}
test("standard base64 refuses a second spelling", () => assert.throws(() => unb64("AR==")));

test("the published signed note verifies, and a changed text does not", async () => {
  const note = "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
  const key = unb64("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").subarray(1);
  assert.deepEqual(await signedBy(parseNote(note), "example.com/foo", key), { plain: true, time: null });
  assert.equal(await signedBy(parseNote(note.replace("example message", "other message!!")), "example.com/foo", key), null);
});

test("the published commitment and heads vectors hold", async () => {
  const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
  const details = '{"codes":["4548-4"],"from":"2026-01-01"}';
  assert.equal(await commit(salt, details), "p5Jcv84uzR1U3L93cfCVFwrWt-BcuaG9APp-kUZvoxY");
  assert.equal(await openedBy({ salt: b64u(salt), details: `${details} ` }, await commit(salt, details)), null);
});

test("the digits and the genesis are what the ledger says", async () => {
  assert.equal(genesis.id, story.ledger);
  assert.equal(await threeDigits(unhex(story.ledger), unhex(story.clinic), "7HPR3C8N", unhex("07".repeat(32))), story.digits);
});

test("a genesis whose bytes or signatures differ is none", async () => {
  const text = new TextDecoder().decode(unb64u(story.genesis));
  assert.equal(await openGenesis(utf8(text.replace('"Test"', '"Tost"'))), null);
  assert.equal(await openGenesis(utf8(`${text} `)), null);
  assert.equal(await openGenesis(utf8("{}")), null);
});

test("every head of the registry is found without knowing how many subjects there are", async () => {
  for (const head of [...story.proof.registry.subjects, story.proof.head]) {
    assert.equal(await headIsIn(head, unb64u(story.proof.newest.heads)), true);
    assert.equal(await headIsIn({ ...head, seq: head.seq + 1 }, unb64u(story.proof.newest.heads)), false);
    assert.equal(await headIsIn({ ...head, proof: head.proof.slice(1) }, unb64u(story.proof.newest.heads)), false);
  }
});

test("a receipt holds, and no changed part of it does", async () => {
  const receipt = story.receipts.grant;
  assert.equal((await openReceipt(receipt, genesis)).entry.id, story.grant);
  for (const change of [{ heads: b64u(new Uint8Array(32)) }, { inclusion: [] }, { checkpoint: "" }, { record: story.receipts.claimed.record }]) {
    assert.equal(await openReceipt({ ...receipt, ...change }, genesis), null);
  }
  assert.equal(await openReceipt({}, genesis), null);
});

const peer = unb64u(genesis.institutions.get(story.clinic).keys.peer);
const asked = { key: peer, ledger: story.ledger, institution: story.clinic, reference: "7HPR3C8N", now: story.start };
test("a request signed by the registered key is read", async () => {
  const { request } = await openRequest(story.request, asked);
  assert.equal(request.reason, "糖尿病复诊");
});
const UNVERIFIED = {
  "the key is another's": { key: unb64u(story.key) }, "no registry vouches": { key: null }, "the reference is another": { reference: "7HPR3C8P" },
  "the institution is another": { institution: story.institution }, "the ledger is another": { ledger: "00".repeat(32) },
};
for (const [name, change] of Object.entries(UNVERIFIED)) {
  test(`a request is not shown when ${name}`, async () => {
    assert.deepEqual(await openRequest(story.request, { ...asked, ...change }), { problem: "unverified" });
  });
}
test("a request after its end has expired", async () => {
  assert.deepEqual(await openRequest(story.request, { ...asked, now: story.start + 30 * 86_400_000 }), { problem: "expired" });
});

const CODE = "AAECAwQFBgcICQoLDA0ODw.WT.7HPR3C8N";
test("a scanned code is read only behind our own address", () => {
  const origin = "http://127.0.0.1:8080";
  assert.deepEqual(parseScanned(`${origin}/q#${CODE}`, origin), { ledgerPrefix: "000102030405060708090a0b0c0d0e0f", code: "WT", reference: "7HPR3C8N" });
  for (const text of [`https://evil.example/q#${CODE}`, `${origin}.evil.example/q#${CODE}`, `${origin}/q?x#${CODE}`, CODE, `${origin}/q#${CODE}x`,
    `javascript:alert(1)//${origin}/q#${CODE}`, `${origin}/q#${CODE.replace("WT", "wt")}`, `${origin}/q#${CODE.replace("7HPR", "7HPI")}`, ""]) {
    assert.equal(parseScanned(text, origin), null, text);
  }
  assert.equal(parseFragment("AAECAwQFBgcICQoLDA0ODx.WT.7HPR3C8N"), null, "not canonical");
});
for (const [typed, code] of Object.entries({ "WT 7HPR 3C8N": "WT7HPR3C8N", "wt-7hpr-3c8n": "WT7HPR3C8N", "ＷＴ７ＨＰＲ３Ｃ８Ｎ": "WT7HPR3C8N", "wt 7hpr 3c8o": "WT7HPR3C80", "qh iiii llll": "QH11111111" })) {
  test(`typed "${typed}" is read`, () => {
    const parsed = parseTyped(typed);
    assert.equal(`${parsed.code}${parsed.reference}`, code);
  });
}
for (const typed of ["", "WT7HPR3C8", "WT7HPR3C8NN", "WT7HPR3C8U", "WT<script>"]) {
  test(`typed ${JSON.stringify(typed)} is no code`, () => assert.equal(parseTyped(typed), null));
}

test("canonical JSON sorts names and refuses floats", () => {
  assert.equal(canonicalJson({ b: [1, null], a: "é\n" }), '{"a":"é\\n","b":[1,null]}');
  assert.throws(() => canonicalJson({ a: 1.5 }));
});

const VECTORS = new URL("../../../../shared/data/vectors/rfc6962-merkle/", import.meta.url);
const skip = existsSync(VECTORS) ? false : "../shared/data/vectors/rfc6962-merkle is not there";
const bytes = (text) => new Uint8Array(Buffer.from(text ?? "", "base64"));
function* files(folder) {
  for (const entry of readdirSync(new URL(folder, VECTORS), { withFileTypes: true })) {
    if (entry.isDirectory()) yield* files(`${folder}${entry.name}/`);
    else if (entry.name.endsWith(".json")) yield JSON.parse(readFileSync(new URL(`${folder}${entry.name}`, VECTORS), "utf8"));
  }
}
test("inclusion agrees with every published vector", { skip }, async () => {
  let count = 0;
  for (const vector of files("inclusion/")) {
    const good = await verifyInclusion(bytes(vector.leafHash), vector.leafIdx, vector.treeSize, (vector.proof ?? []).map(bytes), bytes(vector.root));
    assert.equal(good, !vector.wantErr, vector.desc);
    count += 1;
  }
  assert.ok(count > 50);
});
test("consistency agrees with every published vector", { skip }, async () => {
  let count = 0;
  for (const vector of files("consistency/")) {
    const { size1, size2, proof } = vector;
    const good = size1 === 0 ? (proof ?? []).length === 0
      : await verifyConsistency(size1, size2, bytes(vector.root1), bytes(vector.root2), (proof ?? []).map(bytes));
    if (size1 !== 0) assert.equal(good, !vector.wantErr, vector.desc);
    count += 1;
  }
  assert.ok(count > 50);
});

test("SHA-256 of nothing is the empty tree's root", async () => {
  assert.equal(hex(await sha256()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
