// The field for one option of a slash command: text, number, choice, person, channel, role or file.

import { OptionType, shownDescription, shownName } from "./commands.js";
import { el } from "./element.js";
import { icon } from "./icons.js";
import { Suggestions } from "./suggestions.js";
import { describeBytes } from "./sizes.js";
import { say } from "./words.js";

const PAUSE_MS = 120;
const NUMBERS = new Set([OptionType.INTEGER, OptionType.NUMBER]);

/**
 * `complete(field)` fetches autocomplete choices; `uploads.add(file)` starts an upload.
 * `onKey(event, field)` gets the keys that the field does not handle.
 */
export class OptionField {
  constructor(option, { state, complete, uploads, onRemove, onKey, onInput, number }) {
    this.option = option;
    this.state = state;
    this.complete = complete;
    this.uploads = uploads;
    this.onInput = onInput;
    this.chosen = null;
    this.upload = null;
    const name = shownName(option);
    const id = `option-${number}-${option.name}`;
    this.isFile = option.type === OptionType.ATTACHMENT;
    this.input = this.isFile
      ? el("input", { type: "file", id, class: "option-input" })
      : el("input", {
          type: "text",
          id,
          class: "option-input",
          role: "combobox",
          autocomplete: "off",
          spellcheck: option.type === OptionType.STRING ? "true" : "false",
          inputmode: NUMBERS.has(option.type) ? "decimal" : null,
          enterkeyhint: "send",
          aria: { expanded: "false", required: option.required ? "true" : null },
        });
    this.input.setAttribute("aria-describedby", "command-hint");
    this.file = el("span", { class: "muted file-name" });
    this.root = el(
      "div",
      { class: "option", data: { option: option.name } },
      el("label", { for: id }, name),
      this.input,
      this.isFile && this.file,
      !option.required &&
        el(
          "button",
          {
            type: "button",
            class: "icon-button",
            aria: { label: say("option.remove", { name }) },
            on: { click: () => onRemove(this) },
          },
          icon("close"),
        ),
    );
    if (this.isFile) {
      this.input.addEventListener("change", () => this.input.files[0] && this.take(this.input.files[0]));
      this.input.addEventListener("keydown", (event) => onKey(event, this));
      return;
    }
    this.list = new Suggestions(this.input, {
      label: say("option.choices", { name }),
      onPick: (each) => this.#pick(each),
    });
    this.root.append(this.list.list);
    this.input.addEventListener("keydown", (event) => this.list.key(event) || onKey(event, this));
    this.input.addEventListener("input", () => {
      this.chosen = null;
      this.input.removeAttribute("aria-invalid");
      if (!onInput(this)) this.#suggest();
    });
    this.input.addEventListener("focus", () => this.#suggest());
    this.input.addEventListener("blur", () => this.list.hide());
  }

  /** The hint about the option while it is focused. */
  get hint() {
    const { option } = this;
    const limits = [];
    if (option.min_value !== undefined && option.max_value !== undefined)
      limits.push(say("option.between", { min: option.min_value, max: option.max_value }));
    if (option.max_length !== undefined) limits.push(say("option.length", { max: option.max_length }));
    if (option.required) limits.push(say("option.required"));
    return [shownDescription(option), ...limits].filter(Boolean).join(" · ");
  }

  get isEmpty() {
    return this.isFile ? !this.upload : !this.input.value.trim();
  }

  /** Set the option's file. */
  async take(file) {
    this.file.textContent = `${file.name} · ${describeBytes(file.size)}`;
    this.upload = this.uploads.add(file);
    try {
      await this.upload.done;
    } catch (error) {
      this.upload = null;
      this.input.value = "";
      this.file.textContent = error.message;
    }
  }

  /** Set a typed value, as from a pasted line. */
  set(text) {
    if (!this.isFile) this.input.value = text;
  }

  /** Return the value for Discord; throws an Error with a sentence for an invalid one. */
  value() {
    if (this.isFile) return this.upload.id;
    const { option, chosen } = this;
    const text = this.input.value.trim();
    const name = shownName(option);
    if (chosen && chosen.label === this.input.value) return chosen.value;
    if (option.choices?.length) return this.#chosenValue(this.#choices(), text, say("option.fromList", { name }));
    switch (option.type) {
      case OptionType.BOOLEAN:
        return this.#chosenValue(this.#choices(), text, say("option.yesNo", { name }));
      case OptionType.INTEGER:
      case OptionType.NUMBER: {
        const number = Number(text.replace(",", "."));
        if (!Number.isFinite(number) || (option.type === OptionType.INTEGER && !Number.isInteger(number)))
          throw new Error(say(option.type === OptionType.INTEGER ? "option.whole" : "option.number", { name }));
        if (number < (option.min_value ?? -Infinity) || number > (option.max_value ?? Infinity))
          throw new Error(say("option.range", { name, min: option.min_value ?? "…", max: option.max_value ?? "…" }));
        return number;
      }
      case OptionType.STRING:
        if (text.length > (option.max_length ?? 6000))
          throw new Error(say("option.tooLong", { name, max: option.max_length ?? 6000, n: text.length }));
        return text;
      default:
        return this.#chosenValue(this.#choices(), text.replace(/^[@#]/, ""), say("option.fromList", { name }));
    }
  }

  #chosenValue(choices, text, sentence) {
    const found = choices.find((each) => each.label.replace(/^[@#]/, "").toLowerCase() === text.toLowerCase());
    if (!found) throw new Error(sentence);
    return found.value;
  }

  #choices() {
    const { option, state } = this;
    const people = () =>
      [...state.members.values()].map(({ user }) => ({
        label: `@${state.nameOf(user)}`,
        description: user.username,
        value: user.id,
      }));
    const roles = () =>
      [...state.roles.values()].map((each) => ({ label: `@${each.name.replace(/^@/, "")}`, value: each.id }));
    switch (option.type) {
      case OptionType.BOOLEAN:
        return [
          { label: say("yes"), value: true },
          { label: say("no"), value: false },
        ];
      case OptionType.USER:
        return people();
      case OptionType.ROLE:
        return roles();
      case OptionType.MENTIONABLE:
        return [...people(), ...roles()];
      case OptionType.CHANNEL:
        return [...state.channels.values()]
          .filter(
            (each) =>
              each.name && each.guild_id && (!option.channel_types?.length || option.channel_types.includes(each.type)),
          )
          .map((each) => ({ label: `#${each.name}`, value: each.id }));
      default:
        return (option.choices ?? []).map((each) => ({ label: each.name_localized ?? each.name, value: each.value }));
    }
  }

  #suggest() {
    clearTimeout(this.timer);
    if (this.option.autocomplete) {
      this.timer = setTimeout(() => this.#askBot(), PAUSE_MS);
      return;
    }
    const typed = this.input.value.trim().replace(/^[@#]/, "").toLowerCase();
    const found = this.#choices()
      .filter((each) => each.label.toLowerCase().includes(typed))
      .slice(0, 25);
    this.list.show(found, { first: true });
  }

  async #askBot() {
    const asked = this.input.value;
    try {
      const choices = await this.complete(this);
      // The text has changed since, so the choices are outdated.
      if (this.input.value !== asked || document.activeElement !== this.input) return;
      this.list.show(choices.map((each) => ({ label: each.name_localized ?? each.name, value: each.value })));
    } catch {
      this.list.hide();
    }
  }

  #pick(option) {
    this.chosen = option;
    this.input.value = option.label;
    this.input.removeAttribute("aria-invalid");
    // For keyboard users, the focus moves on at once.
    this.input.setSelectionRange(option.label.length, option.label.length);
    this.onInput(this);
  }
}
