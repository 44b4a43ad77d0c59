// The header of a channel: its name, and its actions.

import { el, morph } from "./element.js";
import { icon } from "./icons.js";
import { isThread } from "./sidebar.js";
import { ChannelType } from "./kinds.js";
import { say } from "./words.js";

/** Render the header into its element. */
export function drawHeader(root, app) {
  const { state } = app;
  const channel = state.channels.get(app.channelId);
  if (!channel)
    return morph(
      root,
      el("header", { class: "header" }, sidebarButton(), el("h1", {}, say("blocked.removed")), !state.isMember && rejoin()),
    );
  const isDm = channel.type === ChannelType.DM;
  const parent = isThread(channel) && state.channels.get(channel.parent_id);
  return morph(
    root,
    el(
      "header",
      { class: "header" },
      sidebarButton(),
      el("span", { class: "header-sign" }, icon(isDm ? "people" : parent ? "thread" : "hash")),
      el("h1", {}, state.channelName(channel)),
      parent &&
        el(
          "button",
          { type: "button", class: "quiet", data: { act: "channel", channel: parent.id } },
          say("thread.of", { name: parent.name }),
        ),
      channel.topic && el("p", { class: "topic" }, channel.topic),
      el("span", { class: "spacer" }),
      !state.isMember && rejoin(),
      toolButton("spark", "guide", say("guide.again"), "guide"),
      !isDm && toolButton("poll", "poll", say("poll.create"), "new-poll"),
      channel.type === ChannelType.TEXT && toolButton("thread", "thread", say("thread.create"), "new-thread"),
      toolButton("people", "members", say("members.toggle"), "show-members"),
    ),
  );
}

function sidebarButton() {
  return toolButton("menu", "menu", say("sidebar.open"), "show-sidebar", "only-narrow");
}

function toolButton(name, key, label, act, className = "") {
  return el(
    "button",
    { type: "button", class: `icon-button ${className}`, data: { key, act }, aria: { label }, title: label },
    icon(name),
  );
}

function rejoin() {
  return el(
    "button",
    { type: "button", class: "button primary", data: { key: "rejoin", act: "rejoin" } },
    say("rejoin"),
  );
}
