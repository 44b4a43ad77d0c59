// The whole page: its parts, and which channel is open.

import { Actions } from "./actions.js";
import { announcer } from "./announcer.js";
import { listenToClicks } from "./clicks.js";
import { Composer } from "./composer.js";
import { el, fill, isTouch } from "./element.js";
import { Forms } from "./forms.js";
import { Guide } from "./guide.js";
import { drawHeader } from "./header.js";
import { drawMembers } from "./members.js";
import { MessageMenu } from "./message_menu.js";
import { Modals } from "./modals.js";
import { updateRelativeTimes } from "./timestamps.js";
import { noticePlaces, notify } from "./notices.js";
import { may } from "./rights.js";
import { browser, tab } from "./session.js";
import { directMessages, drawSidebar, listedChannels } from "./sidebar.js";
import { ChannelType } from "./kinds.js";
import { State } from "./state.js";
import { DRAW_MS, Timeline } from "./timeline.js";
import { Updates } from "./updates.js";
import { Uploads } from "./uploads.js";
import { Voice } from "./voice.js";
import { say } from "./words.js";

/** Builds the page in `root` and keeps it in sync with the connection. */
export class App {
  constructor(root, session, connection) {
    this.session = session;
    this.connection = connection;
    this.state = new State();
    this.actions = new Actions(connection, this.state);
    this.uploads = new Uploads(session, this.state);
    this.timeline = new Timeline(this.state, (channelId, before) => this.loadOlder(channelId, before));
    this.composer = new Composer({
      state: this.state,
      actions: this.actions,
      uploads: this.uploads,
      onEditLast: () => this.#editLast(),
    });
    this.voice = new Voice(session, this.state, this.actions);
    this.forms = new Forms(this);
    this.menus = new MessageMenu(this);
    this.modals = new Modals(this);
    this.guide = new Guide(this);
    this.announce = announcer(this);
    this.tell = notify;
    this.#build(root);
    // Until the first snapshot, no channel is open that a draft could belong to.
    this.composer.setBlocked(say("connection.first"));
    listenToClicks(root, this);
    this.updates = new Updates(this);
    updateRelativeTimes(root);
  }

  /** Show a channel. */
  openChannel(id, { focus = false } = {}) {
    if (!this.state.channels.has(id)) return this.#openNothing();
    this.channelId = id;
    tab.write(`channel.${this.session.key}`, id);
    this.showSide(null);
    const channel = this.state.channels.get(id);
    const name = this.state.channelName(channel);
    const shown = channel.type === ChannelType.DM ? `@${name}` : `#${name}`;
    this.timeline.open(id);
    this.timeline.scroller.setAttribute("aria-label", say("timeline", { channel: shown }));
    this.composer.open(id, shown);
    this.loadCommands();
    this.updates.drawTyping();
    this.drawSides();
    return focus && !isTouch() && this.composer.focus();
  }

