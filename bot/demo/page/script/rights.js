// A person's permissions in a channel, as reported by the server.

const BITS = {
  KICK_MEMBERS: 1n,
  ADMINISTRATOR: 3n,
  MANAGE_CHANNELS: 4n,
  MANAGE_GUILD: 5n,
  VIEW_CHANNEL: 10n,
  SEND_MESSAGES: 11n,
  MANAGE_MESSAGES: 13n,
  ATTACH_FILES: 15n,
  CREATE_PUBLIC_THREADS: 35n,
  SEND_IN_THREADS: 38n,
};

/** Return whether a channel's `rights` include a right; direct messages have all that matter. */
export function may(channel, right) {
  if (!channel) return false;
  if (channel.rights === undefined || channel.rights === null) return right === "SEND_MESSAGES";
  const isThread = [10, 11, 12].includes(channel.type);
  return has(channel.rights, right === "SEND_MESSAGES" && isThread ? "SEND_IN_THREADS" : right);
}

/** Return whether a permission bit field, as a string, includes a right. */
export function has(rights, right) {
  const bits = BigInt(rights ?? 0);
  return Boolean((bits >> BITS.ADMINISTRATOR) & 1n) || Boolean((bits >> BITS[right]) & 1n);
}
