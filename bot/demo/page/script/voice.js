// Voice channels: who is in them, and what is heard in the one that this person is in.

import { el, fill } from "./element.js";

/** Plays what is heard, as long as this person is in a voice channel. */
export class Voice {
  constructor(session, state, actions) {
    this.session = session;
    this.state = state;
    this.actions = actions;
    this.root = el("div", { class: "voice" });
    state.addEventListener("change", ({ detail }) => {
      if (detail.what === "voice" || detail.what === "all") this.#follow();
    });
  }

  /** Come into a voice channel, or go where this person is there already. */
  async toggle(channelId) {
    const here = this.state.voiceOf(this.state.me.id);
    if (here === channelId) await this.actions.run("leave_voice", {});
    else await this.actions.run("join_voice", { channel_id: channelId });
  }

  #follow() {
    const here = this.state.voiceOf(this.state.me.id);
    if (here && !this.audio) {
      const audio = el("audio", { src: `/api/voice?session=${encodeURIComponent(this.session.token)}` });
      this.audio = audio;
      fill(this.root, audio);
      // Browsers play nothing in a page that was just loaded: then one presses once more.
      audio.play().catch(() => this.audio === audio && this.actions.run("leave_voice", {}));
    } else if (!here && this.audio) {
      // Without an address it ends the stream, too.
      this.audio.removeAttribute("src");
      this.audio.load();
      this.audio = null;
      fill(this.root);
    }
  }
}
