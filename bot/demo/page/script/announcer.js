// What screen readers are told of new messages in the channel that is open.

import { gist } from "./message.js";
import { announce } from "./notices.js";
import { say } from "./words.js";

/** Return what is called with each new message. */
export function announcer(app) {
  return (message) => {
    const { state } = app;
    if (message.channel_id !== app.channelId || message.author.id === state.me.id) return;
    announce(say("announce", { name: state.nameOf(message.author), text: gist(message, state) }));
  };
}
