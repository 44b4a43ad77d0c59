// Short notes at the foot of the page, and what is only told to screen readers.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const SHOWN_MS = 8_000;

const spoken = el("div", { class: "spoken", role: "status", aria: { live: "polite" } });
const notes = el("div", { class: "notes", role: "alert", aria: { live: "assertive" } });

/** Return the places of notes, which stand in the page from the beginning. */
export function noticePlaces() {
  return [spoken, notes];
}

/** Tell somebody something that did not work, and let it go after a while. */
export function notify(sentence) {
  // The same sentence twice is one note.
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

/** Let screen readers say a text. */
export function announce(text) {
  spoken.textContent = text;
}
