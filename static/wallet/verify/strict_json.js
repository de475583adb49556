// JSON with one meaning: no duplicate names, no floats, no lone surrogates, depth at most 8.
// RFC 8259 read as specs of the entry demand it (RFC 7515 section 4 asks for unique names; JSON.parse keeps the last
// of two and says nothing). Used for everything that is signed or hashed.

import { Malformed } from "./bytes.js";

const DEPTH = 8;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(0|[1-9][0-9]*)(?![0-9.eE])/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LONE = /[\ud800-\udfff]/u;

/** The value of a JSON text whose outermost value is an object; raises Malformed. */
export function parseStrict(text) {
  const reader = { text, at: 0 };
  skip(reader);
  if (text[reader.at] !== "{") throw new Malformed("not a JSON object");
  const value = readValue(reader, 1);
  skip(reader);
  if (reader.at !== text.length) throw new Malformed("text after the JSON object");
  return value;
}

function take(reader, pattern) {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found === null) throw new Malformed("not JSON as it is written here");
  reader.at = pattern.lastIndex;
  return found[0];
}

const skip = (reader) => take(reader, SPACE);

function expect(reader, letter) {
  skip(reader);
  if (reader.text[reader.at] !== letter) throw new Malformed(`expected ${letter}`);
  reader.at += 1;
}

function next(reader) {
  skip(reader);
  return reader.text[reader.at];
}

function readValue(reader, depth) {
  if (depth > DEPTH + 1) throw new Malformed("nested too deeply");
  const letter = next(reader);
  if (letter === "{") return readObject(reader, depth);
  if (letter === "[") return readArray(reader, depth);
  if (letter === '"') return readString(reader);
  for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length;
      return value;
    }
  }
  const number = Number(take(reader, NUMBER));
  if (!Number.isSafeInteger(number)) throw new Malformed("integer too large");
  return number;
}

function readString(reader) {
  const value = JSON.parse(take(reader, STRING));
  if (LONE.test(value)) throw new Malformed("lone surrogate");
  return value;
}

function readObject(reader, depth) {
  if (depth > DEPTH) throw new Malformed("nested too deeply");
  expect(reader, "{");
  const value = {};
  if (next(reader) !== "}") {
    for (;;) {
      next(reader);
      const name = readString(reader);
      if (Object.hasOwn(value, name)) throw new Malformed("duplicate name");
      expect(reader, ":");
      Object.defineProperty(value, name, {
        value: readValue(reader, depth + 1), enumerable: true, writable: true, configurable: true,
      });
      if (next(reader) !== ",") break;
      reader.at += 1;
    }
  }
  expect(reader, "}");
  return value;
}

function readArray(reader, depth) {
  if (depth > DEPTH) throw new Malformed("nested too deeply");
  expect(reader, "[");
  const value = [];
  if (next(reader) !== "]") {
    for (;;) {
      value.push(readValue(reader, depth + 1));
      if (next(reader) !== ",") break;
      reader.at += 1;
    }
  }
  expect(reader, "]");
  return value;
}
