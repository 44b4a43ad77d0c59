// The dark or light theme: the system's, unless one was chosen.

import { browser } from "./session.js";

const system = matchMedia("(prefers-color-scheme: light)");

/** Return the current theme: dark or light. */
export function currentTheme() {
  return browser.read("theme") ?? (system.matches ? "light" : "dark");
}

/** Apply the chosen theme, or follow the system's. */
export function startTheme() {
  const show = () => (document.documentElement.dataset.theme = currentTheme());
  system.addEventListener("change", show);
  addEventListener("storage", show);
  show();
}

/** Switch to the other theme. */
export function switchTheme() {
  browser.write("theme", currentTheme() === "dark" ? "light" : "dark");
  document.documentElement.dataset.theme = currentTheme();
}
