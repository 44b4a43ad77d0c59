// Names that somebody writes, and the ids that Discord wants in their place.

/** Remembers who was meant by each name that was picked. */
export class MentionNames {
  constructor(state) {
    this.state = state;
    this.names = new Map();
  }

  /** Take a person's name into use; return it. */
  ofPerson(userId) {
    const name = `@${this.state.nameById(userId)}`;
    this.names.set(name, `<@${userId}>`);
    return name;
  }

  /** Return whom or what a sign and some letters may mean: {name, id, description}. */
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

  /** Remember what was picked. */
  use({ name, id }) {
    this.names.set(name, id);
  }

  /** Return a text with ids for the names that were picked, the longest first. */
  withIds(text) {
    const names = [...this.names].sort((one, other) => other[0].length - one[0].length);
    return names.reduce((said, [name, id]) => said.replaceAll(name, id), text);
  }
}
