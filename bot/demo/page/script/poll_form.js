// The form to create a poll.

import { openDialog } from "./dialog.js";
import { el } from "./element.js";
import { say } from "./words.js";

const MOST_ANSWERS = 10;

/** Show the form; `submit({question, answers, hours, several})` posts the poll. */
export function openPollForm(submit) {
  const question = el("input", { type: "text", id: "poll-question", maxlength: "300" });
  const answers = el("div", { class: "poll-answers" });
  const add = () => {
    const n = answers.children.length + 1;
    const id = `poll-answer-${n}`;
    answers.append(
      el(
        "div",
        { class: "field" },
        el("label", { for: id }, say("poll.answer", { n })),
        el("input", { type: "text", id, maxlength: "55" }),
      ),
    );
    more.hidden = n >= MOST_ANSWERS;
  };
  const more = el("button", { type: "button", class: "quiet", on: { click: () => add() } }, say("poll.more"));
  const hours = el(
    "select",
    { id: "poll-hours" },
    [1, 4, 24, 72, 168].map((each) =>
      el("option", { value: String(each), selected: each === 24 }, say("poll.hours", { n: each })),
    ),
  );
  const several = el("input", { type: "checkbox", id: "poll-several" });
  add();
  add();
  openDialog({
    title: say("poll.create"),
    confirm: say("poll.post"),
    body: [
      el("div", { class: "field" }, el("label", { for: "poll-question" }, say("poll.question")), question),
      answers,
      more,
      el("div", { class: "field" }, el("label", { for: "poll-hours" }, say("poll.length")), hours),
      el("label", { class: "tick" }, several, el("span", {}, say("poll.allowSeveral"))),
    ],
    submit: () => {
      const texts = [...answers.querySelectorAll("input")].map((each) => each.value.trim()).filter(Boolean);
      if (!question.value.trim() || texts.length < 1) throw new Error(say("poll.incomplete"));
      return submit({
        question: question.value.trim(),
        answers: texts,
        hours: Number(hours.value),
        several: several.checked,
      });
    },
  });
  question.focus();
}
