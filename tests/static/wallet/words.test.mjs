// Both languages say the same things, every word that a screen asks for is there, and the service worker's list is whole.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { en } from "../../../static/wallet/catalogue/en.js";
import { zhCN } from "../../../static/wallet/catalogue/zh-CN.js";
import { ALARMS } from "../../../static/wallet/verify/alarm.js";

const ROOT = new URL("../../../static/", import.meta.url);
function files(folder) {
  return readdirSync(new URL(folder, ROOT), { withFileTypes: true }).flatMap((entry) => (
    entry.isDirectory() ? files(`${folder}${entry.name}/`) : [`${folder}${entry.name}`]
  ));
}
const text = (name) => readFileSync(new URL(name, ROOT), "utf8");
const code = files("wallet/").filter((name) => name.endsWith(".js") && !name.includes("/catalogue/"));
const forms = (words) => (typeof words === "string" ? [words] : Object.values(words));
const holes = (words) => [...new Set(forms(words).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

test("zh-CN and English have the same keys and the same parameters", () => {
  assert.deepEqual(Object.keys(zhCN).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(holes(zhCN[key]), holes(en[key]), key);
});

test("every key that the code names is in the catalogues", () => {
  const shared = text("shared/catalogue/en.js");
  for (const name of code) {
    for (const [, key] of text(name).matchAll(/\b(?:t|counted)\("([a-z][\w.-]+)"/g)) {
      assert.ok(key in en || shared.includes(`"${key}"`), `${name}: ${key}`);
    }
  }
});

test("every alarm has a title and a text", () => {
  for (const alarm of ALARMS) for (const part of ["title", "text"]) assert.ok(`alarm.${alarm}.${part}` in zhCN, alarm);
});

test("no key, hash, ledger, token or scope stands on a patient's screen", () => {
  for (const [key, words] of Object.entries(en)) {
    assert.doesNotMatch(forms(words).join(" "), /\b(hash|ledger|token|scope|node|blockchain|signature key)\b/i, key);
  }
});

test("no module writes markup text or an inline style", () => {
  for (const name of code) assert.doesNotMatch(text(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|"style":|\beval\(/, name);
});

test("the service worker keeps exactly the program text", () => {
  const listed = [...text("wallet/sw.js").matchAll(/^ {2}"(\/[^"]*)",$/gm)].map(([, path]) => path);
  const kept = new Set(["wallet/sw.js", "wallet/package.json", "wallet/manifest.webmanifest", "wallet/index.html"]);
  const present = files("wallet/").filter((name) => !kept.has(name)).map((name) => `/${name}`);
  assert.deepEqual(listed.filter((path) => path.startsWith("/wallet/")).sort(), present.sort());
  assert.ok(listed.includes("/") && listed.includes("/manifest.webmanifest"));
  for (const path of listed.filter((each) => each.startsWith("/shared/"))) assert.ok(text(path.slice(1)).length > 0);
});

test("every shared file that a wallet module imports is kept for offline use", () => {
  const listed = text("wallet/sw.js");
  const seen = new Set();
  const follow = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const [, path] of text(name).matchAll(/from "(\.[^"]+)"/g)) {
      follow(new URL(path, new URL(name, ROOT)).pathname.slice(ROOT.pathname.length));
    }
  };
  code.filter((name) => name !== "wallet/sw.js").forEach(follow);
  for (const name of seen) if (name.startsWith("shared/")) assert.ok(listed.includes(`"/${name}"`), name);
});
