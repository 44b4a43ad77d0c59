// Polls: answers to vote for, and the results.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { formatTimestamp } from "./timestamps.js";
import { say } from "./words.js";

/** Return the element of a message's poll. */
export function showPoll(message, state) {
  const { poll } = message;
  const counts = new Map((poll.results?.answer_counts ?? []).map((each) => [String(each.id), each]));
  const total = [...counts.values()].reduce((sum, each) => sum + each.count, 0);
  const isOver = Boolean(poll.results?.is_finalized) || Date.parse(poll.expiry) <= Date.now();
  const mine = [...counts.values()].some((each) => each.me_voted);
  const areShown = isOver || mine || state.shownPolls?.has(message.id);
  const kind = poll.allow_multiselect ? "checkbox" : "radio";
  const answers = poll.answers.map((answer) => {
    const id = String(answer.answer_id);
    const { count = 0, me_voted: isMine = false } = counts.get(id) ?? {};
    const share = total ? Math.round((100 * count) / total) : 0;
    const row = el(
      "label",
      { class: `answer${isMine ? " mine" : ""}`, data: { key: `answer-${id}` } },
      !areShown && el("input", { type: kind, name: `poll-${message.id}`, value: id }),
      el(
        "span",
        { class: "answer-text" },
        [answer.poll_media.emoji?.name, answer.poll_media.text].filter(Boolean).join(" "),
      ),
      areShown && isMine && icon("check"),
      areShown && el("span", { class: "share" }, say("poll.share", { n: count, share })),
    );
    row.style.setProperty("--share", areShown ? `${share}%` : "0%");
    return row;
  });
  const end =
    poll.expiry &&
    (isOver
      ? say("poll.over")
      : say("poll.ends", { when: formatTimestamp(Date.parse(poll.expiry) / 1000, "R", Date.now()) }));
  return el(
    "fieldset",
    { class: "poll", data: { key: `poll-${message.id}-${areShown}` } },
    el("legend", {}, poll.question.text),
    poll.allow_multiselect && !areShown && el("p", { class: "muted" }, say("poll.several")),
    answers,
    el(
      "div",
      { class: "poll-foot" },
      el("span", { class: "muted" }, [say("poll.votes", { n: total }), end].filter(Boolean).join(" · ")),
      !areShown && el("button", { type: "button", class: "quiet", data: { act: "poll-show" } }, say("poll.show")),
      !areShown && el("button", { type: "button", class: "button primary", data: { act: "vote" } }, say("poll.vote")),
      areShown &&
        !isOver &&
        mine &&
        el("button", { type: "button", class: "quiet", data: { act: "unvote" } }, say("poll.unvote")),
      areShown &&
        !isOver &&
        !mine &&
        el("button", { type: "button", class: "quiet", data: { act: "poll-hide" } }, say("poll.back")),
    ),
  );
}

/** Return the ticked answers in a poll's element. */
export function tickedAnswers(element) {
  return [...element.querySelectorAll("input:checked")].map((each) => Number(each.value));
}
