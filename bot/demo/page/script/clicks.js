// Event delegation: clicks are handled by their `data-act`, since elements are re-rendered.

import { findComponent, optionsOf } from "./components.js";
import { openDialog } from "./dialog.js";
import { el } from "./element.js";
import { openMenu } from "./menu.js";
import { tickedAnswers } from "./poll.js";
import { browser } from "./session.js";
import { switchTheme } from "./theme.js";
import { LANGUAGE, LANGUAGES, say } from "./words.js";

/** Listen to all clicks in the page. */
export function listenToClicks(root, app) {
  root.addEventListener("click", (event) => {
    const target = event.target.closest("[data-act]");
    if (!target || target.disabled) return;
    const row = target.closest(".message");
    const message = row && app.state.message(app.channelId, row.dataset.message);
    ACTS[target.dataset.act]?.(app, target, message);
  });
}

const ACTS = {
  press: (app, target, message) => app.actions.press(message, target.dataset.custom),
  select: (app, target, message) => choose(app, target, message),
  react: (app, target, message) => app.menus.toggleReaction(message, target.dataset.emoji),
  dismiss: (app, target, message) => app.dismiss(message),
  person: (app, target) => app.menus.openPerson(target.dataset.user, target),
  channel: (app, target) => app.openChannel(target.dataset.channel, { focus: true }),
  voice: (app, target) => app.voice.toggle(target.dataset.channel),
  sound: (app, target) => new Audio(target.dataset.url).play().catch(() => {}),
  jump: (app, target) => app.jump(target.dataset.channel, target.dataset.message),
  command: (app, target) => app.composer.useCommand(target.dataset.command),
  spoiler: (app, target) => {
    target.classList.toggle("shown");
    if (target.classList.contains("shown")) target.removeAttribute("aria-label");
    else target.setAttribute("aria-label", say("spoiler.hidden"));
  },
  theme: (app) => {
    switchTheme();
    app.drawSides();
  },
  language: (app, target) => chooseLanguage(target),
  switch: (app, target) => switchPerson(app, target),
  "close-sides": (app) => app.showSide(null),
  "show-sidebar": (app) => app.showSide("sidebar"),
  "show-members": (app) => app.toggleMembers(),
  "new-thread": (app) => app.forms.newThread(),
  "new-channel": (app) => app.forms.newChannel(),
  "new-poll": (app) => app.forms.newPoll(),
  guide: (app) => app.guide.again(),
  rejoin: (app) => app.actions.run("rejoin", {}),
  "poll-show": (app, target, message) => app.state.showPoll(message, true),
  "poll-hide": (app, target, message) => app.state.showPoll(message, false),
  vote: (app, target, message) => {
    const answers = tickedAnswers(target.closest(".poll"));
    if (answers.length) app.actions.run("vote", { channel_id: message.channel_id, message_id: message.id, answers });
    else app.tell(say("poll.none"));
  },
  unvote: (app, target, message) =>
    app.actions.run("vote", { channel_id: message.channel_id, message_id: message.id, answers: [] }),
};

/** Choose from a select of a message: at once for a single choice, with a button for several. */
function choose(app, target, message) {
  const component = findComponent(message.components, target.dataset.custom);
  const options = optionsOf(component, app.state);
  const [least, most] = [component.min_values ?? 1, component.max_values ?? 1];
  if (most === 1) {
    const items = options.map(({ value, label, description, isDefault }) => ({
      label,
      description,
      checked: Boolean(isDefault),
      run: () => app.actions.choose(message, component.custom_id, [value]),
    }));
    openMenu(target, [{ items }], { label: component.placeholder ?? say("select.choose") });
    return;
  }
  const boxes = options.map((each) =>
    el("input", { type: "checkbox", value: each.value, checked: Boolean(each.isDefault) }),
  );
  openDialog({
    title: component.placeholder ?? say("select.choose"),
    confirm: say("select.done"),
    body: options.map((each, at) =>
      el(
        "label",
        { class: "tick" },
        boxes[at],
        el("span", {}, each.label, each.description && el("small", {}, each.description)),
      ),
    ),
    submit: async () => {
      const values = boxes.filter((each) => each.checked).map((each) => each.value);
      if (values.length < least || values.length > most) throw new Error(say("select.count", { least, most }));
      app.actions.choose(message, component.custom_id, values);
    },
  });
}

/** Choose another language; the page is reloaded in it. */
function chooseLanguage(target) {
  const items = Object.entries(LANGUAGES).map(([code, name]) => ({
    label: name,
    checked: code === LANGUAGE,
    run: () => {
      browser.write("language", code);
      location.reload();
    },
  }));
  openMenu(target, [{ items }], { label: say("language") });
}

function switchPerson(app, target) {
  const { people, me } = app.state;
  const there = (key) => `/as/${encodeURIComponent(key)}`;
  const label = (each) => app.state.nameById(each.id);
  const here = people.map((each) => ({
    label: label(each),
    description: each.about,
    checked: each.id === me.id,
    run: () => each.id !== me.id && location.assign(there(each.key)),
  }));
  const tabs = people
    .filter((each) => each.id !== me.id)
    .map((each) => ({
      label: label(each),
      icon: "external",
      run: () => open(there(each.key), "_blank", "noopener"),
    }));
  openMenu(
    target,
    [
      { title: say("switch.title"), items: here },
      { title: say("switch.tabs"), items: tabs },
    ],
    { label: say("switch.title") },
  );
}
