// Our own line icons: 24 grid, stroke 1.75, round ends. Always beside a word, so hidden from screen readers.

import { s } from "./dom.js";

const PATHS = {
  key: ["M8 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z", "M11.5 12H21", "M17.5 12v3", "M21 12v2"],
  home: ["M4 11 12 4l8 7", "M6 9.5V20h12V9.5", "M10 20v-5h4v5"],
  results: ["M4 20h16", "M4 15l5-5 4 3 5-6", "M18 7m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0"],
  eye: ["M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z", "M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6Z"],
  person: ["M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z", "M4.5 20.5a7.5 7.5 0 0 1 15 0"],
  scan: ["M4 8V5a1 1 0 0 1 1-1h3", "M16 4h3a1 1 0 0 1 1 1v3", "M20 16v3a1 1 0 0 1-1 1h-3", "M8 20H5a1 1 0 0 1-1-1v-3", "M4 12h16"],
  shield: ["M12 3l7 2.5v5.6c0 4.4-3 8-7 9.9-4-1.9-7-5.5-7-9.9V5.5L12 3Z", "M8.7 12l2.3 2.3 4.3-4.6"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  back: ["M14.5 5 8 12l6.5 7"],
  chevron: ["M9.5 5 16 12l-6.5 7"],
  down: ["M5 9l7 7 7-7"],
  info: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z", "M12 11v5", "M12 7.8v.1"],
  alert: ["M12 4 2.8 19.5h18.4L12 4Z", "M12 10v4.5", "M12 17v.1"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  phone: ["M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Z", "M11 18h2"],
  clock: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z", "M12 7.5V12l3 2"],
  search: ["M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z", "M15.5 15.5 20 20"],
  keyboard: ["M3 7h18v10H3z", "M7 10.5v.1", "M11 10.5v.1", "M15 10.5v.1", "M8 14h8"],
  camera: ["M4 8h3.5L9 5.5h6L16.5 8H20v11H4z", "M12 10a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 12 10Z"],
  download: ["M12 4v11", "M7.5 11l4.5 4.5 4.5-4.5", "M5 20h14"],
  upload: ["M12 16V5", "M7.5 9.5 12 5l4.5 4.5", "M5 20h14"],
  document: ["M7 3h7l4 4v14H7z", "M14 3v4h4", "M10 12h5", "M10 16h5"],
  language: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z", "M3.5 12h17", "M12 3.5c3 3 3 14 0 17", "M12 3.5c-3 3-3 14 0 17"],
  refresh: ["M19.5 12a7.5 7.5 0 1 1-2.3-5.4", "M19.5 4v4h-4"],
  print: ["M7 9V4h10v5", "M7 17H4V9h16v8h-3", "M7 14h10v6H7z"],
};

/** The picture of that name; an unknown name is a programmer's mistake. */
export function icon(name) {
  const paths = PATHS[name];
  if (!paths) throw new Error(`no icon is called ${name}`);
  return s("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    paths.map((d) => s("path", { d })));
}
