// The page of a camera: what it sees and has learned, kept as it is now.

import { ask } from "./connection.js";
import { setText } from "./live.js";

const EVERY_MS = 2000;
const PATIENCE_MS = 4000;

const at = (id) => document.getElementById(id);
const image = at("learned");
const { camera } = image.dataset;

// A reload is not told again that something was forgotten.
history.replaceState(null, "", location.pathname);

async function look() {
  try {
    const answer = await ask(`/api/cameras/${camera}`, PATIENCE_MS);
    if (!answer.ok) throw new Error(answer.statusText);
    const now = await answer.json();
    await show(now);
    setText(at("strip"), "");
  } catch {
    setText(at("strip"), "Not connected. What stands here is as old as this page.");
  }
  at("strip").hidden = !at("strip").textContent;
}

async function show(now) {
  showSight(now.sight);
  if (!now.why) {
    const answer = await ask(`/cameras/${camera}/learned.jpg`, PATIENCE_MS);
    if (answer.ok) await showPicture(await answer.blob());
    else if (image.hidden) return;
  }
  image.hidden = Boolean(now.why);
  at("scale").hidden = Boolean(now.why);
  at("why").hidden = !now.why;
  setText(at("why-text"), now.why);
  setText(at("restless"), now.restless);
}

let told = "";

function showSight(sight) {
  const key = JSON.stringify(sight);
  if (key === told) return;
  told = key;
  at("steps").hidden = !key.includes("steps");
  at("sight").replaceChildren(
    ...sight.map(([name, words]) => {
      const line = document.createElement("div");
      line.append(labelled("dt", name), labelled("dd", words));
      return line;
    }),
  );
}

function labelled(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

async function showPicture(blob) {
  const before = image.src;
  image.src = URL.createObjectURL(blob);
  await image.decode();
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
}

for (;;) {
  if (!document.hidden) await look();
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
