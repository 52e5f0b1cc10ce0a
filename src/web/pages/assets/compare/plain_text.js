// The text of what may be HTML (pure). Texts of manifests should be plain, or HTML as a whole; many have a tag or a
// character reference in between. What only looks like a tag, as in `< 5 cm`, is text.

const INLINE = "a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|small|span|strong|sub|sup|time|u|var|wbr";
const BLOCK = "blockquote|br|center|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|section|table|tbody|td|th|thead|tr|ul";
const tags = (names) => new RegExp(`</?(?:${names})(?:\\s[^<>]*)?/?>`, "gi");
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

export function plainText(text) {
  const untagged = text.replace(/<!--[^]*?-->/g, "").replace(tags(BLOCK), " ").replace(tags(INLINE), "");
  return untagged.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,4}));/gi, character).replace(/\s+/g, " ").trim();
}

function character(reference, decimal, hexadecimal, name) {
  if (name) return NAMED[name.toLowerCase()] ?? reference;
  const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : reference;
}
