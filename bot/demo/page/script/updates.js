// Routes events of the connection to the parts of the page.

import { el, isTouch, morph } from "./element.js";
import { notify } from "./notices.js";
import { tab } from "./session.js";
import { directMessages, listedChannels } from "./sidebar.js";
import { say } from "./words.js";

/** Events after which the usable commands may differ. */
const CHANGES_COMMANDS = new Set(["commands_update", "roles_update", "member_update", "channel_update"]);

/** Listens to the connection and the state of an app. */
export class Updates {
  constructor(app) {
    this.app = app;
    const { connection, state } = app;
    connection.addEventListener("ready", ({ detail }) => this.#begin(detail));
    connection.addEventListener("event", ({ detail }) => {
      if (detail.type === "modal") app.modals.show(detail);
      state.apply(detail);
      if (CHANGES_COMMANDS.has(detail.type)) app.loadCommands();
      app.guide.see(detail);
    });
    connection.addEventListener("state", ({ detail }) => this.#showConnection(detail));
    connection.addEventListener("status", ({ detail }) => (app.status.textContent = detail));
    connection.addEventListener("restarted", ({ detail }) => this.#restarted(detail));
    connection.addEventListener("refused", ({ detail }) => notify(detail.sentence));
    state.addEventListener("change", ({ detail }) => this.#changed(detail));
  }

  #begin(snapshot) {
    this.app.state.take(snapshot);
    const known = [
      tab.read(`channel.${this.app.session.key}`),
      this.app.channelId,
      listedChannels(this.app.state)[0]?.id,
      directMessages(this.app.state)[0]?.id,
    ];
    this.app.openChannel(known.find((id) => this.app.state.channels.has(id)));
    this.app.guide.start();
    if (snapshot.open_modal) this.app.modals.show(snapshot.open_modal);
    if (!isTouch() && document.activeElement === document.body) this.app.composer.focus();
  }

  #changed(detail) {
    switch (detail.what) {
      case "message":
      case "older":
        this.app.timeline.change(detail);
        if (detail.isNew) this.app.announce(detail.message);
        if (detail.isNew || detail.gone) this.app.drawSidesSoon();
        break;
      case "voice":
        this.app.drawSides();
        break;
      case "channels":
        this.app.drawSides();
        if (this.app.awaited && this.app.state.channels.has(this.app.awaited))
          this.app.openChannel(this.app.awaited, { focus: true });
        if (detail.channel === this.app.awaited) this.app.awaited = null;
        if (!this.app.state.channels.has(this.app.channelId))
          this.app.openChannel(listedChannels(this.app.state)[0]?.id);
        break;
      case "interaction":
        // A command has no message yet to show the failure under.
        if (detail.hasFailed && !detail.event.message_id) notify(say("interaction.silent"));
        break;
      case "members":
        this.app.drawSides();
        // Every message shows names and colours.
        this.app.state.look = {};
        this.app.timeline.change({});
        break;
      case "all":
        break;
      case "typing":
        break;
      default:
        this.app.drawSidesSoon();
    }
    if (detail.what === "typing" || detail.what === "all") this.drawTyping();
  }

  /** Show who types in the open channel. */
  drawTyping() {
    const names = this.app.state.typingIn(this.app.channelId).map((id) => this.app.state.nameById(id) ?? "…");
    const text =
      names.length > 2
        ? say("typing.many")
        : names.length
          ? say(names.length === 2 ? "typing.two" : "typing.one", { one: names[0], two: names[1] })
          : "";
    if (this.app.typing.textContent !== text) this.app.typing.textContent = text;
  }

  #showConnection({ state, sentence }) {
    if (state === "online" && this.app.lacksCommands) this.app.loadCommands();
    const text = {
      online: "",
      offline: this.app.state.isReady ? say("connection.offline") : say("connection.first"),
      refused: sentence,
    }[state];
    morph(this.app.banner, el("div", { class: `banner ${state}`, role: "status" }, text));
  }

  #restarted(stale) {
    const texts = stale.filter((each) => each.action === "send_message").map((each) => each.data.content);
    notify(say(stale.length ? "restarted.lost" : "restarted"));
    if (texts.length) this.app.composer.restore(texts.join("\n"));
  }
}
