// The left sidebar: channels with their threads, direct messages, and the user panel.

import { avatar } from "./avatar.js";
import { el, morph } from "./element.js";
import { icon, mark } from "./icons.js";
import { compareIds } from "./message_list.js";
import { ChannelType } from "./kinds.js";
import { currentTheme } from "./theme.js";
import { say } from "./words.js";

const THREADS = new Set([10, ChannelType.THREAD, ChannelType.PRIVATE_THREAD]);
const VOICES = new Set([ChannelType.VOICE, ChannelType.STAGE]);
const TEXTS = new Set([ChannelType.TEXT, ChannelType.NEWS]);

/** Return whether a channel is a thread. */
export function isThread(channel) {
  return THREADS.has(channel.type);
}

/** The listed channels in order, each followed by its threads. */
export function listedChannels(state) {
  const all = [...state.channels.values()];
  const byPlace = (one, other) => (one.position ?? 0) - (other.position ?? 0) || compareIds(one.id, other.id);
  const threads = all.filter((each) => isThread(each) && !each.thread_metadata?.archived);
  return all
    .filter((each) => TEXTS.has(each.type))
    .sort(byPlace)
    .flatMap((each) => [each, ...threads.filter((thread) => thread.parent_id === each.id)]);
}

/** The direct messages, the latest first. */
export function directMessages(state) {
  const last = (channel) => state.messagesOf(channel.id).at(-1)?.id ?? channel.id;
  return [...state.channels.values()]
    .filter((each) => each.type === ChannelType.DM)
    .sort((one, other) => compareIds(last(other), last(one)));
}

/** Render the sidebar into its element. */
export function drawSidebar(root, state, openId) {
  const fresh = el(
    "nav",
    { class: "sidebar", id: "sidebar", aria: { label: say("sidebar") } },
    el(
      "div",
      { class: "server" },
      el("span", { class: "server-mark", aria: { hidden: "true" } }, mark()),
      el("p", { class: "server-name" }, state.guild?.name ?? say("blocked.removed")),
      el(
        "button",
        {
          type: "button",
          class: "icon-button only-narrow",
          data: { act: "close-sides" },
          aria: { label: say("sidebar.close") },
        },
        icon("close"),
      ),
    ),
    el(
      "div",
      { class: "channels" },
      el(
        "div",
        { class: "channels-head" },
        el("h2", { id: "channels-title" }, say("channels")),
        state.mayInServer("MANAGE_CHANNELS") &&
          el(
            "button",
            {
              type: "button",
              class: "icon-button",
              data: { act: "new-channel" },
              aria: { label: say("channel.create") },
            },
            icon("plus"),
          ),
      ),
      el(
        "ul",
        { aria: { labelledby: "channels-title" } },
        listedChannels(state).map((each) => entry(each, state, openId)),
      ),
      voices(state),
      soundboard(state),
      el("h2", { id: "dms-title" }, say("dms")),
      el(
        "ul",
        { aria: { labelledby: "dms-title" } },
        directMessages(state).map((each) => entry(each, state, openId)),
      ),
      el("p", { class: "muted hint" }, say("dms.hint")),
    ),
    userPanel(state),
  );
  morph(root, fresh);
}

function entry(channel, state, openId) {
  const { count, calls } = state.unread(channel.id);
  const isOpen = channel.id === openId;
  const isUnread = count > 0 && !isOpen;
  const name = state.channelName(channel);
  const isDm = channel.type === ChannelType.DM;
  const other = isDm && (channel.recipients.find((each) => each.id !== state.me.id) ?? channel.recipients[0]);
  const kind = isDm ? "entry.dm" : isThread(channel) ? "entry.thread" : "entry.channel";
  return el(
    "li",
    { data: { key: channel.id }, class: isThread(channel) ? "thread" : null },
    el(
      "button",
      {
        type: "button",
        class: `entry${isUnread ? " unread" : ""}${isOpen ? " open" : ""}`,
        data: { act: "channel", channel: channel.id },
        aria: { current: isOpen ? "page" : null },
      },
      isDm ? avatar(other, name, "small") : icon(isThread(channel) ? "thread" : "hash"),
      el("span", { class: "entry-name" }, name),
      el("span", { class: "spoken" }, say(kind), isUnread && say("entry.unread", { n: count })),
      isUnread && calls > 0 && el("span", { class: "badge", aria: { hidden: "true" } }, String(calls)),
    ),
  );
}

function voices(state) {
  const all = [...state.channels.values()].filter((each) => VOICES.has(each.type));
  if (!all.length) return null;
  return el(
    "div",
    { data: { key: "voices" } },
    el("h2", { id: "voices-title" }, say("voices")),
    el(
      "ul",
      { aria: { labelledby: "voices-title" } },
      all.map((each) => voiceEntry(each, state)),
    ),
  );
}

function soundboard(state) {
  if (!state.sounds.length) return null;
  return el(
    "div",
    { data: { key: "soundboard" } },
    el("h2", { id: "soundboard-title" }, say("soundboard")),
    el(
      "ul",
      { aria: { labelledby: "soundboard-title" } },
      state.sounds.map((each) =>
        el(
          "li",
          { data: { key: each.id } },
          el(
            "button",
            { type: "button", class: "entry sound", data: { act: "sound", url: each.url } },
            icon("speaker"),
            el("span", { class: "entry-name" }, each.name),
            el("span", { class: "spoken" }, say("soundboard.play")),
          ),
        ),
      ),
    ),
  );
}

function voiceEntry(channel, state) {
  const isHere = state.voiceOf(state.me.id) === channel.id;
  const status = state.voiceStatuses.get(channel.id);
  const names = state.inVoice(channel.id).map((id) => state.nameById(id) ?? "…");
  return el(
    "li",
    { data: { key: channel.id } },
    el(
      "button",
      {
        type: "button",
        class: `entry${isHere ? " open" : ""}`,
        data: { act: "voice", channel: channel.id },
        aria: { pressed: String(isHere) },
      },
      icon("speaker"),
      el("span", { class: "entry-name" }, channel.name),
      el("span", { class: "spoken" }, say(isHere ? "voice.leave" : "voice.join")),
    ),
    status && el("p", { class: "muted voice-status" }, status),
    names.length > 0 && el("p", { class: "muted in-voice" }, names.join(", ")),
  );
}

function userPanel(state) {
  const name = state.nameOf(state.me);
  const isDark = currentTheme() === "dark";
  return el(
    "div",
    { class: "me" },
    el(
      "button",
      { type: "button", class: "me-button", data: { act: "switch" }, aria: { haspopup: "menu" } },
      avatar(state.me, name, "small"),
      el(
        "span",
        { class: "me-name" },
        el("strong", {}, name),
        el("small", {}, roleLine(state)),
        el("span", { class: "spoken" }, say("me.switch")),
      ),
      icon("swap"),
    ),
    el(
      "button",
      {
        type: "button",
        class: "icon-button",
        data: { act: "language" },
        aria: { label: say("language"), haspopup: "menu" },
      },
      icon("globe"),
    ),
    el(
      "button",
      {
        type: "button",
        class: "icon-button",
        data: { act: "theme" },
        aria: { label: isDark ? say("theme.light") : say("theme.dark") },
      },
      icon(isDark ? "sun" : "moon"),
    ),
  );
}

function roleLine(state) {
  return state.people.find((each) => each.id === state.me.id)?.about ?? "";
}
