// Announces new messages in the open channel to screen readers.

import { summarize } from "./message.js";
import { announce } from "./notices.js";
import { say } from "./words.js";

/** Return a function to call with each new message. */
export function announcer(app) {
  return (message) => {
    const { state } = app;
    if (message.channel_id !== app.channelId || message.author.id === state.me.id) return;
    announce(say("announce", { name: state.nameOf(message.author), text: summarize(message, state) }));
  };
}
