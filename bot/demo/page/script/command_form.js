// A slash command that is being filled in: a field for each option, and a hint for the focused one.

import { shownDescription, shownName, wrapOptions } from "./commands.js";
import { el } from "./element.js";
import { icon } from "./icons.js";
import { OptionField } from "./option_field.js";
import { say } from "./words.js";

let count = 0;

/**
 * `send(command id, options)` runs it; `cancel(text)` returns to plain text; `complete(command id,
 * options)` fetches autocomplete choices.
 */
export class CommandForm {
  constructor(leaf, { state, uploads, send, cancel, complete, values = {} }) {
    this.leaf = leaf;
    this.context = { state, uploads };
    this.send = send;
    this.cancel = cancel;
    this.complete = complete;
    count += 1;
    this.fields = [];
    this.rows = el("div", { class: "options" });
    this.more = el("div", { class: "more-options" });
    this.hint = el("p", { class: "hint", id: "command-hint", aria: { live: "polite" } }, leaf.description);
    this.run = el(
      "button",
      { type: "button", class: "button primary", on: { click: () => this.submit() } },
      icon("send"),
      say("command.run"),
    );
    this.root = el(
      "div",
      { class: "command-form", role: "group", aria: { label: `/${leaf.name}` } },
      el(
        "div",
        { class: "command-head" },
        el("strong", {}, `/${leaf.name}`),
        el("span", { class: "muted" }, leaf.description),
        el(
          "button",
          {
            type: "button",
            class: "icon-button",
            aria: { label: say("command.cancel") },
            on: { click: () => cancel("") },
          },
          icon("close"),
        ),
      ),
      this.rows,
      this.more,
      el("div", { class: "command-foot" }, this.hint, this.run),
    );
    for (const option of leaf.options) if (option.required) this.#add(option);
    for (const [name, text] of Object.entries(values)) {
      const option = leaf.options.find((each) => shownName(each) === name);
      (this.#field(option) ?? this.#add(option)).set(text);
    }
    this.#drawMore();
    this.root.addEventListener("focusin", (event) => this.#tellHint(event.target));
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) cancel("");
    });
  }

  /** Focus the first field that is missing, else the last field. */
  focus() {
    const field = this.fields.find((each) => each.isEmpty) ?? this.fields.at(-1);
    (field?.input ?? this.run).focus();
  }

  /** Use a dropped or pasted file for the first empty file option; return false if there is none. */
  takeFile(file) {
    const wants = (option) => option.type === 11 && (this.#field(option)?.isEmpty ?? true);
    const option = this.leaf.options.find(wants);
    if (!option) return false;
    (this.#field(option) ?? this.#add(option)).take(file);
    this.#drawMore();
    return true;
  }

  /** Run the command, or show which options are missing. */
  async submit() {
    if (this.isSending) return;
    const missing = this.fields.find((each) => each.option.required && each.isEmpty);
    if (missing) return this.#complain(missing, say("option.missing", { name: shownName(missing.option) }));
    const options = [];
    for (const field of this.fields.filter((each) => !each.isEmpty)) {
      try {
        options.push({ name: field.option.name, type: field.option.type, value: field.value() });
      } catch (error) {
        return this.#complain(field, error.message);
      }
    }
    this.isSending = true;
    this.run.disabled = true;
    try {
      await Promise.all(this.fields.map((each) => each.upload?.done));
      this.send(this.leaf.command.id, wrapOptions(this.leaf, options), options);
    } catch (error) {
      this.hint.textContent = error.message;
    } finally {
      this.isSending = false;
      this.run.disabled = false;
    }
  }

  /** The equivalent text line, which is stored as a draft and survives a reload. */
  get line() {
    const parts = this.fields
      .filter((each) => !each.isFile && !each.isEmpty)
      .map((each) => `${shownName(each.option)}:${each.input.value.trim()}`);
    return [`/${this.leaf.name}`, ...parts].join(" ");
  }

  #field(option) {
    return this.fields.find((each) => each.option === option);
  }

  #add(option) {
    const field = new OptionField(option, {
      ...this.context,
      number: count,
      complete: (each) => this.#askBot(each),
      onRemove: (each) => this.#remove(each),
      onKey: (event, each) => this.#key(event, each),
      onInput: (each) => this.#focusNext(each),
    });
    this.fields.push(field);
    this.rows.append(field.root);
    return field;
  }

  #remove(field) {
    this.fields = this.fields.filter((each) => each !== field);
    field.root.remove();
    this.#drawMore();
    this.focus();
  }

  #drawMore() {
    const left = this.leaf.options.filter((option) => !this.#field(option));
    this.more.replaceChildren(
      ...left.map((option) =>
        el(
          "button",
          {
            type: "button",
            class: "chip",
            title: shownDescription(option),
            aria: { label: say("option.add", { name: shownName(option), description: shownDescription(option) }) },
            on: { click: () => this.#open(option) },
          },
          icon("plus"),
          shownName(option),
        ),
      ),
    );
  }

  #open(option) {
    const field = this.#add(option);
    this.#drawMore();
    field.input.focus();
  }

  #key(event, field) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !field.isFile) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Backspace" && field.isEmpty && !field.isFile) {
      event.preventDefault();
      if (!field.option.required) this.#remove(field);
      else if (this.fields.every((each) => each.isEmpty)) this.cancel(`/${this.leaf.name}`);
    }
  }

  /** Switch to another option when its name and a colon are typed; return whether it was. */
  #focusNext(field) {
    this.#tellHint(field.input);
    const named = /(?:^|\s)([\p{L}\p{N}_-]+):$/u.exec(field.input.value);
    const option = named && this.leaf.options.find((each) => shownName(each) === named[1] && each !== field.option);
    if (!option) return false;
    field.input.value = field.input.value.slice(0, named.index).trim();
    const other = this.#field(option);
    if (other) other.input.focus();
    else this.#open(option);
    return true;
  }

  #askBot(field) {
    const filled = this.fields.filter((each) => each !== field && !each.isEmpty && !each.isFile);
    const options = [];
    for (const each of filled) {
      try {
        options.push({ name: each.option.name, type: each.option.type, value: each.value() });
      } catch {
        // Errors in other fields are shown when the command is sent.
      }
    }
    options.push({ name: field.option.name, type: field.option.type, value: field.input.value, focused: true });
    return this.complete(this.leaf.command.id, wrapOptions(this.leaf, options));
  }

  #tellHint(element) {
    const field = this.fields.find((each) => each.root.contains(element));
    const text = field ? field.hint : this.leaf.description;
    if (this.hint.textContent !== text) this.hint.textContent = text;
    this.hint.classList.remove("failed");
  }

  #complain(field, sentence) {
    field.input.setAttribute("aria-invalid", "true");
    field.input.focus();
    this.hint.textContent = sentence;
    this.hint.classList.add("failed");
  }
}
