// Formatting of times, as in Discord's `<t:…>`.

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
// If the browser has a regional English, its date format is used.
const isOfBrowser = navigator.language.split("-")[0] === LANGUAGE.split("-")[0];
const DATES_OF = isOfBrowser ? undefined : LANGUAGE;
/** Cached formats by letter: Intl formats are slow to create. */
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

/** Format a time in the style of a timestamp's letter; R is relative to now. */
export function formatTimestamp(seconds, style, nowMs) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return say("moment.none");
  if (style !== "R") return STYLES[style].format(date);
  const left = seconds - nowMs / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(left) >= each) ?? UNITS.at(-1);
  return relative.format(Math.round(left / size), unit);
}

/** Format a time in full, for a tooltip. */
export function formatFullTime(seconds) {
  return formatTimestamp(seconds, "F", 0);
}

/** Format the time of a message; with the day unless it is today. */
export function messageTime(iso, nowMs) {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date(nowMs).toDateString();
  return STYLES[isToday ? "t" : "s"].format(date);
}

/** Format a day, for the divider between days. */
export function dayOf(iso) {
  return STYLES.D.format(new Date(iso));
}

/** Return whether two times are on the same local day. */
export function isSameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** Format a duration as 0:07 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Keep relative times on the page up to date. */
export function updateRelativeTimes(root) {
  setInterval(() => {
    for (const each of root.querySelectorAll('.moment[data-style="R"]')) {
      const text = formatTimestamp(Number(each.dataset.seconds), "R", Date.now());
      if (each.textContent !== text) each.textContent = text;
    }
  }, 1_000);
}
