// Avatars: a person's initials on their colour; the bot has a logo.

import { el } from "./element.js";
import { mark } from "./icons.js";

/** Return the avatar of a user; hidden from screen readers, since the name is always beside it. */
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

/** The hue is a hash of the name, since ids change at a restart. FNV-1a spreads short names well. */
function hueOf(name) {
  let hash = 5381;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16_777_619) >>> 0;
  return hash % 360;
}
