// The message input: text, replies, files, and the start of slash commands.

import { CommandArea } from "./command_area.js";
import { el } from "./element.js";
import { iconButton } from "./icons.js";
import { MentionNames } from "./mention_names.js";
import { notify } from "./notices.js";
import { replyBar } from "./reply_bar.js";
import { tab } from "./session.js";
import { Suggestions } from "./suggestions.js";
import { AttachmentTray } from "./attachment_tray.js";
import { say } from "./words.js";

const TYPING_MS = 8_000;
/** Longer pasted text can't be a message, and would only make the field slow. */
const MAX_PASTED = 100_000;

/** `actions` sends; see actions.js. */
export class Composer {
  constructor({ state, actions, uploads, onEditLast }) {
    Object.assign(this, { state, actions, uploads, onEditLast });
    this.channelId = null;
    this.replyTo = null;
    this.names = new MentionNames(state);
    this.tray = new AttachmentTray(uploads, state);
    this.text = el("textarea", { class: "text-input", rows: "1", enterkeyhint: "send", autocomplete: "off" });
    this.counter = el("span", { class: "counter" });
    this.list = new Suggestions(this.text, { label: say("composer.suggestions"), onPick: (each) => each.pick() });
    this.picker = el("input", {
      type: "file",
      multiple: true,
      hidden: true,
      tabindex: "-1",
      aria: { label: say("composer.attach") },
    });
    this.attach = iconButton("plus", say("composer.attach"), () => this.picker.click());
    this.slash = iconButton("apps", say("composer.commands"), () => this.#type("/"));
    this.submit = iconButton("send", say("composer.send"), null, { type: "submit", className: "send" });
    this.reply = el("div", { class: "reply-bar", hidden: true });
    this.line = el("div", { class: "line" }, this.attach, this.text, this.counter, this.slash, this.submit);
    this.commands = new CommandArea({
      state,
      actions,
      uploads,
      onOpen: () => {
        this.list.hide();
        this.line.hidden = true;
      },
      onClose: (text) => {
        this.line.hidden = false;
        this.#type(text);
      },
    });
    this.root = el(
      "form",
      { class: "composer", aria: { label: say("composer") } },
      this.list.list,
      this.reply,
      this.tray.root,
      this.commands.root,
      this.line,
      this.picker,
    );
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", () => this.#changed());
    this.text.addEventListener("paste", (event) => this.#paste(event));
    this.text.addEventListener("blur", () => this.list.hide());
    this.picker.addEventListener("change", () => {
      this.takeFiles(this.picker.files);
      this.picker.value = "";
    });
  }

  /** Switch to another channel; the draft of the previous one is kept. */
  open(channelId, name) {
    this.channelId = channelId;
    this.commands.channelId = channelId;
    this.#closeForm();
    this.setReply(null);
    this.tray.take();
    this.text.setAttribute("aria-label", say("composer.to", { channel: name }));
    this.text.placeholder = say("composer.to", { channel: name });
    this.text.value = "";
    this.text.value = tab.read(`draft.${channelId}`, "");
    this.#fitHeight();
  }

  /** Reopen the command draft from before a reload, once the commands are loaded. */
  readDraft() {
    const { value } = this.text;
    if (!this.commands.form && value.startsWith("/") && !this.list.isOpen) this.commands.readLine(value);
    // If a slash was typed before the commands were loaded, suggest them now.
    if (!this.commands.form && value.startsWith("/") && document.activeElement === this.text) this.#suggest();
  }

  /** Show why nothing can be written here, or enable the field. */
  setBlocked(sentence) {
    this.root.classList.toggle("blocked", Boolean(sentence));
    for (const each of [this.text, this.attach, this.slash, this.submit]) each.disabled = Boolean(sentence);
    if (sentence) this.text.placeholder = sentence;
  }

  /** Set the message to reply to, or none. */
  setReply(message) {
    this.replyTo = message;
    this.reply.hidden = !message;
    if (!message) return this.reply.replaceChildren();
    this.ping = el("input", { type: "checkbox", checked: true });
    this.reply.replaceChildren(...replyBar(this.state.nameOf(message.author), this.ping, () => this.setReply(null)));
    this.focus();
  }

  /** Open a command by its name, with values by option. */
  useCommand(name, values = {}) {
    if (!this.commands.use(name, values)) notify(say("command.unknown", { name }));
  }

  /** Insert a mention at the cursor. */
  mention(userId) {
    const name = this.names.ofPerson(userId);
    this.#closeForm();
    this.text.setRangeText(`${name} `, this.text.selectionStart, this.text.selectionEnd, "end");
    this.#changed();
    this.focus();
  }

  /** Attach files that were dropped, pasted or picked. */
  takeFiles(list) {
    for (const file of list) if (!this.commands.form?.takeFile(file) && !this.tray.add(file)) break;
  }

  focus() {
    if (this.commands.form) this.commands.form.focus();
    else this.text.focus();
  }

  /** Restore the text of a message that could not be sent. */
  restore(text) {
    if (!this.text.value) this.text.value = text;
    this.#changed();
  }

  #send() {
    if (this.commands.form) return this.commands.form.submit();
    const typed = this.text.value.trim();
    if (typed.startsWith("/") && this.commands.readLine(typed)) return this.commands.form?.submit();
    const content = this.names.withIds(typed);
    if (!content && !this.tray.files.length) return undefined;
    if (content.length > this.state.limits.characters) {
      return notify(say("composer.tooLong", { n: content.length, most: this.state.limits.characters }));
    }
    this.actions.send(this.channelId, {
      content,
      files: this.tray.take(),
      replyTo: this.replyTo,
      ping: this.ping?.checked ?? true,
    });
    this.text.value = "";
    this.setReply(null);
    this.#changed();
    return undefined;
  }

  #key(event) {
    if (this.list.key(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape") this.setReply(null);
    else if (event.key === "ArrowUp" && !this.text.value) {
      event.preventDefault();
      this.onEditLast();
    }
  }

  #changed() {
    this.#fitHeight();
    this.#suggest();
    tab.write(`draft.${this.channelId}`, this.text.value.slice(0, MAX_PASTED) || null);
    const now = Date.now();
    if (this.text.value && !this.text.value.startsWith("/") && now - (this.typedAt ?? 0) > TYPING_MS) {
      this.typedAt = now;
      this.actions.type(this.channelId);
    }
  }

  #fitHeight() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, innerHeight * 0.4)}px`;
    const left = this.state.limits ? this.state.limits.characters - this.text.value.length : 0;
    this.counter.textContent = left < 200 ? String(left) : "";
    this.counter.classList.toggle("failed", left < 0);
  }

