// The emergencies that this person declared since signing in and that still run: how to come back to one.
// In memory only; the institution and when it ends, nothing of the patient. Locking drops it.

const held = new Map();

/** `emergency`: as the server answered the declaration; `patient`: own chart id or null. */
export const holdEmergency = ({ emergency, custodian, until }, patient) =>
  held.set(emergency, { emergency, custodian, until, patient });

export const dropEmergency = (emergency) => held.delete(emergency);

export const runningEmergencies = (now = Date.now()) => [...held.values()].filter(({ until }) => now < until);

export const forgetEmergencies = () => held.clear();
