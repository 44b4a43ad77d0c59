// Typing indicators by channel, each for some seconds or until the message arrives.

const TYPING_MS = 10_000;

export class Typing {
  /** `onChange` is called with the id of a channel. */
  constructor(onChange) {
    this.onChange = onChange;
    this.channels = new Map();
  }

  start(channelId, userId) {
    if (!this.channels.has(channelId)) this.channels.set(channelId, new Map());
    const here = this.channels.get(channelId);
    clearTimeout(here.get(userId));
    const end = () => here.delete(userId) && this.onChange(channelId);
    here.set(userId, setTimeout(end, TYPING_MS));
    this.onChange(channelId);
  }

  stop(channelId, userId) {
    this.channels.get(channelId)?.delete(userId);
    this.onChange(channelId);
  }

  clear() {
    this.channels.clear();
  }

  /** The ids of the users typing in a channel. */
  inChannel(channelId) {
    return [...(this.channels.get(channelId)?.keys() ?? [])];
  }
}
