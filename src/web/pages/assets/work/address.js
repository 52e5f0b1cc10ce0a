// What is shown, in the address of the page: ?canvas=2&capture=2&fade=40&xywh=10,20,300,400.

export class Address {
  constructor(pictures) {
    this.pictures = pictures;
  }

  /** The place of the picture that the address names; the first one otherwise. */
  place() {
    const query = new URLSearchParams(location.search);
    const [canvas, capture] = [Number(query.get("canvas") ?? 1), Number(query.get("capture") ?? 1)];
    const found = this.pictures.findIndex((picture) => picture.canvas === canvas && picture.capture === capture);
    const first = this.pictures.findIndex((picture) => picture.canvas === canvas);
    return Math.max(found, first, 0);
  }

  /** The percentage of the capture over its canvas; all of it if the address has none, or none that can be read. */
  fade() {
    const fade = new URLSearchParams(location.search).get("fade") ?? "";
    return /^\d{1,3}$/.test(fade) && Number(fade) <= 100 ? Number(fade) : 100;
  }

  /** The parameters of a picture and a region of it, as the server writes them; none for the whole first picture. */
  static parameters(picture, region) {
    const query = new URLSearchParams();
    if (picture.canvas > 1 || picture.capture > 1 || region) query.set("canvas", picture.canvas);
    if (picture.capture > 1) query.set("capture", picture.capture);
    if (region) query.set("xywh", region);
    return query;
  }

  write(picture, region, fade = 100) {
    const url = Address.with(location.href, picture, region);
    if (picture.capture > 1 && fade < 100) url.searchParams.set("fade", fade);
    url.search = url.search.replaceAll("%2C", ",");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** A URL with these parameters in place of its own. */
  static with(href, picture, region) {
    const url = new URL(href, document.baseURI);
    for (const name of ["canvas", "capture", "fade", "xywh"]) url.searchParams.delete(name);
    for (const [name, value] of Address.parameters(picture, region)) url.searchParams.set(name, value);
    url.search = url.search.replaceAll("%2C", ",");
    return url;
  }
}
