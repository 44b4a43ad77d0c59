// Discord's numbers for types of channels and flags of messages.

export const ChannelType = { TEXT: 0, DM: 1, VOICE: 2, NEWS: 5, THREAD: 11, PRIVATE_THREAD: 12, STAGE: 13, FORUM: 15 };
export const EPHEMERAL = 64;
export const LOADING = 128;
