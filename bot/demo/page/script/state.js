// The client-side state: channels, people, messages; kept up to date by events.

import { ChannelType } from "./kinds.js";
import { MessageList, compareIds } from "./message_list.js";
import { has } from "./rights.js";
import { browser } from "./session.js";
import { byId, fieldsOf } from "./snapshot.js";
import { Typing } from "./typing.js";
import { countUnread } from "./unread.js";

/** Dispatches `change` (detail: what changed, and of which channel or message). */
export class State extends EventTarget {
  constructor() {
    super();
    this.channels = new Map();
    this.members = new Map();
    this.voices = new Map();
    this.voiceStatuses = new Map();
    this.sounds = [];
    this.roles = new Map();
    this.messages = new Map();
    this.complete = new Set();
    this.commands = [];
    this.typing = new Typing((channel) => this.#emit("typing", { channel }));
    this.busy = new Map();
    this.failed = new Map();
    this.shownPolls = new Set();
    this.read = {};
    this.isBotOnline = false;
    this.isReady = false;
    // Another tab of the same person has read something.
    addEventListener("storage", ({ key }) => {
      if (!key?.endsWith(this.readName ?? "-")) return;
      this.read = browser.read(this.readName) ?? {};
      this.#emit("read");
    });
  }

  /** Replace the state by a snapshot. */
  take(snapshot) {
    Object.assign(this, fieldsOf(snapshot));
    this.messages = new Map();
    for (const [id, list] of Object.entries(snapshot.messages)) {
      for (const message of list) this.#list(id).set(message.id, message);
      if (list.length < snapshot.page_size) this.complete.add(id);
      else this.complete.delete(id);
    }
    this.typing.clear();
    this.busy.clear();
    this.failed.clear();
    this.readName = `read.${this.guild?.id}.${this.me.id}`;
    this.read = browser.read(this.readName) ?? {};
    this.isReady = true;
    this.#emit("all");
  }

  /** Apply an event. */
  apply(event) {
    const { message, channel, member } = event;
    switch (event.type) {
      case "message_create":
        this.typing.stop(message.channel_id, message.author.id);
        this.#list(message.channel_id).set(message.id, message);
        this.#emit("message", { channel: message.channel_id, message, isNew: true });
        break;
      case "message_update":
        // An edit of a message that is not loaded is ignored.
        if (!this.#list(message.channel_id).has(message.id)) break;
        this.#list(message.channel_id).set(message.id, message);
        this.#emit("message", { channel: message.channel_id, message });
        break;
      case "message_delete":
        this.#list(event.channel_id).delete(event.message_id);
        this.#emit("message", { channel: event.channel_id, gone: event.message_id });
        break;
      case "typing":
        this.typing.start(event.channel_id, event.user_id);
        break;
      case "interaction_sent":
        this.#markInteraction(event, true);
        break;
      case "interaction_done":
      case "interaction_failed":
        this.#markInteraction(event, false, event.type === "interaction_failed");
        break;
      case "channel_create":
      case "channel_update":
        this.channels.set(channel.id, channel);
        this.#emit("channels", { channel: channel.id });
        break;
      case "channel_delete":
        this.channels.delete(channel.id);
        this.messages.delete(channel.id);
        this.#emit("channels", { channel: channel.id });
        break;
      case "member_add":
      case "member_update":
        this.members.set(member.user.id, member);
        this.#emit("members");
        break;
      case "member_remove":
        this.members.delete(event.user_id);
        this.#emit("members");
        break;
      case "roles_update":
        this.roles = byId(event.roles);
        this.#emit("members");
        break;
      case "guild_update":
        this.guild = event.guild;
        this.#emit("channels");
        break;
      case "voice_update":
        if (event.voice.channel_id) this.voices.set(event.voice.user_id, event.voice.channel_id);
        else this.voices.delete(event.voice.user_id);
        this.#emit("voice");
        break;
      case "voice_status":
        this.voiceStatuses.set(event.channel_id, event.status);
        this.#emit("voice");
        break;
      case "soundboard":
        this.sounds = event.sounds;
        this.#emit("voice");
        break;
      case "bot_online":
        this.isBotOnline = event.is_online;
        this.#emit("members");
        break;
      default: // a modal, or other commands: app.js sees to them
    }
  }

  /** The messages of a channel, oldest first. */
  messagesOf(channelId) {
    return this.#list(channelId).inOrder();
  }

  message(channelId, messageId) {
    return this.#list(channelId).get(messageId) ?? null;
  }

  /** Add older messages; `isAll` if there are none before them. */
  prepend(channelId, messages, isAll) {
    const list = this.#list(channelId);
    for (const each of messages) if (!list.has(each.id)) list.set(each.id, each);
    if (isAll) this.complete.add(channelId);
    this.#emit("older", { channel: channelId });
  }

  /** The display name of a user. */
  nameOf(user) {
    const member = this.members.get(user?.id);
    return member?.nick ?? member?.user.global_name ?? user?.global_name ?? user?.username ?? "…";
  }

  /** The display name of a user id, member or not. */
  nameById(id) {
    const known = this.members.get(id)?.user ?? this.people?.find((each) => each.id === id)?.user;
    return known ? this.nameOf(known) : null;
  }

  /** The displayed name of a channel, without "#". */
  channelName(channel) {
    if (channel.type !== ChannelType.DM) return channel.name;
    const other = channel.recipients.find((each) => each.id !== this.me.id) ?? channel.recipients[0];
    return this.nameOf(other);
  }

  /** The voice channel of a user, or null. */
  voiceOf(userId) {
    return this.voices.get(userId) ?? null;
  }

  /** The ids of the users in a voice channel. */
  inVoice(channelId) {
    return [...this.voices].filter(([, each]) => each === channelId).map(([id]) => id);
  }

  /** Return whether this person has a right on the server, without channel overwrites. */
  mayInServer(right) {
    return has(this.rights, right);
  }

  /** The users typing in a channel, except this person. */
  typingIn(channelId) {
    return this.typing.inChannel(channelId).filter((id) => id !== this.me.id);
  }

  /** The number of unread messages, and of those that mention this person. */
  unread(channelId) {
    const isDm = this.channels.get(channelId)?.type === ChannelType.DM;
    return countUnread(this.messagesOf(channelId), this.read[channelId] ?? "0", this.me, isDm);
  }

  /** Show a component of a message as busy, or none. */
  setBusy(message, customId) {
    if (customId === null) this.busy.delete(message.id);
    else this.busy.set(message.id, customId);
    this.failed.delete(message.id);
    this.redraw(message.channel_id);
  }

  /** Show the results of a poll before voting, or not. */
  showPoll(message, isShown) {
    if (isShown) this.shownPolls.add(message.id);
    else this.shownPolls.delete(message.id);
    this.redraw(message.channel_id);
  }

  /** Request that a channel is rendered again. */
  redraw(channelId) {
    this.#emit("message", { channel: channelId });
  }

  /** Mark a channel as read; return whether it was unread. */
  markRead(channelId) {
    const last = this.messagesOf(channelId).at(-1)?.id;
    if (!last || compareIds(this.read[channelId] ?? "0", last) >= 0) return false;
    this.read[channelId] = last;
    browser.write(this.readName, this.read);
    this.#emit("read", { channel: channelId });
    return true;
  }

  #list(channelId) {
    if (!this.messages.has(channelId)) this.messages.set(channelId, new MessageList());
    return this.messages.get(channelId);
  }

  #markInteraction(event, isBusy, hasFailed = false) {
    const { message_id: id, custom_id: custom, channel_id: channel } = event;
    if (id) {
      if (isBusy) this.busy.set(id, custom);
      else this.busy.delete(id);
      if (hasFailed) this.failed.set(id, true);
      else this.failed.delete(id);
      const message = this.message(channel, id);
      if (message) this.#emit("message", { channel, message });
    }
    this.#emit("interaction", { event, isBusy, hasFailed });
  }

  #emit(what, more = {}) {
    this.dispatchEvent(new CustomEvent("change", { detail: { what, ...more } }));
  }
}
