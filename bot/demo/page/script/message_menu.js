// What can be done with a message or a person: the bar over a message, and the menus with *Apps*.

import { CommandType, shownName } from "./commands.js";
import { ask, openDialog } from "./dialog.js";
import { el } from "./element.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { gist } from "./message.js";
import { isThread } from "./sidebar.js";
import { ChannelType, EPHEMERAL } from "./state.js";
import { say } from "./words.js";

const EMOJI = ["👍", "❤️", "😂", "🎉", "🔥", "👏", "🙌", "😮", "😢", "🤔", "👀", "🎵", "🎸", "🥁", "🎹", "🎷", "🎧", "💯", "✅", "❌", "👎", "🙏", "✨", "🚀"];
const OWN_TYPES = new Set([0, 19, 20, 23]);

/** Makes the menus; `app` has state, actions, composer, timeline and openChannel. */
export class MessageMenu {
  constructor(app) {
    this.app = app;
    this.bar = el("div", { class: "message-bar", role: "toolbar", aria: { label: say("bar") }, data: { own: "" } },
      this.#button("smile", "react.add", (message, button) => this.pickEmoji(message, button)),
      this.#button("reply", "reply", (message) => this.app.composer.setReply(message)),
      this.#button("more", "more", (message, button) => this.open(message, button)));
    const { list } = app.timeline;
    list.addEventListener("pointerover", (event) => this.#attach(event.target.closest(".message")));
    list.addEventListener("focusin", (event) => this.#attach(event.target.closest(".message")));
    list.addEventListener("contextmenu", (event) => this.#context(event));
    list.addEventListener("keydown", (event) => {
      if (event.target.matches(".message") && (event.key === "Enter" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
        event.preventDefault();
        this.open(this.#messageOf(event.target), event.target);
      }
    });
  }

  /** Open the menu of a message. */
  open(message, at) {
    const { state, actions, composer } = this.app;
    const isMine = message.author.id === state.me.id;
    const isEphemeral = Boolean(message.flags & EPHEMERAL);
    const channel = state.channels.get(message.channel_id);
    const canThread = channel.type === ChannelType.TEXT && !message.thread && !isEphemeral && OWN_TYPES.has(message.type);
    const usual = isEphemeral ? [{ label: say("ephemeral.dismiss"), icon: "close", run: () => this.app.dismiss(message) }] : [
      { label: say("react.add"), icon: "smile", run: () => this.pickEmoji(message, at) },
      { label: say("reply"), icon: "reply", run: () => composer.setReply(message) },
      canThread && { label: say("thread.create"), icon: "thread", run: () => this.newThread(message) },
      message.content && { label: say("copy.text"), icon: "copy", run: () => navigator.clipboard?.writeText(message.content) },
      isMine && message.type !== 18 && { label: say("edit"), icon: "edit", run: () => this.edit(message) },
      (isMine || this.app.may("MANAGE_MESSAGES")) && { label: say("delete"), icon: "trash", danger: true, run: () => this.remove(message) },
    ];
    const apps = isEphemeral ? [] : this.#apps(CommandType.MESSAGE, (command) => actions.useMenu(message.channel_id, command.id, message.id));
    openMenu(at, [{ items: usual.filter(Boolean) }, { title: say("apps"), items: apps }], { label: say("menu.message") });
  }

  /** Open the menu of a person. */
  openPerson(userId, at) {
    const { state, actions, composer, channelId } = this.app;
    const name = state.nameById(userId) ?? say("unknown.person");
    const isMe = userId === state.me.id;
    const demo = state.people.find((each) => each.id === userId);
    const usual = [
      !isMe && { label: say("person.message"), icon: "send", run: () => this.app.openDm(userId) },
      { label: say("person.mention"), icon: "people", run: () => composer.mention(userId) },
    ];
    const tabs = isMe || !demo ? [] : [
      { label: say("switch.tab", { name }), icon: "external", run: () => open(`/as/${encodeURIComponent(demo.key)}`, "_blank", "noopener") },
      { label: say("switch.here", { name }), icon: "swap", run: () => location.assign(`/as/${encodeURIComponent(demo.key)}`) },
    ];
    const isOwner = userId === state.guild?.owner_id;
    const staff = [
      !isMe && !isOwner && state.members.has(userId) && state.mayInServer("KICK_MEMBERS") && {
        label: say("person.kick"), icon: "close", danger: true, run: () => actions.run("kick", { user_id: userId }),
      },
      isMe && !isOwner && state.isMember && { label: say("person.leave"), icon: "close", danger: true, run: () => actions.run("leave", {}) },
    ];
    const apps = this.#apps(CommandType.USER, (command) => actions.useMenu(channelId, command.id, userId));
    openMenu(at, [{ title: name, items: usual.filter(Boolean) }, { items: tabs }, { title: say("apps"), items: apps }, { items: staff.filter(Boolean) }], { label: say("menu.person", { name }) });
  }

  /** Offer emoji for a message. */
  pickEmoji(message, at) {
    const items = EMOJI.map((emoji) => ({ label: emoji, emoji, run: () => this.toggleReaction(message, emoji) }));
    openMenu(at, [{ items }], { label: say("react.add"), className: "emoji-menu" });
  }

  /** Put a reaction there, or take it away. */
  toggleReaction(message, emoji) {
    const isMine = message.reactions?.some((each) => each.me && (each.emoji.id ? `${each.emoji.name}:${each.emoji.id}` : each.emoji.name) === emoji);
    this.app.actions.run(isMine ? "unreact" : "react", { channel_id: message.channel_id, message_id: message.id, emoji });
  }

  /** Let somebody change what they wrote. */
  edit(message) {
    const { state, actions } = this.app;
    const text = el("textarea", { id: "edit-text", rows: "4", maxlength: state.limits.characters });
    text.value = message.content;
    openDialog({
      title: say("edit"), confirm: say("edit.save"),
      body: el("div", { class: "field" }, el("label", { for: "edit-text" }, say("edit.label")), text),
      submit: () => actions.connection.do("edit_message", { channel_id: message.channel_id, message_id: message.id, content: text.value }),
    });
  }

  /** Delete a message, after asking. */
  async remove(message) {
    const { state, actions } = this.app;
    const isSure = await ask({ title: say("delete.title"), text: gist(message, state), confirm: say("delete"), danger: true });
    if (isSure) actions.run("delete_message", { channel_id: message.channel_id, message_id: message.id });
  }

  /** Begin a thread, from a message or from nothing. */
  newThread(message = null) {
    const { actions, state } = this.app;
    const channel = state.channels.get(message?.channel_id ?? this.app.channelId);
    const parent = isThread(channel) ? channel.parent_id : channel.id;
    const usual = message ? gist(message, state).slice(0, 60) : "";
    this.#askName(say("thread.create"), say("thread.name"), usual, (name) =>
      actions.connection.do("create_thread", { channel_id: parent, name, message_id: message?.id ?? null }));
  }

  /** Add a channel to the server. */
  newChannel() {
    this.#askName(say("channel.create"), say("channel.name"), "", (name) =>
      this.app.connection.do("create_channel", { name: name.toLowerCase().replace(/\s+/g, "-") }));
  }

  #askName(title, label, usual, make) {
    const name = el("input", { type: "text", id: "new-name", maxlength: "100", value: usual });
    openDialog({
      title, confirm: say("make"),
      body: el("div", { class: "field" }, el("label", { for: "new-name" }, label), name),
      submit: async () => {
        if (!name.value.trim()) throw new Error(say("modal.missing", { name: label }));
        return make(name.value.trim());
      },
      done: (made) => this.app.openWhenThere(made.channel_id),
    });
  }

  #apps(type, run) {
    return this.app.state.commands.filter((each) => each.type === type).map((command) => ({ label: shownName(command), icon: "apps", run: () => run(command) }));
  }

  #button(name, words, run) {
    return el("button", {
      type: "button", class: "icon-button", aria: { label: say(words) },
      on: { click: (event) => run(this.#messageOf(this.bar.parentElement), event.currentTarget) },
    }, icon(name));
  }

  #messageOf(row) {
    return this.app.state.message(this.app.channelId, row.dataset.message);
  }

  #attach(row) {
    if (!row || this.bar.parentElement === row) return;
    const message = this.#messageOf(row);
    // An open menu, and what is only for oneself, has no bar.
    if (!message || message.flags & EPHEMERAL) this.bar.remove();
    else row.append(this.bar);
  }

  #context(event) {
    const person = event.target.closest("[data-act=person]");
    const row = event.target.closest(".message");
    // The browser's own menu stays for links, pictures and players, and for a selection.
    if (!row || (!person && event.target.closest("a, img, audio, input")) || String(getSelection())) return;
    event.preventDefault();
    const at = { x: event.clientX, y: event.clientY };
    if (person) this.openPerson(person.dataset.user, at);
    else if (this.#messageOf(row)) this.open(this.#messageOf(row), at);
  }
}
