// The page's icons: strokes on a 24 by 24 grid.

import { el } from "./element.js";

const PATHS = {
  hash: "M9 4 7 20M17 4l-2 16M4 9h17M3 15h17",
  thread: "M5 4v10a4 4 0 0 0 4 4h10M5 9h14M15 5l4 4-4 4",
  people:
    "M8 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2 20c0-4 2.500-6 6-6s6 2 6 6M16 11a3 3 0 1 0-1-5.800M17 14c3 .3 5 2.300 5 6",
  speaker: "M4 9v6h4l5 4V5L8 9ZM16 9c1.500 1.700 1.500 4.300 0 6M18.500 6.500c3 3 3 8 0 11",
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 20 4l-5 16-3-7-8-1Z",
  reply: "M9 6 4 11l5 5M4 11h9c4 0 7 2.500 7 7",
  smile:
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.500 14c1 1.600 2.200 2.300 3.500 2.300s2.500-.7 3.500-2.300M9 9.500v.01M15 9.500v.01",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  edit: "M4 20h4L19 9l-4-4L4 16v4ZM13 7l4 4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  play: "M8 5v14l11-7Z",
  pause: "M8 5v14M16 5v14",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10Z",
  apps: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM17 14v6M14 17h6",
  down: "M12 5v14M6 13l6 6 6-6",
  chevron: "M6 9l6 6 6-6",
  eye: "M2 12c2.500-4.500 6-7 10-7s7.500 2.500 10 7c-2.500 4.500-6 7-10 7s-7.500-2.500-10-7ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  crown: "M4 18h16M4 15 3 7l5 4 4-6 4 6 5-4-1 8Z",
  check: "M5 12.500 10 17 19 7",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  swap: "M7 4 3 8l4 4M3 8h13M17 12l4 4-4 4M21 16H8",
  poll: "M5 20v-7M12 20V4M19 20V9",
  warning: "M12 4 2.500 20h19ZM12 10v4M12 17v.01",
  globe:
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c-5.500 5-5.500 13 0 18M12 3c5.500 5 5.500 13 0 18",
  spark: "M12 3v5M12 16v5M3 12h5M16 12h5M6 6l3 3M15 15l3 3M6 18l3-3M15 9l3-3",
};

const SVG = "http://www.w3.org/2000/svg";

/** Return an icon by its name, hidden from screen readers, since its button has a label. */
export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("class", `icon icon-${name}`);
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  made.append(path);
  return made;
}

/** Return the logo of the bot. */
export function mark() {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 32 32");
  made.setAttribute("class", "icon mark");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M7 13v6M12 9v14M17 6v20M22 11v10M26.500 14v4");
  made.append(path);
  return made;
}

/** Return an icon button with an accessible label. */
export function iconButton(name, label, run, { className = "", type = "button" } = {}) {
  const on = run ? { click: run } : {};
  return el("button", { type, class: `icon-button ${className}`, aria: { label }, on }, icon(name));
}
