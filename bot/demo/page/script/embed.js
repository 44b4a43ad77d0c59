// Embeds: the cards that the bot puts under its messages.

import { image } from "./attachment.js";
import { el } from "./element.js";
import { messageTime } from "./moments.js";
import { linkTo, richLine, richText } from "./rich_text.js";
import { say } from "./words.js";

/** Return what shows an embed. */
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
    heldAt(embed.thumbnail) &&
      el("div", { class: "thumbnail" }, image(heldAt(embed.thumbnail), say("embed.picture"), embed.thumbnail)),
    heldAt(embed.image) &&
      el("div", { class: "embed-image" }, image(heldAt(embed.image), say("embed.picture"), embed.image)),
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
 * Where the simulated Discord holds a picture of an embed; null for one from elsewhere, which is not
 * fetched. The bot writes the port that it knows, and this page comes from another.
 */
function heldAt(picture) {
  return /^(?:http:\/\/127\.0\.0\.1:\d+)?(\/attachments\/.+)$/.exec(picture?.url ?? "")?.[1] ?? null;
}

/** The addresses of attachments that an embed shows, which are not shown twice. */
export function shownIn(embeds) {
  return new Set(embeds.flatMap((each) => [heldAt(each.image), heldAt(each.thumbnail)]).filter(Boolean));
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
