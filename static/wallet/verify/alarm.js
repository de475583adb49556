// What a phone says when something does not hold: one stable word for each lie it can tell apart.

/** Why a proof does not hold; `facts` carry places and times, never words about a person. */
export class Alarm extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

/** In the order in which they are looked for. */
export const ALARMS = [
  "signature", // the checkpoint, or an entry, is not signed by who must have signed it
  "counterfeit", // the block shown as the other hospitals' is not signed by them
  "forked", // the log shown is not the one that the hospitals signed, or two of them show two
  "unconfirmed", // the other hospitals have not confirmed the log for long
  "stale", // the checkpoint is old: what came after it may be kept back
  "rewritten", // the log shown now does not contain the log shown before
  "unproven", // a proof of place that must be there does not hold
  "missing", // the newest entries are kept back
  "gap", // entries in the middle are left out
  "reordered", // entries are not in the order in which they were made
  "altered", // an entry is not the one that the chain fixes
  "foreign", // an entry about somebody else was put in
  "unpermitted", // records were released under nothing that was in force then
  "withheld", // an entry is there, its details are not given, and no erasure explains it
];

export function demand(holds, code, facts) {
  if (!holds) throw new Alarm(code, facts);
}
