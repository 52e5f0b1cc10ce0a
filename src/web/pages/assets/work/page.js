// Makes the page of a work interactive: deep zoom in place, strip, captures, tags in the picture, sharing.
//
// Everything here only adds to links that work without it. What is shown is kept in the address (?canvas=&capture=&xywh=),
// which the server understands as well.
import { Stage } from "./stage.js";
import { shareButtons, copyButtons } from "./share.js";
import { showTagButtons } from "./boxes.js";

const stageElement = document.getElementById("stage");
let stage;
if (stageElement?.dataset.openseadragon) {
  stage = new Stage(stageElement);
  showTagButtons(stage);
}
shareButtons();
copyButtons();
