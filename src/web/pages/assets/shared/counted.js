// Labels with a number, in the form that the page's language has for it (pure).

/** A number as on pages that the server writes: with Western digits. */
export const grouped = (number, language) => number.toLocaleString(`${language}-u-nu-latn`);

/**
 * A label with numbers in its places. A label with forms is an object: by plural category (CLDR), and by number, as `=0`;
 * `{total}` or else `{count}` decides.
 */
export function fill(label, numbers, language) {
  const text = typeof label === "string" ? label : form(label, numbers.total ?? numbers.count, language);
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in numbers ? grouped(numbers[name], language) : place));
}

const form = (forms, number, language) =>
  forms[`=${number}`] ?? forms[new Intl.PluralRules(language).select(number)] ?? forms.other;

/** A label with one number. */
export const counted = (label, count, language) => fill(label, { count }, language);
