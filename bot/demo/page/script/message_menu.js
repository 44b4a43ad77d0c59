// Actions on a message or a person: the hover bar of a message, and context menus with *Apps*.

import { CommandType, shownName } from "./commands.js";
import { el } from "./element.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { ChannelType, EPHEMERAL } from "./kinds.js";
import { say } from "./words.js";

const EMOJI = [
  "👍",
  "❤️",
  "😂",
  "🎉",
  "🔥",
  "👏",
  "🙌",
  "😮",
  "😢",
  "🤔",
  "👀",
  "🎵",
  "🎸",
  "🥁",
  "🎹",
  "🎷",
  "🎧",
  "💯",
  "✅",
  "❌",
  "👎",
  "🙏",
  "✨",
  "🚀",
];
const OWN_TYPES = new Set([0, 19, 20, 23]);

/** Builds the menus; `app` has state, actions, composer, timeline and openChannel. */
export class MessageMenu {
  constructor(app) {
    this.app = app;
    this.bar = el(
      "div",
      { class: "message-bar", role: "toolbar", aria: { label: say("bar") }, data: { own: "" } },
      this.#button("smile", "react.add", (message, button) => this.pickEmoji(message, button)),
      this.#button("reply", "reply", (message) => this.app.composer.setReply(message)),
      this.#button("more", "more", (message, button) => this.open(message, button)),
    );
    const { list } = app.timeline;
    list.addEventListener("pointerover", (event) => this.#moveBar(event.target.closest(".message")));
    list.addEventListener("focusin", (event) => this.#moveBar(event.target.closest(".message")));
    list.addEventListener("contextmenu", (event) => this.#context(event));
    list.addEventListener("keydown", (event) => {
      if (
        event.target.matches(".message") &&
        (event.key === "Enter" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))
      ) {
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
    const canThread =
      channel.type === ChannelType.TEXT && !message.thread && !isEphemeral && OWN_TYPES.has(message.type);
    const usual = isEphemeral
      ? [{ label: say("ephemeral.dismiss"), icon: "close", run: () => this.app.dismiss(message) }]
      : [
          { label: say("react.add"), icon: "smile", run: () => this.pickEmoji(message, at) },
          { label: say("reply"), icon: "reply", run: () => composer.setReply(message) },
          canThread && { label: say("thread.create"), icon: "thread", run: () => this.app.forms.newThread(message) },
          message.content && {
            label: say("copy.text"),
            icon: "copy",
            run: () => navigator.clipboard?.writeText(message.content),
          },
          isMine &&
            message.type !== 18 && { label: say("edit"), icon: "edit", run: () => this.app.forms.edit(message) },
          (isMine || this.app.may("MANAGE_MESSAGES")) && {
            label: say("delete"),
            icon: "trash",
            danger: true,
            run: () => this.app.forms.remove(message),
          },
        ];
    const apps = isEphemeral
      ? []
      : this.#appsGroup(CommandType.MESSAGE, (command) => actions.useMenu(message.channel_id, command.id, message.id));
    openMenu(at, [{ items: usual.filter(Boolean) }, { title: say("apps"), items: apps }], {
      label: say("menu.message"),
    });
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
    const tabs =
      isMe || !demo
        ? []
        : [
            {
              label: say("switch.tab", { name }),
              icon: "external",
              run: () => open(`/as/${encodeURIComponent(demo.key)}`, "_blank", "noopener"),
            },
            {
              label: say("switch.here", { name }),
              icon: "swap",
              run: () => location.assign(`/as/${encodeURIComponent(demo.key)}`),
            },
          ];
    const isOwner = userId === state.guild?.owner_id;
    const staff = [
      !isMe &&
        !isOwner &&
        state.members.has(userId) &&
        state.mayInServer("KICK_MEMBERS") && {
          label: say("person.kick"),
          icon: "close",
          danger: true,
          run: () => actions.run("kick", { user_id: userId }),
        },
      isMe &&
        !isOwner &&
        state.isMember && {
          label: say("person.leave"),
          icon: "close",
          danger: true,
          run: () => actions.run("leave", {}),
        },
    ];
    const apps = this.#appsGroup(CommandType.USER, (command) => actions.useMenu(channelId, command.id, userId));
    openMenu(
      at,
      [
        { title: name, items: usual.filter(Boolean) },
        { items: tabs },
        { title: say("apps"), items: apps },
        { items: staff.filter(Boolean) },
      ],
      { label: say("menu.person", { name }) },
    );
  }

  /** Show an emoji picker for a message. */
  pickEmoji(message, at) {
    const items = EMOJI.map((emoji) => ({ label: emoji, emoji, run: () => this.toggleReaction(message, emoji) }));
    openMenu(at, [{ items }], { label: say("react.add"), className: "emoji-menu" });
  }

  /** Add or remove one's reaction. */
  toggleReaction(message, emoji) {
    const isMine = message.reactions?.some(
      (each) => each.me && (each.emoji.id ? `${each.emoji.name}:${each.emoji.id}` : each.emoji.name) === emoji,
    );
    this.app.actions.run(isMine ? "unreact" : "react", {
      channel_id: message.channel_id,
      message_id: message.id,
      emoji,
    });
  }

  #appsGroup(type, run) {
    return this.app.state.commands
      .filter((each) => each.type === type)
      .map((command) => ({ label: shownName(command), icon: "apps", run: () => run(command) }));
  }

  #button(name, words, run) {
    return el(
      "button",
      {
        type: "button",
        class: "icon-button",
        aria: { label: say(words) },
        on: { click: (event) => run(this.#messageOf(this.bar.parentElement), event.currentTarget) },
      },
      icon(name),
    );
  }

  #messageOf(row) {
    return this.app.state.message(this.app.channelId, row.dataset.message);
  }

  #moveBar(row) {
    if (!row || this.bar.parentElement === row) return;
    const message = this.#messageOf(row);
    // No bar while a menu is open, and on ephemeral messages.
    if (!message || message.flags & EPHEMERAL) this.bar.remove();
    else row.append(this.bar);
  }

  #context(event) {
    const person = event.target.closest("[data-act=person]");
    const row = event.target.closest(".message");
    // The browser's own menu is kept for links, pictures, players and selected text.
    if (!row || (!person && event.target.closest("a, img, audio, input")) || String(getSelection())) return;
    event.preventDefault();
    const at = { x: event.clientX, y: event.clientY };
    if (person) this.openPerson(person.dataset.user, at);
    else if (this.#messageOf(row)) this.open(this.#messageOf(row), at);
  }
}
