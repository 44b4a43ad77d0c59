// The text of the page, by names, in the language of who sits there.

import { browser } from "./session.js";

const asked = browser.read("language") ?? navigator.language;
const { LANGUAGE, LANGUAGES, WORDS } = await import(`../words/${encodeURIComponent(asked)}.js`);

document.documentElement.lang = LANGUAGE;

export {
  /** The language's code, for what the browser itself puts into words, and for Discord. */
  LANGUAGE,
  /** What each language that there is calls itself, by its code. */
  LANGUAGES,
};

/**
 * Return a text with its values put in for `{name}`.
 *
 * A text that counts has several forms, and counts by the value `n`.
 */
export function say(name, values = {}) {
  const found = WORDS[name];
  if (found === undefined) throw new Error(`no words for ${name}`);
  const text = typeof found === "string" ? found : found.forms[formOf(found, values.n)];
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** Which form a number takes: beyond those that are listed, its last two digits tell. */
function formOf(found, n) {
  return found.of[n < found.of.length ? n : 100 + (n % 100)];
}
