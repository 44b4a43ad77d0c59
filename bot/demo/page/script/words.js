// The text of the page, by names: all of it stands in `words/`, one file a language.

import { ENGLISH } from "../words/en.js";

const language = ENGLISH;
/** The language's code, for what the browser itself puts into words. */
export const LANGUAGE = "en";

/**
 * Return a text with its values put in for `{name}`.
 *
 * A text that counts is a pair, for one and for many, and counts by the value `n`.
 */
export function say(name, values = {}) {
  const found = language[name];
  if (found === undefined) throw new Error(`no words for ${name}`);
  const text = Array.isArray(found) ? found[values.n === 1 ? 0 : 1] : found;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}
