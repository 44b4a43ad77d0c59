// Attachments of a message: audio with a player, pictures, and other files as links.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { player } from "./player.js";
import { describeBytes } from "./sizes.js";
import { say } from "./words.js";

const SOUND = /\.(mp3|wav|flac|ogg|oga|opus|m4a|aac)$/i;
const PICTURE = /\.(png|jpe?g|gif|webp)$/i;

/** Return the element of an attachment. */
export function showAttachment(attachment) {
  const type = attachment.content_type ?? "";
  if (type.startsWith("audio/") || SOUND.test(attachment.filename)) return player(attachment);
  // An SVG can contain scripts, so it is not shown as a picture.
  if (type !== "image/svg+xml" && (type.startsWith("image/") || PICTURE.test(attachment.filename)))
    return picture(attachment);
  return el(
    "a",
    { class: "file", href: attachment.url, download: attachment.filename, data: { key: `file-${attachment.id}` } },
    icon("file"),
    el("span", { class: "filename" }, attachment.filename),
    el("span", { class: "muted" }, describeBytes(attachment.size)),
  );
}

function picture(attachment) {
  return el(
    "a",
    {
      class: "picture",
      href: attachment.url,
      target: "_blank",
      rel: "noopener",
      data: { key: `file-${attachment.id}` },
    },
    image(attachment.url, attachment.description || say("picture.named", { name: attachment.filename }), attachment),
  );
}

/** Return a picture whose space is reserved while it loads. */
export function image(url, description, { width, height } = {}) {
  return el("img", { src: url, alt: description, loading: "lazy", decoding: "async", width, height });
}
