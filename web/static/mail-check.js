// The page of the mail account: shows each step as it is done.

import { ask } from "./connection.js";
import { setItems, setText } from "./live.js";

const EVERY_MS = 1000;
const PATIENCE_MS = 4000;
const ICONS = { well: "ready", fault: "problem", untried: "silent" };

const at = (id) => document.getElementById(id);

async function look() {
  try {
    const answer = await ask("/api/mail", PATIENCE_MS);
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
    setText(at("strip"), "");
  } catch {
    setText(at("strip"), "Not connected. What stands here is as old as this page.");
  }
  at("strip").hidden = !at("strip").textContent;
}

function show(now) {
  setText(at("verdict"), now.verdict);
  at("verdict").hidden = !now.verdict;
  at("verdict").toggleAttribute("data-bad", now.bad);
  setItems(at("found"), now.faults);
  at("found").hidden = now.faults.length === 0;
  showButton(now);
  showSteps(now.steps);
}

function showButton(now) {
  const button = at("try");
  if (!button) return;
  button.disabled = now.running || now.again_in_s > 0;
  let text = "Try it now";
  if (now.running) text = "Trying it …";
  else if (now.again_in_s) text = `Again in ${now.again_in_s} s`;
  setText(button, text);
}

let shown = "";

function showSteps(steps) {
  const key = JSON.stringify(steps);
  if (key === shown) return;
  shown = key;
  at("steps").hidden = steps.length === 0;
  at("steps").replaceChildren(...steps.map(row));
}

function row(step) {
  const item = at("step").content.cloneNode(true).querySelector("li");
  item.dataset.result = step.result;
  const use = item.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${ICONS[step.result]}`);
  item.querySelector("b").textContent = step.name;
  item.querySelector("span").textContent = step.took;
  item.querySelector("p").textContent = step.text;
  return item;
}

for (;;) {
  if (!document.hidden) await look();
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
