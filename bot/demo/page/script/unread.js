// Counting of unread messages.

import { compareIds } from "./message_list.js";

/** The number of messages after `since`, and of those that mention this person. */
export function countUnread(messages, since, me, isDm) {
  const fresh = messages.filter((each) => compareIds(each.id, since) > 0 && each.author.id !== me.id);
  const calls = fresh.filter((each) => each.mentions?.some((user) => user.id === me.id));
  return { count: fresh.length, calls: isDm ? fresh.length : calls.length };
}
