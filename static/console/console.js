// Starts the staff console: who is signed in decides the landing page; locking empties everything.
// Composition only; each page and part lives in its own file.

import { h, replace } from "../shared/dom.js";
import { focusMain, isLost, keepingFocus } from "../shared/focus.js";
import { addCatalogue, named, t } from "../shared/i18n.js";
import { drawingSoon, watchPresses } from "../shared/redraw.js";
import en from "./catalogue/en.js";
import zh from "./catalogue/zh-CN.js";
import { startListening, stopListening } from "./live.js";
import { startIdleWatch, stopIdleWatch } from "./lock.js";
import { idleBanner, printHead, topLine, warningBanner } from "./parts/frame.js";
import { forgetEmergencies } from "./emergency/running.js";
import { forgetPatient } from "./record/opened.js";
import { cases, followCases, forgetCases } from "./review/cases.js";
import { route } from "./route.js";
import { onSignedOut, server } from "./server.js";
import { endSession, forgetSession, resumeSession, session } from "./session.js";
import "./pages/sign_in.js";
import "./pages/find.js";
import "./pages/patient.js";
import "./pages/ask.js";
import "./pages/order.js";
import "./pages/desk.js";
import "./pages/accounting.js";
import "./pages/audit.js";
import "./pages/node.js";
import "./pages/reuse.js";
import "./pages/emergency.js";
import "./pages/review.js";

addCatalogue("zh-CN", zh);
addCatalogue("en", en);

const PAGES = {
  desk: ["find", "desk", "rekey"],
  clinician: ["find", "patient", "visit", "ask", "emergency", "order", "reuse"],
  privacy: ["review", "find", "accounting", "audit", "reuse"],
  auditor: ["audit"],
  administrator: ["node", "reuse"],
};
const STATUS_MS = 60_000;

const top = h("div", { class: "frame-top" });
const place = h("div", { class: "frame-page" });
let statusTimer = null;
let idle = false;

const app = {
  session,
  status: null,
  lastInstitution: null,
  lastUser: null,
  lockedWords: null,
  auditResult: null,
  titleText: () => (session() ? named(session().institution.name) : t("app.name")),
  readStatus: async () => {
    app.status = await server.status();
    drawTop();
  },
  signedIn: () => {
    app.lockedWords = null;
    begin();
    show();
  },
};

function pageName() {
  if (!session()) return "sign-in";
  const allowed = PAGES[session().staff.role];
  const { page, ids } = route();
  const needsId = !["find", "audit", "node", "review", "reuse"].includes(page);
  return allowed.includes(page) && (!needsId || ids.length > 0) ? page : allowed[0];
}

function drawTop() {
  const line = topLine({
    session: session(),
    page: pageName(),
    lock: () => lock("lock.done"),
    waiting: cases()?.waiting.length ?? 0,
  });
  const below = [session() ? warningBanner(app.status) : null, idle ? idleBanner(() => {}) : null];
  keepingFocus(top, () => replace(top, line, below, printHead(session())));
}

const drawTopSoon = drawingSoon(drawTop);

function show() {
  drawTop();
  const page = h(`console-${pageName()}`);
  Object.assign(page, { app, ids: route().ids });
  const held = place.contains(document.activeElement);
  replace(place, page);
  // What was pressed is gone with its page: the keyboard goes on at the start of the new one.
  if (held && isLost()) focusMain();
}

function begin() {
  const { institution, staff } = session();
  Object.assign(app, { lastInstitution: institution.id, lastUser: staff.user });
  startListening();
  if (staff.role === "privacy") followCases(drawTopSoon);
  startIdleWatch({
    warn: (on) => {
      idle = on;
      drawTopSoon();
    },
    lock: () => lock("lock.idle"),
  });
  const look = () =>
    app.readStatus().catch(() => {
      // The next look tells; what a person does meanwhile shows an outage in words.
    });
  look();
  statusTimer = setInterval(look, STATUS_MS);
}

/** Everything of a patient leaves page and memory at once; then the server ends the session. */
function lock(words) {
  if (!session()) return;
  const ending = endSession();
  emptied(words);
  ending.catch(() => {
    // The cookie could not be taken back now; the server's own idle limit ends the session.
  });
}

function emptied(words) {
  stopListening();
  stopIdleWatch();
  clearInterval(statusTimer);
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  forgetPatient();
  forgetEmergencies();
  forgetCases();
  idle = false;
  Object.assign(app, { status: null, auditResult: null, lockedWords: words });
  show();
}

onSignedOut(() => {
  if (!session()) return;
  forgetSession();
  emptied("lock.expired");
});
window.addEventListener("hashchange", show);
window.addEventListener("yaoshi-language", () => {
  drawTop();
  place.firstElementChild?.drawSoon();
});
window.addEventListener("beforeprint", drawTop);

watchPresses();
document.body.append(top, place);
resumeSession()
  .then(
    () => begin(),
    (problem) => {
      // Nobody signed in is the usual start; an outage shows at the first try to sign in.
      if (problem.status === undefined) throw problem;
    },
  )
  .then(show);
