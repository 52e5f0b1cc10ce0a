// Opens the page's image in OpenSeadragon, and keeps the visible region in the URL: #xywh=1200,800,640,480
"use strict";

if (window.OpenSeadragon) {
  const viewerArea = document.getElementById("viewer");
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const viewer = OpenSeadragon({
    element: viewerArea,
    tileSources: new URL(viewerArea.dataset.info, document.baseURI).href,
    prefixUrl: viewerArea.dataset.images,
    crossOriginPolicy: "Anonymous",
    showNavigationControl: false,
    showNavigator: true,
    navigatorPosition: "BOTTOM_RIGHT",
    navigatorSizeRatio: 0.16,
    navigatorAutoFade: true,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { pinchRotate: true },
    maxZoomPixelRatio: 2,
    visibilityRatio: 0.5,
    animationTime: reducedMotion ? 0 : 0.8,
    immediateRender: reducedMotion,
  });
  const detail = document.querySelector(".detail");

  const tools = {
    "zoom-in": () => viewer.viewport.zoomBy(1.6).applyConstraints(),
    "zoom-out": () => viewer.viewport.zoomBy(1 / 1.6).applyConstraints(),
    home: () => viewer.viewport.setRotation(0).goHome(),
    turn: () => viewer.viewport.rotateBy(90),
    "full-screen": () => viewer.setFullScreen(!viewer.isFullPage()),
  };
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => viewer.isOpen() && tools[button.dataset.tool]());
  }

  // The visible region in whole image pixels, clamped to the image.
  const visibleRegion = () => {
    const image = viewer.world.getItemAt(0);
    const { x: width, y: height } = image.getContentSize();
    const box = image.viewportToImageRectangle(viewer.viewport.getBounds(true)).getBoundingBox();
    const within = (value, limit) => Math.min(Math.max(Math.round(value), 0), limit);
    const [left, top] = [within(box.x, width - 1), within(box.y, height - 1)];
    const [right, bottom] = [within(box.x + box.width, width), within(box.y + box.height, height)];
    return { xywh: [left, top, Math.max(right - left, 1), Math.max(bottom - top, 1)], width, height };
  };

  const updateAddress = () => {
    const { xywh, width, height } = visibleRegion();
    const whole = xywh[2] === width && xywh[3] === height;
    const image = viewer.world.getItemAt(0).source;
    const service = (image.id ?? image["@id"] ?? viewerArea.dataset.info.replace(/\/info\.json$/, "")).replace(/\/$/, "");
    detail.href = `${service}/${whole ? "full" : xywh}/${sizeParameter(xywh)}/0/default.jpg`;
    const address = new URL(location.href);
    address.hash = whole ? "" : `xywh=${xywh}`;
    history.replaceState(null, "", address);
  };

  // The size parameter of the detail: at most 2000 pixels on either side, without upscaling.
  const sizeParameter = ([, , width, height]) => (Math.max(width, height) <= 2000 ? "max" : "!2000,2000");

  viewer.addHandler("open", () => {
    document.querySelector(".tools").hidden = false;
    detail.hidden = false;
    const requested = /^#xywh=(\d+),(\d+),(\d+),(\d+)$/.exec(location.hash);
    if (requested && requested[3] > 0 && requested[4] > 0) {
      const box = new OpenSeadragon.Rect(...requested.slice(1).map(Number));
      viewer.viewport.fitBounds(viewer.world.getItemAt(0).imageToViewportRectangle(box), true);
    }
    updateAddress();
    viewer.addHandler("animation-finish", updateAddress);
  });

  viewer.addHandler("open-failed", () => {
    const note = document.createElement("p");
    note.className = "message";
    note.setAttribute("role", "alert");
    note.textContent = viewerArea.dataset.failed;
    viewerArea.append(note);
  });
}
