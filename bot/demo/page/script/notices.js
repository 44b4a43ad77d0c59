// Toast notices at the bottom of the page, and announcements for screen readers.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const SHOWN_MS = 8_000;

const spoken = el("div", { class: "spoken", role: "status", aria: { live: "polite" } });
const notes = el("div", { class: "notes", role: "alert", aria: { live: "assertive" } });

/** Return the live regions, which must be in the page from the beginning. */
export function noticePlaces() {
  return [spoken, notes];
}

/** Show a notice for some seconds. */
export function notify(sentence) {
  // A repeated sentence replaces its earlier notice.
  for (const each of [...notes.children]) if (each.dataset.text === sentence) each.remove();
  const note = el(
    "div",
    { class: "note", data: { text: sentence } },
    icon("warning"),
    el("span", {}, sentence),
    el(
      "button",
      {
        type: "button",
        class: "icon-button",
        aria: { label: say("note.dismiss") },
        on: { click: () => note.remove() },
      },
      icon("close"),
    ),
  );
  notes.append(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}

/** Announce a text to screen readers. */
export function announce(text) {
  spoken.textContent = text;
}
