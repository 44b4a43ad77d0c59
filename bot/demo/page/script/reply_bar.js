// The bar above the text field that shows which message is replied to.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

/** The contents of the bar; `ping` is the checkbox, `onClose` cancels the reply. */
export function replyBar(name, ping, onClose) {
  return [
    icon("reply"),
    el("span", {}, say("composer.replying", { name })),
    el("label", {}, ping, say("composer.ping")),
    el(
      "button",
      { type: "button", class: "icon-button", aria: { label: say("composer.noReply") }, on: { click: onClose } },
      icon("close"),
    ),
  ];
}
