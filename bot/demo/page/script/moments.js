// Moments in words, as Discord's `<t:…>` shows them.

import { LANGUAGE, say } from "./words.js";

const OPTIONS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
// English is spoken in many countries: where the browser has its own, its dates stay.
const isOfBrowser = navigator.language.split("-")[0] === LANGUAGE.split("-")[0];
const DATES_OF = isOfBrowser ? undefined : LANGUAGE;
/** Formats by their letter: each is costly to make. */
const STYLES = Object.fromEntries(
  Object.entries(OPTIONS).map(([letter, options]) => [letter, new Intl.DateTimeFormat(DATES_OF, options)]),
);
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

/** Return a moment in the style of a timestamp's letter; R counts from now. */
export function describeMoment(seconds, style, nowMs) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return say("moment.none");
  if (style !== "R") return STYLES[style].format(date);
  const left = seconds - nowMs / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(left) >= each) ?? UNITS.at(-1);
  return relative.format(Math.round(left / size), unit);
}

/** Return a moment in full, for a tooltip. */
export function exactMoment(seconds) {
  return describeMoment(seconds, "F", 0);
}

/** Return the time of a message: the hour today, else the day too. */
export function messageTime(iso, nowMs) {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return STYLES[isToday ? "t" : "s"].format(date);
}

/** Return a day, for the line between two of them. */
export function dayOf(iso) {
  return STYLES.D.format(new Date(iso));
}

/** Tell whether two moments are on one day, where this person is. */
export function isSameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** Return a length of sound as 0:07 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Let the moments on the page that count from now do so. */
export function keepCounting(root) {
  setInterval(() => {
    for (const each of root.querySelectorAll('.moment[data-style="R"]')) {
      const text = describeMoment(Number(each.dataset.seconds), "R", Date.now());
      if (each.textContent !== text) each.textContent = text;
    }
  }, 1_000);
}
