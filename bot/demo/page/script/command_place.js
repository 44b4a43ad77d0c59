// Where a slash command is filled in, in place of the text field.

import { CommandForm } from "./command_form.js";
import { findCommands, readCommandLine, shownName, slashCommands } from "./commands.js";
import { el } from "./element.js";
import { tab } from "./session.js";

/** `onOpen()` makes room for the form; `onClose(text)` gives the field back, with a text in it. */
export class CommandPlace {
  constructor({ state, actions, uploads, onOpen, onClose }) {
    Object.assign(this, { state, actions, uploads, onOpen, onClose });
    this.form = null;
    this.root = el("div", { class: "command-place" });
  }

  /** Return suggestions for what was typed after a slash. */
  suggest(typed) {
    return findCommands(this.#all(), typed).map((leaf) => ({
      sign: "/",
      command: leaf.name,
      label: `/${leaf.name}`,
      description: leaf.description,
      hint: leaf.options
        .slice(0, 4)
        .map(shownName)
        .join("  "),
      pick: () => this.open(leaf),
    }));
  }

  /** Open the command of that name; false where there is none. */
  use(name, values = {}) {
    const leaf = this.#all().find((each) => each.key === name || each.name === name);
    if (leaf) this.open(leaf, values);
    return Boolean(leaf);
  }

  /** Open the command that a whole line names, with its values; false where it names none. */
  readLine(line) {
    const read = readCommandLine(this.#all(), line);
    if (read) this.open(read.leaf, read.values);
    return Boolean(read);
  }

  /** Show the form of a command in the channel that is open. */
  open(leaf, values = {}) {
    const { channelId } = this;
    const form = new CommandForm(leaf, {
      state: this.state,
      uploads: this.uploads,
      values,
      cancel: (text) => this.#end(text),
      complete: (command, options) => this.actions.complete(channelId, command, options),
      send: (command, options) => {
        this.actions.useCommand(channelId, command, options);
        this.#end("");
      },
    });
    form.root.addEventListener("input", () => tab.write(`draft.${channelId}`, form.line));
    this.form = form;
    this.root.replaceChildren(form.root);
    this.onOpen();
    form.focus();
  }

  /** Take the form away. */
  close() {
    this.form = null;
    this.root.replaceChildren();
  }

  #end(text) {
    this.close();
    this.onClose(text);
  }

  #all() {
    return slashCommands(this.state.commands);
  }
}
