// Mentions in typed text: names, and the ids that Discord needs in their place.

/** Maps each picked name to an id. */
export class MentionNames {
  constructor(state) {
    this.state = state;
    this.names = new Map();
  }

  /** Register a person's name; return it. */
  ofPerson(userId) {
    const name = `@${this.state.nameById(userId)}`;
    this.names.set(name, `<@${userId}>`);
    return name;
  }

  /** Return suggestions for a sign (@ or #) and some letters: {name, id, description}. */
  find(sign, typed) {
    const { state } = this;
    const all =
      sign === "@"
        ? [...state.members.values()].map(({ user }) => ({
            name: `@${state.nameOf(user)}`,
            id: `<@${user.id}>`,
            description: user.username,
          }))
        : [...state.channels.values()]
            .filter((each) => each.guild_id)
            .map((each) => ({ name: `#${each.name}`, id: `<#${each.id}>` }));
    return all.filter((each) => each.name.toLowerCase().includes(typed.toLowerCase())).slice(0, 10);
  }

  /** Record a pick. */
  use({ name, id }) {
    this.names.set(name, id);
  }

  /** Return a text with picked names replaced by ids, longest names first. */
  withIds(text) {
    const names = [...this.names].sort((one, other) => other[0].length - one[0].length);
    return names.reduce((said, [name, id]) => said.replaceAll(name, id), text);
  }
}
