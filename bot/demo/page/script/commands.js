// Slash commands: search by typed text, and parsing of whole lines.

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

/**
 * Return all usable commands: {name, key, description, options, command, steps}.
 *
 * The name is localized; the key is the one that the bot knows.
 */
export function slashCommands(commands) {
  return commands
    .filter((each) => (each.type ?? CommandType.SLASH) === CommandType.SLASH)
    .flatMap((command) => leafCommands(command, command, [], []));
}

function leafCommands(command, node, path, keys) {
  const here = [...path, shownName(node)];
  const key = [...keys, node.name];
  const inner = (node.options ?? []).filter(
    (each) => each.type === OptionType.SUBCOMMAND || each.type === OptionType.GROUP,
  );
  if (inner.length)
    return inner.flatMap((each) =>
      leafCommands(command, each, here, key).map((leaf) => ({ ...leaf, steps: [each, ...leaf.steps] })),
    );
  return [
    {
      command,
      name: here.join(" "),
      key: key.join(" "),
      description: shownDescription(node),
      options: node.options ?? [],
      steps: [],
    },
  ];
}

/** The localized name of a command or option. */
export function shownName(node) {
  return node.name_localized ?? node.name;
}

/** The localized names of a command and its subcommands. */
export function shownPath(command, rest) {
  const next = rest.length && command.options?.find((each) => each.name === rest[0]);
  return next ? `${shownName(command)} ${shownPath(next, rest.slice(1))}` : [shownName(command), ...rest].join(" ");
}

/** Its localized description. */
export function shownDescription(node) {
  return node.description_localized ?? node.description ?? "";
}

/**
 * Return the commands for the text after a slash: first those that start with it, then those that contain it.
 *
 * Both names are searched.
 */
export function findCommands(all, typed) {
  const words = typed.toLowerCase();
  const isBegun = (each) => each.name.startsWith(words) || each.key.startsWith(words);
  const begins = all.filter(isBegun);
  const holds = all.filter((each) => !isBegun(each) && (each.name.includes(words) || each.key.includes(words)));
  return [...begins, ...holds].slice(0, 25);
}

/**
 * Parse a line such as `/music prompt:90s rock seconds:10`; return null if it is no command.
 *
 * Quotes around a value are removed. Text before the first option name is the first option's value.
 */
export function readCommandLine(all, line) {
  const typed = line.slice(1);
  const [leaf, called] =
    all
      .flatMap((each) => [
        [each, each.name],
        [each, each.key],
      ])
      .filter(([, name]) => typed === name || typed.startsWith(`${name} `))
      .sort(([, one], [, other]) => other.length - one.length)[0] ?? [];
  if (!leaf) return null;
  const rest = typed.slice(called.length).trim();
  const names = leaf.options.map(shownName);
  const values = {};
  if (!names.length || !rest) return { leaf, values };
  const marks = [...rest.matchAll(/(?:^|\s)([\p{L}\p{N}_-]+):/gu)].filter((each) => names.includes(each[1]));
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

/** Return options in Discord's structure: nested in the subcommands. */
export function wrapOptions(leaf, options) {
  return [...leaf.steps]
    .reverse()
    .reduce((inner, step) => [{ name: step.name, type: step.type, options: inner }], options);
}
