// A QR code on the screen: black on white in dark mode too, full width up to 320 px, with its quiet zone.

import { h, s } from "../../shared/dom.js";
import { qrRows } from "../model/qr.js";

const QUIET = 4;

/** `text` as a picture named by `label`. */
export function qrPicture(text, label) {
  const rows = qrRows(text);
  const side = rows.length + 2 * QUIET;
  return h("figure", { class: "qr-card" }, s("svg",
    { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    s("path", { d: rows.map(runs).join(""), fill: "#000" })));
}

/** Each run of dark modules as one stroke-less rectangle. */
function runs(row, down) {
  let path = "";
  for (let at = 0; at < row.length; at += 1) {
    if (!row[at] || row[at - 1]) continue;
    const end = row.indexOf(false, at);
    const width = (end === -1 ? row.length : end) - at;
    path += `M${at + QUIET} ${down + QUIET}h${width}v1h-${width}z`;
  }
  return path;
}
