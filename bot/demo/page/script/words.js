// The translated texts of the page, by key.

import { browser } from "./session.js";

const asked = browser.read("language") ?? navigator.language;
const { LANGUAGE, LANGUAGES, WORDS } = await import(`../words/${encodeURIComponent(asked)}.js`);

document.documentElement.lang = LANGUAGE;

export {
  /** The language's code, for the browser's Intl and for Discord. */
  LANGUAGE,
  /** The available languages' own names, by code. */
  LANGUAGES,
};

/**
 * Return a text with values inserted for `{name}`.
 *
 * A text with plural forms is chosen by the value `n`.
 */
export function say(name, values = {}) {
  const found = WORDS[name];
  if (found === undefined) throw new Error(`no words for ${name}`);
  const text = typeof found === "string" ? found : found.forms[formOf(found, values.n)];
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** The plural form of a number; large numbers are looked up by their last two digits. */
function formOf(found, n) {
  return found.of[n < found.of.length ? n : 100 + (n % 100)];
}
