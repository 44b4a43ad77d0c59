// The right sidebar: members.

import { avatar } from "./avatar.js";
import { el, morph } from "./element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

/** Render the members into their element. */
export function drawMembers(root, state) {
  const all = [...state.members.values()].sort((one, other) =>
    state.nameOf(one.user).localeCompare(state.nameOf(other.user)),
  );
  const bots = all.filter((each) => each.user.bot);
  const people = all.filter((each) => !each.user.bot);
  const fresh = el(
    "aside",
    { class: "members", id: "members", aria: { label: say("members") } },
    el(
      "div",
      { class: "members-head only-narrow" },
      el("h2", {}, say("members")),
      el(
        "button",
        { type: "button", class: "icon-button", data: { act: "close-sides" }, aria: { label: say("members.close") } },
        icon("close"),
      ),
    ),
    section("people", say("members.people", { n: people.length }), people, state),
    section("apps", say("members.apps", { n: bots.length }), bots, state),
  );
  morph(root, fresh);
}

function section(key, title, members, state) {
  const id = `members-${key}`;
  return el(
    "div",
    { data: { key } },
    el("h2", { id }, title),
    el(
      "ul",
      { aria: { labelledby: id } },
      members.map(({ user }) => {
        const name = state.nameOf(user);
        const isAway = user.bot && !state.isBotOnline;
        return el(
          "li",
          { data: { key: user.id } },
          el(
            "button",
            {
              type: "button",
              class: `entry member${isAway ? " away" : ""}`,
              data: { act: "person", user: user.id },
              aria: { haspopup: "menu" },
            },
            avatar(user, name, "small"),
            el("span", { class: "entry-name" }, name, user.id === state.me.id && el("small", {}, say("members.you"))),
            user.id === state.guild?.owner_id &&
              el(
                "span",
                { class: "crown", title: say("members.owner") },
                icon("crown"),
                el("span", { class: "spoken" }, say("members.owner")),
              ),
            user.bot && el("span", { class: "tag" }, isAway ? say("bot.away") : say("bot")),
          ),
        );
      }),
    ),
  );
}
