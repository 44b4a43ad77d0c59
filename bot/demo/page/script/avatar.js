// What stands for a person: their initials on a colour of their own; the bot has its mark.

import { el } from "./element.js";
import { mark } from "./icons.js";

/** Return the avatar of a user; decoration, since the name always stands beside it. */
export function avatar(user, name, size = "") {
  const made = el(
    "span",
    { class: `avatar ${size}${user.bot ? " bot" : ""}`, aria: { hidden: "true" } },
    user.bot ? mark() : initials(name),
  );
  if (!user.bot) made.style.setProperty("--hue", String(hueOf(name)));
  return made;
}

function initials(name) {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean);
  const letters =
    words.length > 1 ? [words[0], words.at(-1)].map((each) => [...each][0]) : [...(words[0] ?? "?")].slice(0, 1);
  return letters.join("").toUpperCase();
}

/** A name keeps its colour over restarts, in which ids are new. (FNV-1a, which spreads short names.) */
function hueOf(name) {
  let hash = 5381;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16_777_619) >>> 0;
  return hash % 360;
}
