// Embeds: the cards in the bot's messages.

import { image } from "./attachment.js";
import { el } from "./element.js";
import { messageTime } from "./timestamps.js";
import { linkTo, richLine, richText } from "./rich_text.js";
import { say } from "./words.js";

/** Return the element of an embed. */
export function showEmbed(embed, state) {
  if (embed.type === "poll_result") return pollResult(embed);
  const colour = embed.color ? `#${embed.color.toString(16).padStart(6, "0")}` : null;
  const card = el(
    "article",
    { class: "embed", aria: { label: embed.title ? say("embed.titled", { title: embed.title }) : say("embed") } },
    embed.author?.name &&
      el(
        "p",
        { class: "embed-author" },
        embed.author.url ? linkTo(embed.author.url, embed.author.name) : embed.author.name,
      ),
    embed.title &&
      el(
        "p",
        { class: "embed-title" },
        embed.url ? linkTo(embed.url, richLine(embed.title, state)) : richLine(embed.title, state),
      ),
    embed.description && el("div", { class: "text" }, richText(embed.description, state)),
    embed.fields?.length > 0 &&
      el(
        "dl",
        {},
        embed.fields.map((field) =>
          el(
            "div",
            { class: field.inline === false ? "row" : null },
            el("dt", {}, richLine(field.name, state)),
            el("dd", {}, richText(field.value, state)),
          ),
        ),
      ),
    localPath(embed.thumbnail) &&
      el("div", { class: "thumbnail" }, image(localPath(embed.thumbnail), say("embed.picture"), embed.thumbnail)),
    localPath(embed.image) &&
      el("div", { class: "embed-image" }, image(localPath(embed.image), say("embed.picture"), embed.image)),
    (embed.footer?.text || embed.timestamp) &&
      el(
        "p",
        { class: "embed-footer" },
        [embed.footer?.text, embed.timestamp && messageTime(embed.timestamp, Date.now())].filter(Boolean).join(" · "),
      ),
  );
  if (colour) card.style.setProperty("--stripe", colour);
  return card;
}

/**
 * The path of an embed's picture on the simulated Discord; null for external pictures, which are not
 * fetched. Only the path is used, since the bot's port differs from this page's.
 */
function localPath(picture) {
  return /^(?:http:\/\/127\.0\.0\.1:\d+)?(\/attachments\/.+)$/.exec(picture?.url ?? "")?.[1] ?? null;
}

/** The URLs of attachments that an embed shows, which are not listed again. */
export function shownIn(embeds) {
  return new Set(embeds.flatMap((each) => [localPath(each.image), localPath(each.thumbnail)]).filter(Boolean));
}

function pollResult(embed) {
  const fields = Object.fromEntries((embed.fields ?? []).map((each) => [each.name, each.value]));
  const winner = fields.victor_answer_text;
  return el(
    "article",
    { class: "embed", aria: { label: say("poll.result") } },
    el("p", { class: "embed-title" }, fields.poll_question_text ?? say("poll.result")),
    el(
      "p",
      {},
      winner
        ? say("poll.winner", {
            answer: winner,
            votes: fields.victor_answer_votes ?? "0",
            total: fields.total_votes ?? "0",
          })
        : say("poll.noWinner"),
    ),
  );
}
