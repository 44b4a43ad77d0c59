// Dark or light: as the system has it, until somebody says otherwise.

import { browser } from "./session.js";

const system = matchMedia("(prefers-color-scheme: light)");

/** Tell which one is shown: dark or light. */
export function currentTheme() {
  return browser.read("theme") ?? (system.matches ? "light" : "dark");
}

/** Show the theme that was chosen, and follow the system where none was. */
export function startTheme() {
  const show = () => (document.documentElement.dataset.theme = currentTheme());
  system.addEventListener("change", show);
  addEventListener("storage", show);
  show();
}

/** Change to the other one. */
export function switchTheme() {
  browser.write("theme", currentTheme() === "dark" ? "light" : "dark");
  document.documentElement.dataset.theme = currentTheme();
}
