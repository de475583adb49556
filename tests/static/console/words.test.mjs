// Both languages say the same things; every word that a page asks for is there, and none that nobody asks for.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import en from "../../../static/console/catalogue/en.js";
import zh from "../../../static/console/catalogue/zh-CN.js";
import sharedEn from "../../../static/shared/catalogue/en.js";

const ROOT = new URL("../../../static/", import.meta.url);
const files = (folder) => readdirSync(new URL(folder, ROOT), { withFileTypes: true }).flatMap((entry) => (
  entry.isDirectory() ? files(`${folder}${entry.name}/`) : [`${folder}${entry.name}`]));
const text = (name) => readFileSync(new URL(name, ROOT), "utf8");
const code = files("console/").filter((name) => name.endsWith(".js") && !name.includes("/catalogue/"));
const all = code.map(text).join("\n");
const forms = (words) => (typeof words === "string" ? [words] : Object.values(words));
const holes = (words) => [...new Set(forms(words).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].filter((hole) => hole !== "{count}").sort();

test("zh-CN and English have the same keys and the same parameters", () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(holes(zh[key]), holes(en[key]), key);
});

test("every key that a page names is in the catalogues", () => {
  for (const name of code) {
    for (const [, key] of text(name).matchAll(/\bt\("([a-z][\w.-]+)"/g)) assert.ok(key in en || key in sharedEn, `${name}: ${key}`);
  }
});

test("every key is asked for somewhere, by its name or by the beginning of it", () => {
  const beginnings = [...all.matchAll(/`([a-z]+(?:\.[a-z]+)*\.)\$\{/g)].map(([, beginning]) => beginning);
  for (const key of Object.keys(en)) {
    assert.ok(all.includes(`"${key}"`) || beginnings.some((beginning) => key.startsWith(beginning)), key);
  }
});

test("the auditor reads a word for every kind of entry that is written down", () => {
  const table = readFileSync(new URL("../docs/formats/entry.md", ROOT), "utf8");
  const cells = [...table.matchAll(/^[|] (`[a-z]+[.][^|]*)[|]/gm)].map(([, cell]) => cell);
  const kinds = cells.flatMap((cell) => [...cell.matchAll(/`([a-z.]+)`/g)].map(([, kind]) => kind));
  assert.ok(kinds.includes("glass.reviewed") && kinds.includes("operator.vote"), kinds.join());
  for (const kind of kinds) assert.ok(`entry.${kind}` in en, kind);
});

test("Chinese words are Chinese and English words are not", () => {
  for (const [key, words] of Object.entries(en)) assert.doesNotMatch(forms(words).join(), /[\u4e00-\u9fff]/, key);
  for (const [key, words] of Object.entries(zh)) {
    assert.ok(/[\u4e00-\u9fff，。、]/.test(forms(words).join()) || /^[{]\w+[}]/.test(words), key);
  }
});

test("no module writes markup text, an inline style, a log line, or anything into storage", () => {
  for (const name of code) {
    assert.doesNotMatch(text(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|style:|\beval\(|console\.(log|error)|Storage|indexedDB/, name);
  }
});

test("every picture that a page asks for is drawn", async () => {
  const { iconNames } = await import("../../../static/shared/icons.js");
  for (const name of code) {
    for (const [, icon] of text(name).matchAll(/(?:icon\(|icon: |after: |note\()"([a-z-]+)"/g)) assert.ok(iconNames().includes(icon), `${name}: ${icon}`);
  }
});
