// Downloads and citation of what is shown: made by the server, and taken from it again when something else is shown.
import { Address } from "./address.js";

// A response that arrives after a later question is not shown.
const latest = { downloads: 0, citation: 0 };
const isOpen = () => document.querySelector(".cite")?.open;

/** Brings downloads and citation up to date; `isOther` says that another picture is shown. */
export async function refreshPanels(stage, { region, isOther = false }) {
  const { picture } = stage;
  for (const link of document.querySelectorAll("#citation a[data-cite]")) {
    link.href = Address.with(link.href, picture, region);
  }
  const like = document.getElementById("like-detail");
  like?.toggleAttribute("hidden", !region);
  if (like && region) likeDetail(like.querySelector("a"), picture, region);
  document.getElementById("cites-detail")?.toggleAttribute("hidden", !region);
  await Promise.all([isOther && takeDownloads(picture), isOpen() && takeCitation()]);
}

/** Has a link find works like a region of a canvas. */
function likeDetail(link, { canvas }, region) {
  const url = new URL(link.href);
  url.searchParams.set("canvas", canvas);
  url.searchParams.set("xywh", region);
  link.href = url.href.replaceAll("%2C", ",");
}

async function takeDownloads(picture) {
  const turn = ++latest.downloads;
  const response = await fetch(picture.page).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = page.getElementById("downloads");
  if (turn === latest.downloads && found) document.getElementById("downloads").replaceChildren(...found.childNodes);
}

async function takeCitation() {
  const turn = ++latest.citation;
  const links = [...document.querySelectorAll("#citation a[data-cite]")];
  const text = links.find(({ pathname }) => pathname.endsWith(".txt"));
  const response = await fetch(text.href).catch(() => null);
  if (response?.ok && turn === latest.citation) {
    document.getElementById("citation-text").textContent = (await response.text()).trim();
  }
}

document.querySelector(".cite")?.addEventListener("toggle", () => isOpen() && takeCitation());
