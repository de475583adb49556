// Our own line icons: 24 grid, 1.75 stroke, round ends; always beside a word, or named by their button.

import { s } from "./dom.js";

const PATHS = {
  alarm: ["M12 3.5 21.5 20h-19z", "M12 10v4.5", "M12 17.2v.1"],
  forward: ["M9 5l7 7-7 7"],
  tick: ["M4.5 12.5 10 18 20 6.5"],
  bolt: ["M13.5 2.5 5 13.5h6L9.5 21.5 19 10h-6.5z"],
  back: ["M15 5 8 12l7 7"],
  chart: ["M4 20h16", "M4 15l5-5 4 3 5.2-6.2", "M19.5 6.9a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z"],
  chevron: ["M6 9.5l6 6 6-6"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5l3.5 2"],
  close: ["M5.5 5.5l13 13", "M18.5 5.5l-13 13"],
  down: ["M12 5v14", "M6 13l6 6 6-6"],
  download: ["M12 4v11", "M7 11l5 5 5-5", "M5 20h14"],
  eye: ["M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z", "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  home: ["M4 11l8-7 8 7v9h-5.5v-5h-5v5H4z"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v5.5", "M12 7.8v.1"],
  key: ["M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M12 12h9v3.5", "M17 12v3"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  person: ["M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M5 20.5c.5-4 3-6 7-6s6.5 2 7 6"],
  phone: ["M7.5 3h9v18h-9z", "M11 18h2"],
  plus: ["M12 5v14", "M5 12h14"],
  print: ["M7 8V3.5h10V8", "M7 17H4V8h16v9h-3", "M7 14h10v6.5H7z"],
  question: [
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "M9.6 9.6a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.1.9-1.1 1.7",
    "M12 16.6v.1",
  ],
  refresh: ["M20 12a8 8 0 1 1-2.5-5.8", "M20 3.5v4.5h-4.5"],
  scan: ["M4 8.5V4h4.5", "M15.5 4H20v4.5", "M20 15.5V20h-4.5", "M8.5 20H4v-4.5", "M4 12h16"],
  search: ["M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M16.2 16.2 20.5 20.5"],
  up: ["M12 19V5", "M6 11l6-6 6 6"],
  upload: ["M12 16V5", "M7 9l5-5 5 5", "M5 20h14"],
};

/** An icon by name, hidden from screen readers: the word beside it speaks. */
export function icon(name) {
  const frame = { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" };
  if (name === "shield") return s("svg", frame, ...shield());
  return s("svg", frame, ...PATHS[name].map((d) => s("path", { d, class: "stroke" })));
}

// The only filled one: checked by a machine. A tick alone says: done or attested by a person.
const shield = () => [
  s("path", { d: "M12 2.5 20 5v6.5c0 5-3.4 8.4-8 10-4.6-1.6-8-5-8-10V5z", class: "fill" }),
  s("path", { d: "M8.2 11.8 11 14.6l5-5.4", class: "cut" }),
];

/** The names there are. */
export const iconNames = () => ["shield", ...Object.keys(PATHS)];
