// The console's own doors, by name; one place knows their paths.
// Invariant: an answer that the session has ended reaches `onSignedOut`, whoever asked.

import { api } from "../shared/api.js";

const ROOT = "/console/api";
let signedOut = () => {};

/** `listener()` is called when the server says that nobody is signed in. */
export const onSignedOut = (listener) => {
  signedOut = listener;
};

async function call(method, path, body) {
  try {
    return await api(method, `${ROOT}/${path}`, body);
  } catch (problem) {
    if (problem.status === 401 && problem.code === "signin-required") signedOut();
    throw problem;
  }
}

const id = encodeURIComponent;

export const server = {
  institutions: () => call("GET", "institutions"),
  allInstitutions: () => call("GET", "institutions/all"),
  session: () => call("GET", "session"),
  signIn: (institution, user, password) => call("POST", "session", { institution, user, password }),
  signOut: () => call("DELETE", "session"),
  freshen: (password) => call("POST", "session/fresh", { password }),
  status: () => call("GET", "status"),
  findPatients: (text) => call("POST", "patients/search", { text }),
  openPatient: (patient) => call("POST", `patients/${id(patient)}/open`, {}),
  accounting: (patient) => call("POST", `patients/${id(patient)}/accounting`, {}),
  invite: (patient, checks, rekey) => call("POST", `patients/${id(patient)}/invites`, { checks, rekey }),
  ask: (question) => call("POST", "asks", question),
  takeOffer: (question, code) => call("POST", "offers", { ...question, code }),
  scan: (picture) => call("POST", "scans", picture),
  reference: (name) => call("GET", `references/${id(name)}`),
  confirm: (name) => call("POST", `references/${id(name)}/confirm`, {}),
  cancel: (name) => call("POST", `references/${id(name)}/cancel`, {}),
  extend: (name) => call("POST", `references/${id(name)}/extend`, {}),
  qrAddress: (name) => `${ROOT}/references/${id(name)}/qr.svg`,
  visit: (name) => call("GET", `visits/${id(name)}`),
  refreshVisit: (name) => call("POST", `visits/${id(name)}/refresh`, {}),
  closeVisit: (name) => call("DELETE", `visits/${id(name)}`),
  declareEmergency: (declaration) => call("POST", "emergencies", declaration),
  emergency: (name) => call("GET", `emergencies/${id(name)}`),
  refreshEmergency: (name) => call("POST", `emergencies/${id(name)}/refresh`, {}),
  leaveEmergency: (name) => call("DELETE", `emergencies/${id(name)}`),
  endEmergency: (name) => call("POST", `emergencies/${id(name)}/close`, {}),
  reviews: () => call("GET", "reviews"),
  review: (glass, judgement) => call("POST", `reviews/${id(glass)}`, judgement),
  stopRelease: (glass) => call("POST", `reviews/${id(glass)}/close`, {}),
  orderForm: (patient) => call("POST", "orders/form", { patient }),
  checkOrders: (orders) => call("POST", "orders/check", orders),
  placeOrder: (order) => call("POST", "orders", order),
  useResult: (order, visits) => call("POST", `orders/${id(order)}/use`, { visits }),
  repeatTest: (order, why) => call("POST", `orders/${id(order)}/repeat`, why),
  undoUse: (order) => call("POST", `orders/${id(order)}/undo`, {}),
  reuseCounts: (from, to, offset) => call("GET", `reuse/counts?from=${from}&to=${to}&offset=${offset}`),
  startAudit: () => call("POST", "audit/runs", {}),
  auditRun: (run) => call("GET", `audit/runs/${id(run)}`),
  auditRecords: (from, limit) => call("GET", `audit/records?limit=${limit}${from === null ? "" : `&from=${from}`}`),
  verifyFile: (file) => call("POST", "audit/verify", file),
  exportAddress: `${ROOT}/audit/export`,
  eventsAddress: `${ROOT}/events`,
  changesAddress: `${ROOT}/changes`,
};
