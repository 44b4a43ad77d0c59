// The element of a message, rendered again on each change and morphed into the shown one.

import { showAttachment } from "./attachment.js";
import { avatar } from "./avatar.js";
import { shownPath } from "./commands.js";
import { showComponents } from "./components.js";
import { el } from "./element.js";
import { shownIn, showEmbed } from "./embed.js";
import { icon } from "./icons.js";
import { formatFullTime, isSameDay, messageTime } from "./timestamps.js";
import { showPoll } from "./poll.js";
import { plainText, richText } from "./rich_text.js";
import { EPHEMERAL, LOADING } from "./kinds.js";
import { say } from "./words.js";

const GROUP_MS = 7 * 60_000;
const REPLY = 19;
const THREAD_CREATED = 18;
const THREAD_STARTER = 21;
const JOINED = 7;
const NOTES = { [THREAD_CREATED]: "system.thread", [JOINED]: "system.joined" };

/** Return the element of a message, grouped with `before`, the one above, if the author is the same. */
export function showMessage(said, before, state) {
  const message = said.type === THREAD_STARTER ? starterOf(said) : said;
  const name = state.nameOf(message.author);
  const isEphemeral = Boolean(message.flags & EPHEMERAL);
  const isGrouped = isContinuation(message, before);
  const callsMe = message.mentions?.some((each) => each.id === state.me.id) && message.author.id !== state.me.id;
  const time = el(
    "time",
    { datetime: message.timestamp, title: formatFullTime(Date.parse(message.timestamp) / 1000) },
    messageTime(message.timestamp, Date.now()),
  );
  const classes = [
    "message",
    isGrouped && "grouped",
    isEphemeral && "ephemeral",
    callsMe && "calls",
    message.isPending && "pending",
  ];
  const body =
    message.type in NOTES
      ? el(
          "p",
          { class: "system" },
          icon("thread"),
          el("strong", {}, name),
          ` ${say(NOTES[message.type], { name: message.content })} `,
          time,
        )
      : [
          message.type === REPLY && repliedTo(message, state),
          message.interaction_metadata && usedCommand(message, state),
          !isGrouped && avatar(message.author, name),
          el(
            "div",
            { class: "head" },
            // The author of a grouped message is only for screen readers.
            el(
              "button",
              {
                type: "button",
                class: "author",
                tabindex: isGrouped ? "-1" : null,
                data: { act: "person", user: message.author.id },
              },
              colouredName(message.author, name, state),
            ),
            message.author.bot && el("span", { class: "tag" }, say("bot")),
            time,
          ),
          el("div", { class: "body" }, content(message, state)),
        ];
  return el(
    "li",
    {
      class: classes.filter(Boolean).join(" "),
      id: `message-${message.id}`,
      tabindex: "-1",
      data: { message: message.id },
      aria: { label: say("message.label", { name, time: time.textContent }) },
    },
    body,
  );
}

/** The message that a thread was created from, shown at its start. */
function starterOf(message) {
  const from = message.referenced_message;
  if (!from) return { ...message, content: say("reply.gone") };
  return { ...from, id: message.id, channel_id: message.channel_id, components: [], reactions: [], thread: null };
}

/** Return whether a message is grouped with the one above it, without repeating the author. */
export function isContinuation(message, before) {
  return Boolean(
    before &&
    before.author.id === message.author.id &&
    !message.interaction_metadata &&
    message.type === 0 &&
    !(before.type in NOTES) &&
    (before.flags & EPHEMERAL) === (message.flags & EPHEMERAL) &&
    Date.parse(message.timestamp) - Date.parse(before.timestamp) < GROUP_MS &&
    isSameDay(message.timestamp, before.timestamp),
  );
}

/** Return a one-line summary of a message, for replies and screen readers. */
export function summarize(message, state) {
  const words =
    plainText(message.content ?? "", state).trim() ||
    message.poll?.question.text ||
    message.embeds?.[0]?.title ||
    (message.embeds?.[0]?.description && plainText(message.embeds[0].description, state)) ||
    message.attachments?.[0]?.filename ||
    "";
  if (message.flags & LOADING && !words) return say("thinking");
  return words.length > 140 ? `${words.slice(0, 139)}…` : words;
}

