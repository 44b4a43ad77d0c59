// The actions of a person, and their optimistic display until the server confirms them.

import { RESTARTED } from "./connection.js";
import { notify } from "./notices.js";
import { say } from "./words.js";

/** A message that takes longer to be confirmed is shown as pending. */
const PATIENCE_MS = 400;

/** Performs actions over the connection; failures are shown as notices. */
export class Actions {
  constructor(connection, state) {
    this.connection = connection;
    this.state = state;
    this.waiting = new Map();
    state.pending = (channelId) => [...this.waiting.values()].filter((each) => each.channel_id === channelId);
  }

  /** Send a message; its files are being uploaded already. */
  async send(channelId, { content, files = [], replyTo = null, ping = true }) {
    const id = `pending-${Math.random()}`;
    const timer = setTimeout(() => this.#showPending(id, channelId, content, files), PATIENCE_MS);
    try {
      await Promise.all(files.map((each) => each.done));
      return await this.connection.do("send_message", {
        channel_id: channelId,
        content,
        files: files.map((each) => each.id),
        reply_to: replyTo?.id ?? null,
        ping,
      });
    } catch (error) {
      tell(error);
      return null;
    } finally {
      clearTimeout(timer);
      if (this.waiting.delete(id)) this.state.redraw(channelId);
    }
  }

  /** Run a slash command. */
  useCommand(channelId, commandId, options) {
    return this.run("use_command", { channel_id: channelId, command_id: commandId, options });
  }

  /** Run a command of the Apps menu on a message or a person. */
  useMenu(channelId, commandId, targetId) {
    return this.run("use_menu", { channel_id: channelId, command_id: commandId, target_id: targetId });
  }

  /** Press a button; it is disabled until the bot has responded. */
  press(message, customId) {
    return this.#onMessage(message, customId, "press", {});
  }

  /** Choose from a select. */
  choose(message, customId, values) {
    return this.#onMessage(message, customId, "choose", { values });
  }

  /** Submit a modal; throws a Refused, which the form shows. */
  submitModal(interactionId, values, files) {
    return this.connection.do("submit_modal", { interaction_id: interactionId, values, files });
  }

  /** Ask the bot for autocomplete choices of an option. */
  async complete(channelId, commandId, options) {
    return (await this.connection.ask("complete", { channel_id: channelId, command_id: commandId, options })).choices;
  }

  /** Send a typing indicator. */
  type(channelId) {
    this.connection.hint("type", { channel_id: channelId });
  }

  /** Perform any other action by its name (see bot/demo/client/actions.py); return null if it is refused. */
  async run(action, data) {
    try {
      return await this.connection.do(action, data);
    } catch (error) {
      tell(error);
      return null;
    }
  }

  async #onMessage(message, customId, action, more) {
    if (this.state.busy.get(message.id) === customId) return null;
    this.state.setBusy(message, customId);
    try {
      return await this.connection.do(action, {
        channel_id: message.channel_id,
        message_id: message.id,
        custom_id: customId,
        ...more,
      });
    } catch (error) {
      this.state.setBusy(message, null);
      tell(error);
      return null;
    }
  }

  #showPending(id, channelId, content, files) {
    this.waiting.set(id, {
      id,
      channel_id: channelId,
      type: 0,
      author: this.state.me,
      content: content || files.map((each) => each.name).join(", "),
      timestamp: new Date().toISOString(),
      flags: 0,
      isPending: true,
      label: say("message.sending"),
    });
    this.state.redraw(channelId);
  }
}

/** Show a failure, unless it was already shown that the demo has restarted. */
function tell(error) {
  if (error.status !== RESTARTED) notify(error.message);
}
