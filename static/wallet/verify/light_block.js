// One block as far as its header: more than two thirds of the validators in it signed it, and the header names them.
// CometBFT 0.38: the header's hash is the RFC 6962 root over 14 fields, the validators' hash that over their keys and
// powers, a vote an Ed25519 signature over the length-prefixed CanonicalVote. Mirrors ledger/light; whether these are the
// right validators says light_chain.js.

import { concat, equal, hex, sha256, tag, u64, unb64u, utf8 } from "./bytes.js";
import { verifySignature } from "./jws.js";
import {
  bytesField, fixedField, holds, intField, messageField, readBase64, readHex, readNumber, readObject, readSmall, readText,
  readTime, timeBytes, varint,
} from "./light_fields.js";
import { leafHash, rootOf } from "./merkle.js";

const HASHES = [
  "last_commit_hash", "data_hash", "validators_hash", "next_validators_hash", "consensus_hash", "app_hash",
  "last_results_hash", "evidence_hash",
];
const HEADER = ["version", "chain_id", "height", "time", "last_block_id", "proposer_address", ...HASHES];
const MAY_BE_EMPTY = ["app_hash", "last_commit_hash"]; // in the first block of a chain
const KEY_TYPE = "tendermint/PubKeyEd25519";
const MOST_VALIDATORS = 300;
const MOST_POWER = 2 ** 40;
const APP = tag("yaoshi/app/v1");

/**
 * {height, time (ms), hash, validatorsHash, nextValidatorsHash, appHash, validators: [{key, power, address}], voted: [key]}
 * of a served block of this chain; raises LightFault.
 */
export async function readLightBlock(served, chain) {
  readObject(served, ["header", "commit", "validators"], ["size", "root"]);
  const header = await readHeader(served.header);
  const commit = readCommit(served.commit);
  const validators = await readValidators(served.validators);
  holds(header.chain === chain, "light-chain");
  holds(equal(header.validatorsHash, await validatorsHash(validators)), "light-validators");
  holds(commit.height === header.height && equal(commit.block.hash, header.hash), "light-hash");
  const voted = await checkDecided(chain, commit, validators);
  return { ...header, validators, voted };
}

/** The log's {size, root} that the block's header names; raises LightFault. */
export async function certifiedState(block, { size, root }) {
  holds(Number.isSafeInteger(size) && size > 0 && typeof root === "string");
  const bytes = unb64u(root, 32);
  holds(equal(block.appHash, await sha256(APP, u64(size), bytes)), "light-app-hash");
  return { size, root: bytes };
}

async function readHeader(value) {
  readObject(value, HEADER);
  const version = readObject(value.version, ["block"], ["app"]);
  const height = readNumber(value.height);
  holds(height > 0);
  const time = readTime(value.time);
  const chain = readText(value.chain_id, 50);
  const last = readBlockId(value.last_block_id);
  const hashes = HASHES.map((name) => readHex(value[name], 32, MAY_BE_EMPTY.includes(name)));
  const leaves = [
    concat(intField(1, readNumber(version.block)), intField(2, readNumber(version.app ?? "0"))),
    bytesField(1, utf8(chain)), intField(1, height), timeBytes(time), blockIdBytes(last),
    ...hashes.map((each) => bytesField(1, each)),
    bytesField(1, readHex(value.proposer_address, 20)),
  ];
  const [, , validatorsHashNamed, nextValidatorsHash, , appHash] = hashes;
  return {
    chain, height, time: time.ms, validatorsHash: validatorsHashNamed, nextValidatorsHash, appHash,
    hash: await treeHash(leaves),
  };
}

function readBlockId(value) {
  readObject(value, ["hash", "parts"]);
  readObject(value.parts, ["total", "hash"]);
  const found = {
    hash: readHex(value.hash, 32, true), total: readSmall(value.parts.total), parts: readHex(value.parts.hash, 32, true),
  };
  const filled = [found.hash.length, found.total, found.parts.length].filter((each) => each > 0).length;
  holds(filled === 3 || filled === 0);
  return found;
}

/** BlockID and CanonicalBlockID have the same bytes; the parts stand there even when they are empty. */
const blockIdBytes = ({ hash, total, parts }) => (
  concat(bytesField(1, hash), messageField(2, concat(intField(1, total), bytesField(2, parts))))
);

async function readValidators(value) {
  holds(Array.isArray(value) && value.length > 0 && value.length <= MOST_VALIDATORS);
  const found = [];
  for (const each of value) {
    readObject(each, ["pub_key", "voting_power"], ["address", "proposer_priority"]);
    readObject(each.pub_key, ["type", "value"]);
    holds(each.pub_key.type === KEY_TYPE);
    const power = readNumber(each.voting_power);
    holds(power > 0 && power <= MOST_POWER);
    found.push(await validator(readBase64(each.pub_key.value, 32), power));
  }
  holds(new Set(found.map(({ key }) => hex(key))).size === found.length);
  return found;
}

const validator = async (key, power) => ({ key, power, address: (await sha256(key)).subarray(0, 20) });

/** Every active operator's validator has this power. */
export const POWER = 10;

/** The set of these consensus keys (base64url), in the order of the chain. */
export async function validatorsOf(keys) {
  const found = await Promise.all(keys.map((key) => validator(unb64u(key, 32), POWER)));
  return found.sort((a, b) => (hex(a.address) < hex(b.address) ? -1 : 1));
}

export const validatorsHash = (validators) => treeHash(validators.map(({ key, power }) => (
  concat(messageField(1, bytesField(1, key)), intField(2, power))
)));

const treeHash = async (leaves) => rootOf(await Promise.all(leaves.map(leafHash)));

function readCommit(value) {
  readObject(value, ["height", "round", "block_id", "signatures"]);
  const { signatures } = value;
  holds(Array.isArray(signatures) && signatures.length > 0 && signatures.length <= MOST_VALIDATORS);
  const block = readBlockId(value.block_id);
  holds(block.hash.length > 0);
  return { height: readNumber(value.height), round: readSmall(value.round), block, votes: signatures.map(readVote) };
}

/** A vote for the block; null for one that is absent (1) or for nothing (3). */
function readVote(value) {
  readObject(value, ["block_id_flag", "validator_address", "timestamp", "signature"]);
  holds([1, 2, 3].includes(value.block_id_flag));
  if (value.block_id_flag !== 2) return null;
  return {
    address: readHex(value.validator_address, 20), time: readTime(value.timestamp), signature: readBase64(value.signature, 64),
  };
}

/** What a vote for the commit's block signs. */
export function signBytes(chain, { height, round, block }, { time }) {
  const canonical = concat(intField(1, 2), fixedField(2, height), fixedField(3, round), messageField(4, blockIdBytes(block)),
    messageField(5, timeBytes(time)), bytesField(6, utf8(chain)));
  return concat(varint(canonical.length), canonical);
}

export const totalPower = (validators) => validators.reduce((sum, { power }) => sum + power, 0);

async function checkDecided(chain, commit, validators) {
  holds(commit.votes.length === validators.length);
  const voters = validators.filter((_, place) => commit.votes[place] !== null);
  await Promise.all(validators.map(async ({ key, address }, place) => {
    const vote = commit.votes[place];
    if (vote === null) return;
    holds(equal(vote.address, address));
    const good = await verifySignature(key, vote.signature, signBytes(chain, commit, vote)).catch(() => false);
    holds(good, "light-signature");
  }));
  holds(3 * totalPower(voters) > 2 * totalPower(validators), "light-power");
  return voters.map(({ key }) => key);
}