  /** Show no channel, since this person can see none. */
  #openNothing() {
    this.channelId = null;
    this.timeline.open(null);
    this.drawSides();
  }

  /** Show a channel that is being created, as soon as it exists. */
  openWhenThere(id) {
    if (this.state.channels.has(id)) this.openChannel(id, { focus: true });
    else this.awaited = id;
  }

  /** Open the direct messages with somebody. */
  async openDm(userId) {
    const made = await this.actions.run("open_dm", { user_id: userId });
    if (made) this.openWhenThere(made.channel_id);
  }

  /** Go to a message, in any channel. */
  async jump(channelId, messageId) {
    if (channelId !== this.channelId) this.openChannel(channelId);
    if (!messageId || this.timeline.reveal(messageId)) return;
    for (let tried = 0; tried < 10 && !this.state.complete.has(channelId); tried += 1) {
      await this.loadOlder(channelId, this.state.messagesOf(channelId)[0]?.id);
      if (this.timeline.reveal(messageId)) return;
    }
    notify(say("jump.gone"));
  }

  /** Dismiss an ephemeral message. */
  dismiss(message) {
    this.actions.run("delete_message", { channel_id: message.channel_id, message_id: message.id });
  }

  /** Tell whether this person has a right in the channel that is open. */
  may(right) {
    return may(this.state.channels.get(this.channelId), right);
  }

  /** On a narrow screen, show one sidebar over the messages, or none. */
  showSide(side) {
    this.root.dataset.side = side ?? "";
    this.cover.hidden = !side;
    if (side) document.getElementById(side)?.querySelector("button")?.focus();
  }

  /** Show or hide the members; on a narrow screen they cover the messages. */
  toggleMembers() {
    if (matchMedia("(max-width: 900px)").matches)
      return this.showSide(this.root.dataset.side === "members" ? null : "members");
    const isHidden = this.root.classList.toggle("no-members");
    browser.write("membersHidden", isHidden);
    return this.drawSides();
  }

  /** Render everything except the messages. */
  drawSides() {
    const { state } = this;
    if (!state.isReady) return;
    drawSidebar(this.sidebar, state, this.channelId);
    drawMembers(this.members, state);
    drawHeader(this.header, this);
    this.composer.setBlocked(this.#blockedReason());
    const unread = [...state.channels.keys()].reduce(
      (sum, id) => sum + (id === this.channelId && !document.hidden ? 0 : state.unread(id).calls),
      0,
    );
    const channel = state.channels.get(this.channelId);
    document.title = say("title", {
      unread: unread ? `(${unread}) ` : "",
      channel: channel ? state.channelName(channel) : "",
      name: state.nameOf(state.me),
    });
  }

  /** Render soon; several changes are coalesced. */
  drawSidesSoon() {
    this.sidesTimer ??= setTimeout(() => {
      this.sidesTimer = null;
      this.drawSides();
    }, DRAW_MS);
  }

  #blockedReason() {
    if (!this.state.isMember && this.state.channels.get(this.channelId)?.type !== ChannelType.DM)
      return say("blocked.removed");
    return this.may("SEND_MESSAGES") ? null : say("blocked.rights");
  }

  #build(root) {
    this.root = root;
    this.sidebar = el("nav", { class: "sidebar", id: "sidebar" });
    this.members = el("aside", { class: "members", id: "members" });
    this.header = el("header", { class: "header" });
    this.banner = el("div", { class: "banner", role: "status" });
    this.status = el("p", { class: "bot-status", role: "status" });
    this.typing = el("p", { class: "typing" });
    this.cover = el("div", { class: "cover", hidden: true, data: { act: "close-sides" } });
    const main = el(
      "main",
      {},
      this.header,
      this.banner,
      this.guide.root,
      this.timeline.root,
      this.status,
      this.composer.root,
      this.typing,
    );
    root.className = `app${browser.read("membersHidden") ? " no-members" : ""}`;
    fill(root, this.sidebar, main, this.members, this.cover, this.voice.root, noticePlaces());
    for (const event of ["dragover", "drop"]) {
      main.addEventListener(event, (each) => {
        if (!each.dataTransfer.types.includes("Files")) return;
        each.preventDefault();
        root.classList.toggle("dropping", event === "dragover");
        if (event === "drop") this.composer.takeFiles(each.dataTransfer.files);
      });
    }
    main.addEventListener(
      "dragleave",
      (each) => main.contains(each.relatedTarget) || root.classList.remove("dropping"),
    );
    addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => this.drawSides());
  }

  /** Fetch the messages before one. */
  async loadOlder(channelId, before) {
    const limit = 50;
    const { messages } = await this.connection.ask("history", { channel_id: channelId, before: before ?? null, limit });
    this.state.prepend(channelId, messages, messages.length < limit);
  }

  /** Fetch the commands that this person may use in the channel, then reopen the draft of one. */
  async loadCommands() {
    const { channelId } = this;
    try {
      const { commands } = await this.connection.ask("commands", { channel_id: channelId });
      if (channelId !== this.channelId) return;
      this.lacksCommands = false;
      this.state.commands = commands;
      this.composer.readDraft();
    } catch {
      // The connection was lost; they are fetched again over the next one.
      this.lacksCommands = true;
    }
  }

  #editLast() {
    const mine = this.state
      .messagesOf(this.channelId)
      .findLast((each) => each.author.id === this.state.me.id && [0, 19].includes(each.type));
    if (mine) this.forms.edit(mine);
  }

  #key(event) {
    if (
      event.altKey &&
      (event.key === "ArrowDown" || event.key === "ArrowUp") &&
      !document.querySelector("dialog[open]")
    ) {
      event.preventDefault();
      const all = [...listedChannels(this.state), ...directMessages(this.state)].map((each) => each.id);
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.openChannel(all.at((all.indexOf(this.channelId) + step) % all.length), { focus: true });
    } else if (event.key === "Escape" && this.root.dataset.side) this.showSide(null);
    // Typing without a focused field writes a message.
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && document.activeElement === document.body)
      this.composer.focus();
  }
}
