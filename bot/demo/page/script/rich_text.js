// Renders message text: markdown, mentions, timestamps.

import { el } from "./element.js";
import { readBlocks, readInline } from "./markdown.js";
import { formatTimestamp, formatFullTime } from "./timestamps.js";
import { say } from "./words.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strike: "s" };

/** Return the elements of a whole message. */
export function richText(text, state) {
  return readBlocks(text).map((block) => showBlock(block, state));
}

/** Return the nodes of one line, such as a title, without block syntax. */
export function richLine(text, state) {
  return showAll(readInline(text), state);
}

/** Return the plain text, without markup. */
export function plainText(text, state) {
  const shown = el(
    "div",
    {},
    richText(text, state).flatMap((each) => [each, " "]),
  );
  for (const each of shown.querySelectorAll("br")) each.replaceWith(" ");
  return shown.textContent.trim();
}

function showBlock(block, state) {
  switch (block.kind) {
    case "codeblock":
      return el("pre", { tabindex: "0" }, el("code", {}, block.text));
    case "heading":
      // Not heading elements, which would disturb the page's outline.
      return el("p", { class: `heading heading-${block.level}` }, showAll(block.inner, state));
    case "subtext":
      return el("p", { class: "subtext" }, showAll(block.inner, state));
    case "quote":
      return el(
        "blockquote",
        {},
        block.inner.map((each) => showBlock(each, state)),
      );
    case "list":
      return el(
        block.isNumbered ? "ol" : "ul",
        block.isNumbered ? { start: block.first } : {},
        block.items.map((each) => el("li", { class: `level-${each.level}` }, showAll(each.inner, state))),
      );
    default:
      return el("p", {}, showAll(block.inner, state));
  }
}

function showAll(nodes, state) {
  return nodes.map((each) => show(each, state));
}

function show(node, state) {
  if (typeof node === "string") return node;
  switch (node.kind) {
    case "code":
      return el("code", {}, node.text);
    case "user": {
      const name = state.nameById(node.id);
      const isMe = node.id === state.me.id;
      return el(
        "button",
        { type: "button", class: `mention${isMe ? " mine" : ""}`, data: { act: "person", user: node.id } },
        `@${name ?? say("unknown.person")}`,
      );
    }
    case "role": {
      const name = state.roles.get(node.id)?.name;
      return el("span", { class: "mention" }, `@${name ?? say("unknown.role")}`);
    }
    case "channel": {
      const channel = state.channels.get(node.id);
      if (!channel) return el("span", { class: "mention" }, `#${say("unknown.channel")}`);
      return el(
        "button",
        { type: "button", class: "mention", data: { act: "channel", channel: node.id } },
        `#${channel.name}`,
      );
    }
    case "command":
      return el(
        "button",
        { type: "button", class: "mention", data: { act: "command", command: node.name } },
        `/${node.name}`,
      );
    case "everyone":
      return el("span", { class: "mention" }, `@${node.name}`);
    case "emoji":
      return `:${node.name}:`;
    case "time":
      return el(
        "time",
        {
          class: "moment",
          datetime: isoOf(node.seconds),
          title: formatFullTime(node.seconds),
          data: { seconds: node.seconds, style: node.style },
        },
        formatTimestamp(node.seconds, node.style, Date.now()),
      );
    case "link":
      return linkTo(node.href, showAll(node.inner, state));
    case "spoiler":
      return el(
        "button",
        { type: "button", class: "spoiler", data: { act: "spoiler" }, aria: { label: say("spoiler.hidden") } },
        // Without buttons and links inside, since it is a button itself.
        el("span", {}, el("span", {}, showAll(node.inner, state)).textContent),
      );
    case "break":
      return el("br");
    default:
      return el(TAGS[node.kind], {}, showAll(node.inner, state));
  }
}

/** Return a link to an external page, or to a message here. */
export function linkTo(href, children) {
  const message = /^https:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?$/.exec(href);
  if (message) {
    return el(
      "button",
      { type: "button", class: "mention", data: { act: "jump", channel: message[1], message: message[2] } },
      children,
    );
  }
  // Only http(s) URLs, so that no link can run a script.
  if (!/^https?:\/\//i.test(href)) return el("span", {}, children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, children);
}

function isoOf(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
