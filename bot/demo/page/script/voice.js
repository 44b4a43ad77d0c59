// Voice channels: joining, and playback of the one that this person is in.

import { el, fill } from "./element.js";

/** Plays the audio while this person is in a voice channel. */
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

  /** Join a voice channel, or leave it if this person is in it. */
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
      // Autoplay may be blocked right after loading; another press plays it.
      audio.play().catch(() => this.audio === audio && this.actions.run("leave_voice", {}));
    } else if (!here && this.audio) {
      // Removing the source also ends the stream.
      this.audio.removeAttribute("src");
      this.audio.load();
      this.audio = null;
      fill(this.root);
    }
  }
}
