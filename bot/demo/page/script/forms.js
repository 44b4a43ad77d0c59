// The page's own forms: to edit and delete messages, to create threads, channels and polls.

import { ask, openDialog } from "./dialog.js";
import { el } from "./element.js";
import { summarize } from "./message.js";
import { openPollForm } from "./poll_form.js";
import { isThread } from "./sidebar.js";
import { say } from "./words.js";

/** Opens forms; `app` has state, actions and openWhenThere. */
export class Forms {
  constructor(app) {
    this.app = app;
  }

  /** Edit one's own message. */
  edit(message) {
    const { state, actions } = this.app;
    const text = el("textarea", { id: "edit-text", rows: "4", maxlength: state.limits.characters });
    text.value = message.content;
    openDialog({
      title: say("edit"),
      confirm: say("edit.save"),
      body: el("div", { class: "field" }, el("label", { for: "edit-text" }, say("edit.label")), text),
      submit: () =>
        actions.connection.do("edit_message", {
          channel_id: message.channel_id,
          message_id: message.id,
          content: text.value,
        }),
    });
  }

  /** Delete a message, after asking. */
  async remove(message) {
    const { state, actions } = this.app;
    const isSure = await ask({
      title: say("delete.title"),
      text: summarize(message, state),
      confirm: say("delete"),
      danger: true,
    });
    if (isSure) actions.run("delete_message", { channel_id: message.channel_id, message_id: message.id });
  }

  /** Create a thread, from a message or standalone. */
  newThread(message = null) {
    const { actions, state } = this.app;
    const channel = state.channels.get(message?.channel_id ?? this.app.channelId);
    const parent = isThread(channel) ? channel.parent_id : channel.id;
    const usual = message ? summarize(message, state).slice(0, 60) : "";
    this.#askName(say("thread.create"), say("thread.name"), usual, (name) =>
      actions.connection.do("create_thread", { channel_id: parent, name, message_id: message?.id ?? null }),
    );
  }

  /** Add a channel to the server. */
  newChannel() {
    this.#askName(say("channel.create"), say("channel.name"), "", (name) =>
      this.app.connection.do("create_channel", { name: name.toLowerCase().replace(/\s+/g, "-") }),
    );
  }

  #askName(title, label, usual, make) {
    const name = el("input", { type: "text", id: "new-name", maxlength: "100", value: usual });
    openDialog({
      title,
      confirm: say("make"),
      body: el("div", { class: "field" }, el("label", { for: "new-name" }, label), name),
      submit: async () => {
        if (!name.value.trim()) throw new Error(say("modal.missing", { name: label }));
        return make(name.value.trim());
      },
      done: (made) => this.app.openWhenThere(made.channel_id),
    });
  }

  /** Show the poll form and post the poll. */
  newPoll() {
    const { connection, channelId } = this.app;
    openPollForm((poll) => connection.do("create_poll", { channel_id: channelId, ...poll }));
  }
}
