// Parses Discord's markdown into a tree, which `rich_text.js` renders.

const MAX_DEPTH = 8;

/** Inline syntax, tried in this order at each position. */
const INLINE = [
  [/^\\([^\w\s])/, (m) => m[1]],
  [/^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/, (m) => ({ kind: "code", text: m[2].replace(/^ (.*) $/, "$1") })],
  [/^<@!?(\d{1,20})>/, (m) => ({ kind: "user", id: m[1] })],
  [/^<@&(\d{1,20})>/, (m) => ({ kind: "role", id: m[1] })],
  [/^<#(\d{1,20})>/, (m) => ({ kind: "channel", id: m[1] })],
  [/^<\/([^:>\n]{1,100}):(\d{1,20})>/, (m) => ({ kind: "command", name: m[1], id: m[2] })],
  [/^<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/, (m) => ({ kind: "time", seconds: Number(m[1]), style: m[2] ?? "f" })],
  [/^<a?:(\w{2,32}):(\d{1,20})>/, (m) => ({ kind: "emoji", name: m[1] })],
  [/^<(https?:\/\/[^\s<>]+)>/, (m) => ({ kind: "link", href: m[1], inner: [m[1]] })],
  [
    /^\[([^\[\]\n]+)\]\(<?(https?:\/\/[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?: "[^"\n]*")?\)/,
    (m, read) => ({ kind: "link", href: m[2], inner: read(m[1]) }),
  ],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"')\]*_~|]/, (m) => ({ kind: "link", href: m[0], inner: [m[0]] })],
  [/^@(everyone|here)\b/, (m) => ({ kind: "everyone", name: m[1] })],
  [
    /^\*\*\*(?=\S)([\s\S]+?\S)\*\*\*(?!\*)/,
    (m, read) => ({ kind: "bold", inner: [{ kind: "italic", inner: read(m[1]) }] }),
  ],
  [/^\*\*(?=\S)([\s\S]+?)\*\*(?!\*)/, (m, read) => ({ kind: "bold", inner: read(m[1]) })],
  [/^__(?=\S)([\s\S]+?)__(?!_)/, (m, read) => ({ kind: "underline", inner: read(m[1]) })],
  [/^\*(?=\S)((?:\*\*|[^*])+?\S|\S)\*(?!\*)/, (m, read) => ({ kind: "italic", inner: read(m[1]) })],
  [/^_(?=\S)((?:__|[^_])+?)_(?![\w])/, (m, read) => ({ kind: "italic", inner: read(m[1]) })],
  [/^~~(?=\S)([\s\S]+?)~~/, (m, read) => ({ kind: "strike", inner: read(m[1]) })],
  [/^\|\|([\s\S]+?)\|\|/, (m, read) => ({ kind: "spoiler", inner: read(m[1]) })],
  [/^\n/, () => ({ kind: "break" })],
];

/** The characters at which inline syntax can start; everything up to the next one is plain text. */
const PLAIN = /^[^\\`<[h@*_~|\n]+/;

/** Parse inline text; return texts and nodes. */
export function readInline(text, depth = 0) {
  const found = [];
  const push = (each) => {
    if (typeof each === "string" && typeof found.at(-1) === "string") found[found.length - 1] += each;
    else found.push(each);
  };
  const inner = (part) => (depth < MAX_DEPTH ? readInline(part, depth + 1) : [part]);
  let rest = text;
  let before = "";
  while (rest) {
    let length = PLAIN.exec(rest)?.[0].length ?? 0;
    if (length) push(rest.slice(0, length));
    else {
      const match = firstMatch(rest, before);
      if (match) {
        [length] = [match.found[0].length];
        push(match.make(match.found, inner));
      } else {
        length = 1;
        push(rest[0]);
      }
    }
    before = rest[length - 1];
    rest = rest.slice(length);
  }
  return found;
}

function firstMatch(rest, before) {
  for (const [pattern, make] of INLINE) {
    const found = pattern.exec(rest);
    // A snake_case_name is not italics, and xhttp:// not a link.
    const isInWord = found && /[_h]/.test(found[0][0]) && !found[0].startsWith("__") && /\w/.test(before);
    if (found && !isInWord) return { found, make };
  }
  return null;
}

/** Parse a message; return blocks: paragraphs, headings, quotes, lists, code. */
export function readBlocks(text, depth = 0) {
  const blocks = [];
  const paragraph = [];
  const flush = () => {
    if (paragraph.length) blocks.push({ kind: "paragraph", inner: readInline(paragraph.join("\n")) });
    paragraph.length = 0;
  };
  let rest = text;
  while (rest) {
    const block = blockAt(rest, depth);
    if (block) {
      flush();
      blocks.push(block.block);
      rest = rest.slice(block.length);
      continue;
    }
    // A code block may start within a line.
    const [line] = /^[^\n]*\n?/.exec(rest);
    const fence = line.indexOf("```");
    const isFence = fence > 0 && /^```[\s\S]+?```/.test(rest.slice(fence));
    const part = isFence ? line.slice(0, fence) : line;
    paragraph.push(part.replace(/\n$/, ""));
    rest = rest.slice(part.length);
  }
  flush();
  return blocks;
}

function blockAt(rest, depth) {
  let m = /^```(?:([\w+-]+)\n)?\n?([\s\S]+?)\n?```\n?/.exec(rest);
  if (m) return { block: { kind: "codeblock", text: m[2] }, length: m[0].length };
  m = /^(#{1,3}) +([^\n]+)\n?/.exec(rest);
  if (m) return { block: { kind: "heading", level: m[1].length, inner: readInline(m[2]) }, length: m[0].length };
  m = /^-# +([^\n]+)\n?/.exec(rest);
  if (m) return { block: { kind: "subtext", inner: readInline(m[1]) }, length: m[0].length };
  if (depth < 2) {
    m = /^>>> ?([\s\S]+)/.exec(rest);
    if (m) return { block: { kind: "quote", inner: readBlocks(m[1], depth + 1) }, length: m[0].length };
    m = /^(?:> ?[^\n]*(?:\n|$))+/.exec(rest);
    if (m && /^> /.test(rest)) {
      return {
        block: { kind: "quote", inner: readBlocks(m[0].replace(/^> ?/gm, "").replace(/\n$/, ""), depth + 1) },
        length: m[0].length,
      };
    }
  }
  m = /^(?: *(?:[-*]|\d{1,9}\.) +[^\n]+(?:\n|$))+/.exec(rest);
  return m && { block: listOf(m[0]), length: m[0].length };
}

function listOf(text) {
  const isNumbered = /^ *\d/.test(text);
  const items = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      const [, indent, item] = /^( *)(?:[-*]|\d{1,9}\.) +(.*)$/.exec(line);
      return { level: Math.min(Math.floor(indent.length / 2), 3), inner: readInline(item) };
    });
  return { kind: "list", isNumbered, first: isNumbered ? parseInt(text, 10) : 1, items };
}
