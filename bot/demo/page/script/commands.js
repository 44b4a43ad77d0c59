// Slash commands as they are declared: found by what somebody types, read from a line.

export const CommandType = { SLASH: 1, USER: 2, MESSAGE: 3 };
export const OptionType = {
  SUBCOMMAND: 1,
  GROUP: 2,
  STRING: 3,
  INTEGER: 4,
  BOOLEAN: 5,
  USER: 6,
  CHANNEL: 7,
  ROLE: 8,
  MENTIONABLE: 9,
  NUMBER: 10,
  ATTACHMENT: 11,
};

/** Return all that can be typed after a slash: {name, description, options, command, path}. */
export function slashCommands(commands) {
  return commands
    .filter((each) => (each.type ?? CommandType.SLASH) === CommandType.SLASH)
    .flatMap((command) => leaves(command, command, []));
}

function leaves(command, node, path) {
  const here = [...path, shownName(node)];
  const inner = (node.options ?? []).filter(
    (each) => each.type === OptionType.SUBCOMMAND || each.type === OptionType.GROUP,
  );
  if (inner.length)
    return inner.flatMap((each) =>
      leaves(command, each, here).map((leaf) => ({ ...leaf, steps: [each, ...leaf.steps] })),
    );
  return [
    { command, name: here.join(" "), description: shownDescription(node), options: node.options ?? [], steps: [] },
  ];
}

/** The name of a command or option in the reader's language. */
export function shownName(node) {
  return node.name_localized ?? node.name;
}

/** Its description in the reader's language. */
export function shownDescription(node) {
  return node.description_localized ?? node.description ?? "";
}

/** Return the commands for the words after a slash: those that begin with them, then those that hold them. */
export function findCommands(all, typed) {
  const words = typed.toLowerCase();
  const begins = all.filter((each) => each.name.startsWith(words));
  const holds = all.filter((each) => !each.name.startsWith(words) && each.name.includes(words));
  return [...begins, ...holds].slice(0, 25);
}

/**
 * Read a whole line such as `/music prompt:90s rock seconds:10`; null where it is no command.
 *
 * Quotes around a value are left out. Words before the first option are those of the first one.
 */
export function readCommandLine(all, line) {
  const typed = line.slice(1);
  const leaf = all
    .filter((each) => typed === each.name || typed.startsWith(`${each.name} `))
    .sort((one, other) => other.name.length - one.name.length)[0];
  if (!leaf) return null;
  const rest = typed.slice(leaf.name.length).trim();
  const names = leaf.options.map(shownName);
  const values = {};
  if (!names.length || !rest) return { leaf, values };
  const marks = [...rest.matchAll(/(?:^|\s)([\w-]+):/g)].filter((each) => names.includes(each[1]));
  const before = rest.slice(0, marks[0]?.index ?? rest.length).trim();
  if (before) values[names[0]] = unquoted(before);
  marks.forEach((each, at) => {
    values[each[1]] = unquoted(rest.slice(each.index + each[0].length, marks[at + 1]?.index ?? rest.length).trim());
  });
  return { leaf, values };
}

function unquoted(text) {
  return text.replace(/^"(.*)"$/, "$1");
}

/** Return options as Discord wants them: wrapped in the subcommands that lead there. */
export function wrapOptions(leaf, options) {
  return [...leaf.steps]
    .reverse()
    .reduce((inner, step) => [{ name: step.name, type: step.type, options: inner }], options);
}