  #suggest() {
    const { value, selectionStart: at } = this.text;
    if (value.startsWith("/") && !value.includes("\n")) {
      const typed = value.slice(1).trimStart();
      // A complete name followed by a space is accepted without a pick.
      if (typed.endsWith(" ") && this.commands.use(typed.trim())) return undefined;
      return this.list.show(this.commands.suggest(typed), { first: true });
    }
    const word = /(?:^|\s)([@#])([^\s@#]{0,32})$/.exec(value.slice(0, at));
    if (!word) return this.list.hide();
    const [, sign, typed] = word;
    const found = this.names.find(sign, typed);
    return this.list.show(
      found.map((each) => ({
        label: each.name,
        description: each.description,
        pick: () => this.#insertName(each, at - typed.length - 1),
      })),
      { first: true },
    );
  }

  #insertName(found, start) {
    this.names.use(found);
    this.text.setRangeText(`${found.name} `, start, this.text.selectionStart, "end");
    this.#changed();
  }

  #closeForm() {
    this.commands.close();
    this.line.hidden = false;
  }

  #type(text) {
    this.text.value = text;
    this.text.focus();
    this.#changed();
  }

  #paste(event) {
    const { files } = event.clipboardData;
    const text = event.clipboardData.getData("text");
    if (files.length) {
      event.preventDefault();
      this.takeFiles(files);
    } else if (text.length > MAX_PASTED) {
      event.preventDefault();
      notify(say("composer.hugePaste", { n: text.length, most: this.state.limits.characters }));
    }
  }
}
