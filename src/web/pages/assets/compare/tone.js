// Grey, contrast, brightness and channels of a view: as a CSS filter for the screen, and for pixels that are exported.

const LUMA = [0.2126, 0.7152, 0.0722];
const CHANNEL = { r: 0, g: 1, b: 2 };

export const isPlain = ({ grey, contrast, brightness, channel }) => !grey && contrast === 1 && brightness === 1 && !channel;

/** The value of the CSS property `filter`; the filters of channels are those of `channelFilters`. */
export function styleOf(view) {
  const { grey, contrast, brightness, channel } = view;
  if (isPlain(view)) return "";
  const filters = [];
  if (channel) filters.push(`url("#channel-${channel}")`);
  else if (grey) filters.push("grayscale(1)");
  if (brightness !== 1) filters.push(`brightness(${brightness})`);
  if (contrast !== 1) filters.push(`contrast(${contrast})`);
  return filters.join(" ");
}

/** Changes RGBA values in place as the CSS filter does. */
export function tone(data, { grey, contrast, brightness, channel }) {
  const at = CHANNEL[channel];
  for (let i = 0; i < data.length; i += 4) {
    let [r, g, b] = [data[i], data[i + 1], data[i + 2]];
    if (at !== undefined) r = g = b = data[i + at];
    else if (grey) r = g = b = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
    const changed = (value) => (Math.min(value * brightness, 255) - 127.5) * contrast + 127.5;
    [data[i], data[i + 1], data[i + 2]] = [changed(r), changed(g), changed(b)];
  }
  return data;
}

/** The filters that show one channel as grey, to be put into the page once. */
export function channelFilters() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "filters");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, at] of Object.entries(CHANNEL)) {
    const filter = svg.appendChild(document.createElementNS(svg.namespaceURI, "filter"));
    filter.id = `channel-${name}`;
    filter.setAttribute("color-interpolation-filters", "sRGB");
    const matrix = filter.appendChild(document.createElementNS(svg.namespaceURI, "feColorMatrix"));
    const row = [0, 1, 2, 3, 4].map((column) => (column === at ? 1 : 0)).join(" ");
    matrix.setAttribute("values", `${row} ${row} ${row} 0 0 0 1 0`);
  }
  return svg;
}
