// How many messages somebody has not seen.

import { compareIds } from "./message_list.js";

/** How many messages came after `since`, and how many of them mention this person. */
export function countUnread(messages, since, me, isDm) {
  const fresh = messages.filter((each) => compareIds(each.id, since) > 0 && each.author.id !== me.id);
  const calls = fresh.filter((each) => each.mentions?.some((user) => user.id === me.id));
  return { count: fresh.length, calls: isDm ? fresh.length : calls.length };
}