function content(message, state) {
  const isLoading = Boolean(message.flags & LOADING);
  const hidden = shownIn(message.embeds ?? []);
  const files = (message.attachments ?? []).filter((each) => !hidden.has(each.url));
  const edited = message.edited_timestamp && !message.author.bot;
  return [
    isLoading &&
      !message.content &&
      el(
        "p",
        { class: "thinking", data: { key: "thinking" } },
        el("span", { class: "dots", aria: { hidden: "true" } }, el("i"), el("i"), el("i")),
        say("thinking"),
      ),
    message.content &&
      el(
        "div",
        { class: "text" },
        richText(message.content, state),
        edited && el("span", { class: "edited" }, say("edited")),
      ),
    files.length > 0 && el("div", { class: "files" }, files.map(showAttachment)),
    message.poll && showPoll(message, state),
    (message.embeds ?? []).map((each) => showEmbed(each, state)),
    message.components?.length > 0 &&
      el("div", { class: "components" }, showComponents(message.components, message, state)),
    state.failed.get(message.id) &&
      el("p", { class: "failed", role: "alert" }, icon("warning"), say("interaction.failed")),
    message.reactions?.length > 0 && showReactions(message),
    message.thread && threadLink(message.thread, state),
    message.flags & EPHEMERAL
      ? el(
          "p",
          { class: "only-you" },
          icon("eye"),
          say("ephemeral"),
          " · ",
          el("button", { type: "button", class: "quiet", data: { act: "dismiss" } }, say("ephemeral.dismiss")),
        )
      : null,
    message.isPending && el("p", { class: "muted sending" }, say("message.sending")),
  ];
}

function repliedTo(message, state) {
  const other = message.referenced_message;
  if (!other) return el("p", { class: "replied" }, icon("reply"), el("em", {}, say("reply.gone")));
  return el(
    "button",
    { type: "button", class: "replied", data: { act: "jump", channel: message.channel_id, message: other.id } },
    icon("reply"),
    el("strong", {}, state.nameOf(other.author)),
    el("span", {}, summarize(other, state)),
  );
}

function usedCommand(message, state) {
  const { user, name } = message.interaction_metadata;
  // A component or modal interaction has no command name.
  if (!user || !name) return null;
  const [first, ...rest] = name.split(" ");
  const command = state.commands.find((each) => each.name === name || each.name === first);
  const isMenu = command?.type > 1;
  const shown = command ? shownPath(command, isMenu ? [] : rest) : name;
  return el(
    "p",
    { class: "replied" },
    icon("reply"),
    el("button", { type: "button", class: "author", data: { act: "person", user: user.id } }, state.nameOf(user)),
    ` ${say("command.used")} `,
    el("span", { class: "mention" }, isMenu ? shown : `/${shown}`),
  );
}

function colouredName(user, name, state) {
  const made = el("span", {}, name);
  const roles = (state.members.get(user.id)?.roles ?? [])
    .map((id) => state.roles.get(id))
    .filter((each) => each?.color);
  roles.sort((one, other) => other.position - one.position);
  if (roles.length) {
    made.className = "coloured";
    made.style.setProperty("--role", `#${roles[0].color.toString(16).padStart(6, "0")}`);
  }
  return made;
}

function showReactions(message) {
  return el(
    "div",
    { class: "reactions" },
    message.reactions.map(({ emoji, count, me }) =>
      el(
        "button",
        {
          type: "button",
          class: `reaction${me ? " mine" : ""}`,
          data: {
            key: `reaction-${emoji.name}`,
            act: "react",
            emoji: emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name,
          },
          aria: { pressed: me ? "true" : "false" },
        },
        el("span", { class: "emoji" }, emoji.name),
        String(count),
        el("span", { class: "spoken" }, say("reaction.label", { n: count })),
      ),
    ),
  );
}

function threadLink(thread, state) {
  return el(
    "button",
    { type: "button", class: "thread-link", data: { act: "channel", channel: thread.id } },
    icon("thread"),
    el("span", {}, state.channels.get(thread.id)?.name ?? thread.name),
    el("span", { class: "muted" }, say("thread.open")),
  );
}
