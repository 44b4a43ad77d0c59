// The area that replaces the text field while a slash command is filled in.

import { CommandForm } from "./command_form.js";
import { findCommands, readCommandLine, shownName, slashCommands } from "./commands.js";
import { el } from "./element.js";
import { tab } from "./session.js";

/** `onOpen()` hides the text field; `onClose(text)` shows it again, with a text. */
export class CommandArea {
  constructor({ state, actions, uploads, onOpen, onClose }) {
    Object.assign(this, { state, actions, uploads, onOpen, onClose });
    this.form = null;
    this.root = el("div", { class: "command-place" });
  }

  /** Return suggestions for the text typed after a slash. */
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

  /** Open the command of a name; return false if there is none. */
  use(name, values = {}) {
    const leaf = this.#all().find((each) => each.key === name || each.name === name);
    if (leaf) this.open(leaf, values);
    return Boolean(leaf);
  }

  /** Open the command of a whole line, with its values; return false if it is none. */
  readLine(line) {
    const read = readCommandLine(this.#all(), line);
    if (read) this.open(read.leaf, read.values);
    return Boolean(read);
  }

  /** Show the form of a command in the open channel. */
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

  /** Remove the form. */
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
