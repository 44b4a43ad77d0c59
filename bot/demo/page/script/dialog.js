// Dialogs: a title, a form, and buttons.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

let count = 0;

/**
 * Open a dialog and return {dialog, close, fail}.
 *
 * `submit` is called with the form; the dialog closes when its promise is fulfilled, then `done` is
 * called with its value. The message of an error is shown. `onClose` is called when the dialog is
 * cancelled.
 */
export function openDialog({ title, body, confirm, danger = false, submit, done, onClose, className = "" }) {
  const before = document.activeElement;
  count += 1;
  const id = `dialog-${count}`;
  const trouble = el("p", { class: "failed", role: "alert" });
  const sends = el(
    "button",
    { type: "submit", class: `button ${danger ? "danger" : "primary"}` },
    confirm ?? say("dialog.ok"),
  );
  const form = el(
    "form",
    { class: "dialog-form", novalidate: true },
    el(
      "div",
      { class: "dialog-head" },
      el("h2", { id }, title),
      el(
        "button",
        { type: "button", class: "icon-button", aria: { label: say("dialog.close") }, on: { click: () => giveUp() } },
        icon("close"),
      ),
    ),
    el("div", { class: "dialog-body", tabindex: "-1" }, body),
    trouble,
    el(
      "div",
      { class: "dialog-foot" },
      submit &&
        el(
          "button",
          { type: "button", class: "button secondary", on: { click: () => giveUp() } },
          say("dialog.cancel"),
        ),
      sends,
    ),
  );
  const dialog = el("dialog", { class: className, aria: { labelledby: id } }, form);
  const close = () => {
    dialog.close();
    dialog.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
  };
  const giveUp = () => {
    close();
    onClose?.();
  };
  const fail = (sentence) => (trouble.textContent = sentence);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!submit) return giveUp();
    if (sends.disabled) return;
    sends.disabled = true;
    fail("");
    try {
      const result = await submit(form);
      close();
      done?.(result);
    } catch (error) {
      if (!error.message) throw error;
      fail(error.message);
    } finally {
      sends.disabled = false;
    }
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    giveUp();
  });
  document.body.append(dialog);
  dialog.showModal();
  const first = dialog.querySelector(".dialog-body :is(input, textarea, select):not([type=file])") ?? sends;
  first.focus();
  first.select?.();
  return { dialog, close, fail };
}

/** Ask for confirmation; resolve with true or false. */
export function ask({ title, text, confirm, danger }) {
  return new Promise((resolve) => {
    openDialog({
      title,
      confirm,
      danger,
      body: el("p", {}, text),
      submit: async () => resolve(true),
      onClose: () => resolve(false),
    });
  });
}
