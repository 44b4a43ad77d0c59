// A list of suggestions above a text field, operated with the arrow keys, Enter and Tab, or by touch.

import { el } from "./element.js";

let count = 0;

/** The listbox of one field; `onPick(option)` is called with the chosen option. */
export class Suggestions {
  constructor(field, { label, onPick }) {
    count += 1;
    this.field = field;
    this.onPick = onPick;
    this.id = `suggestions-${count}`;
    this.options = [];
    this.at = -1;
    this.list = el("ul", { class: "suggestions", id: this.id, role: "listbox", hidden: true, aria: { label } });
    field.setAttribute("aria-controls", this.id);
    field.setAttribute("aria-autocomplete", "list");
    this.#mark();
    // The field keeps the focus.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.pick(Number(row.dataset.at));
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Show options: {label, description, hint, title}; `first` marks the first for Enter. */
  show(options, { first = false } = {}) {
    this.options = options;
    this.at = first && options.length ? 0 : -1;
    this.list.replaceChildren(
      ...options.map((each, at) =>
        el(
          "li",
          { role: "option", id: `${this.id}-${at}`, data: { at, command: each.command } },
          each.sign && el("span", { class: "sign", aria: { hidden: "true" } }, each.sign),
          el(
            "span",
            { class: "suggestion" },
            el("span", {}, each.label),
            each.description && el("small", {}, each.description),
          ),
          each.hint && el("small", { class: "muted" }, each.hint),
        ),
      ),
    );
    this.list.hidden = options.length === 0;
    this.#mark();
  }

  hide() {
    if (this.isOpen) this.show([]);
  }

  pick(at) {
    const option = this.options[at];
    this.hide();
    this.onPick(option);
  }

  /** Handle a key; return whether it was for the list. */
  key(event) {
    if (!this.isOpen || event.isComposing) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.at =
        this.at < 0 && step < 0
          ? this.options.length - 1
          : (this.at + step + this.options.length) % this.options.length;
      this.#mark();
    } else if (event.key === "Escape") this.hide();
    else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0 && !event.shiftKey) this.pick(this.at);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #mark() {
    const rows = [...this.list.children];
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === this.at)));
    if (this.field.getAttribute("role") === "combobox") this.field.setAttribute("aria-expanded", String(this.isOpen));
    if (rows[this.at]) {
      this.field.setAttribute("aria-activedescendant", rows[this.at].id);
      rows[this.at].scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }
}
