// The onboarding guide: three steps to try.

import { el } from "./element.js";
import { icon } from "./icons.js";
import { browser } from "./session.js";
import { say } from "./words.js";

const WORDS = say("guide.words");
const FRIEND_WORDS = say("guide.words.then");
const STEPS = 3;

/** Shown until it is completed or dismissed, which is stored in this browser. */
export class Guide {
  constructor(app) {
    this.app = app;
    this.root = el("section", { class: "guide", aria: { label: say("guide") }, hidden: true });
  }

  /** Start or continue, for the person who started it. */
  start() {
    const server = this.app.state.guild?.id;
    this.memory = browser.read("guide", { person: this.app.session.key, step: 0, isOver: false });
    this.isWaiting = false;
    // A new server has no clip yet.
    if (this.memory.server !== server && !this.memory.isOver)
      this.memory = { person: this.app.session.key, step: 0, isOver: false, server };
    this.#draw();
  }

  /** Show it again from the beginning. */
  again() {
    this.memory = { person: this.app.session.key, step: 0, isOver: false, server: this.app.state.guild?.id };
    this.#save();
  }

  /** Handle an event: it may complete the current step. */
  see(event) {
    if (!this.isShown) return;
    const { step } = this.memory;
    const { message } = event;
    const isClip =
      message?.author.bot && message.attachments.some((each) => /\.(mp3|ogg|wav|flac|m4a)$/.test(each.filename));
    if (event.type === "interaction_failed" && this.isWaiting) {
      this.isWaiting = false;
      this.#draw();
    } else if (step === 0 && this.isWaiting && isClip && message.components.length) this.#showStep(1);
    else if (step === 1 && event.type === "modal") {
      this.isWaiting = true;
      this.#draw();
    } else if (step === 1 && this.isWaiting && event.type === "message_create" && message.author.bot) this.#showStep(2);
  }

  get isShown() {
    return !this.memory.isOver && this.memory.person === this.app.session.key && Boolean(this.app.state.isMember);
  }

  #showStep(step) {
    this.memory.step = step;
    this.isWaiting = false;
    this.#save();
  }

  #save() {
    browser.write("guide", this.memory);
    this.#draw();
  }

  #finish() {
    this.memory.isOver = true;
    this.#save();
    this.app.composer.focus();
  }

  #draw() {
    this.root.hidden = !this.isShown;
    if (!this.isShown) return this.root.replaceChildren();
    const { step } = this.memory;
    const name = ["first", "second", "third", "end"][step];
    const state = this.isWaiting ? ".after" : "";
    const friend = this.#otherPerson();
    const values = { words: WORDS, then: FRIEND_WORDS, friend: friend ? this.app.state.nameById(friend.id) : "" };
    this.root.replaceChildren(
      el(
        "div",
        { class: "guide-text" },
        el(
          "p",
          { class: "guide-count" },
          icon("spark"),
          step < STEPS ? say("guide.count", { n: step + 1, of: STEPS }) : say("guide.done"),
        ),
        el("h2", {}, say(`guide.${name}.title`, values)),
        el("p", { role: "status" }, say(`guide.${name}.text${state}`, values)),
      ),
      el(
        "div",
        { class: "guide-buttons" },
        this.#action(step, values, friend),
        el(
          "button",
          { type: "button", class: "quiet", on: { click: () => this.#finish() } },
          step < STEPS ? say("guide.dismiss") : say("guide.close"),
        ),
      ),
    );
    return undefined;
  }

  #action(step, values, friend) {
    const button = (words, run) =>
      el("button", { type: "button", class: "button primary", on: { click: run } }, say(words, values));
    if (step === 0 && !this.isWaiting) return button("guide.first.press", () => this.#makeClip());
    if (step === 1 && !this.isWaiting) return button("guide.second.press", () => this.#showRemix());
    if (step === 2 && friend) {
      return el(
        "a",
        {
          class: "button primary",
          href: `/as/${encodeURIComponent(friend.key)}`,
          target: "_blank",
          rel: "noopener",
          on: { click: () => this.#showStep(3) },
        },
        say("guide.third.press", values),
        icon("external"),
      );
    }
    return null;
  }

  #makeClip() {
    const { app } = this;
    const command = app.state.commands.find((each) => each.name === "music");
    if (!command) return app.tell(say("guide.notReady"));
    app.actions.useCommand(app.channelId, command.id, [{ name: "prompt", type: 3, value: WORDS }]);
    this.isWaiting = true;
    app.timeline.toLatest();
    return this.#draw();
  }

  #showRemix() {
    const buttons = [...document.querySelectorAll('.message button[data-custom*=":remix"]')];
    const button = buttons.at(-1);
    if (!button) return this.app.tell(say("guide.noClip"));
    button.closest(".message").scrollIntoView({ block: "center" });
    button.classList.add("beckon");
    button.focus({ preventScroll: true });
    return setTimeout(() => button.classList.remove("beckon"), 4_000);
  }

  #otherPerson() {
    const others = this.app.state.people.filter((each) => each.key !== this.app.session.key);
    return others.find((each) => each.kind === "member") ?? others[0];
  }
}
