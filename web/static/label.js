// The page on which recordings are labelled: what is marked is kept by the program at once.

import { ask } from "./connection.js";
import { Player, SILENT } from "./label-player.js";
import { TimeLine } from "./label-line.js";
import { setText } from "./live.js";

const PATIENCE_MS = 20_000;
const AGAIN_MS = 700;

const clip = Number(document.body.dataset.clip);
const at = (id) => document.getElementById(id);
const choices = [...document.querySelectorAll("[data-choice]")];

let state = null; // what the program said last
let begun = null; // the frame where a mark begins that has no end yet
let chosen = null; // the mark that Delete means
let choice = choices[0];

const player = new Player(`/clips/${clip}/frames/`, at("picture"), { onShow: showPlace, onTrouble: complain });
const line = new TimeLine(at("lanes"), choices, {
  onGlance: (frame) => player.glance(frame),
  onPoint: (frame) => player.show(frame),
});

function same(one, other) {
  return ["kind", "label", "start_frame", "end_frame"].every((key) => one?.[key] === other?.[key]);
}

function clock(frame) {
  const seconds = frame / state.fps;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(1).padStart(4, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

function show(fresh) {
  const first = state === null;
  state = fresh;
  const { frames, expected, whole } = state.count;
  player.know(state.fps, frames);
  at("place").max = Math.max(0, expected - 1);
  setText(at("length"), whole ? `${frames} frames, ${clock(frames)}` : `counting its frames: ${frames} so far`);
  if (state.trouble) complain(state.trouble);
  if (!state.marks.some((mark) => same(mark, chosen))) chosen = null;
  at("undo").disabled = !state.can_undo;
  showMarks();
  showPlace(player.shown);
  if (first || player.shown === null) player.show(0);
  if (!whole) setTimeout(refresh, AGAIN_MS);
}

function showPlace(frame) {
  if (!state || frame === null) return;
  setText(at("where"), `frame ${frame} · ${clock(frame)}`);
  at("picture").alt = `Frame ${frame}`;
  if (!player.glancing) at("place").value = frame;
  at("place").setAttribute("aria-valuetext", `frame ${frame}, ${clock(frame)}`);
  setText(at("play"), player.playing ? "Pause" : "Play");
  line.show({ marks: state.marks, frames: state.count.expected, frame, begun, choice, chosen });
}

function showMarks() {
  at("no-marks").hidden = state.marks.length > 0;
  at("marks").replaceChildren(
    ...state.marks.map((mark) => {
      const item = at("mark").content.cloneNode(true);
      const [go, drop] = item.querySelectorAll("button");
      go.querySelector("b").textContent = mark.name;
      const clear = mark.clear_from === null ? "" : `, plain from ${mark.clear_from}`;
      go.querySelector("span").textContent =
        `${mark.start_frame} to ${mark.end_frame}${clear} · ${clock(mark.start_frame)}`;
      go.setAttribute("aria-pressed", String(same(mark, chosen)));
      go.addEventListener("click", () => choose(mark));
      drop.textContent = "Delete";
      drop.setAttribute("aria-label", `Delete ${mark.name}, ${mark.start_frame} to ${mark.end_frame}`);
      drop.addEventListener("click", () => remove(mark));
      return item;
    }),
  );
}

function choose(mark) {
  const again = same(mark, chosen);
  chosen = mark;
  player.show(again && player.shown === mark.start_frame ? mark.end_frame : mark.start_frame);
  const places = [...at("marks").querySelectorAll(".go")];
  const focused = places.indexOf(document.activeElement);
  showMarks();
  if (focused >= 0) at("marks").querySelectorAll(".go")[focused].focus();
}

function take(button) {
  choice = button;
  for (const each of choices) each.setAttribute("aria-pressed", String(each === choice));
  at("nothing").hidden = choice.dataset.kind === "event";
  at("rest").hidden = choice.dataset.kind !== "nuisance";
  showPlace(player.shown);
}

function complain(text) {
  setText(at("strip"), text);
  at("strip").hidden = !text;
}

async function send(what, body, said) {
  complain("");
  try {
    const response = await ask(`/api/clips/${clip}/${what}`, PATIENCE_MS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      complain(await response.text());
      return false;
    }
    show(await response.json());
    setText(at("said"), said);
    return true;
  } catch {
    complain(SILENT);
    return false;
  }
}

async function refresh() {
  try {
    const response = await ask(`/api/clips/${clip}`, PATIENCE_MS);
    if (response.ok) {
      show(await response.json());
      return;
    }
  } catch {
    // The next look may succeed; whoever marks something is told.
  }
  setTimeout(refresh, AGAIN_MS);
}

function begin() {
  if (player.shown === null) return;
  player.pause();
  begun = player.shown;
  complain("");
  setText(at("said"), `Begins at frame ${begun}. Press E where it ends.`);
  showBegun();
}

function showBegun() {
  at("begin").toggleAttribute("data-open", begun !== null);
  showPlace(player.shown);
}

async function end() {
  if (player.shown === null) return;
  player.pause();
  if (begun === null) {
    complain("Go to where it begins and press B first.");
    return;
  }
  const event = choice.dataset.kind === "event";
  const mark = {
    kind: choice.dataset.kind,
    label: event ? choice.dataset.choice : at("text").value,
    start_frame: begun,
    end_frame: player.shown,
  };
  const said = `Saved: ${choice.dataset.words.toLowerCase()}, frames ${mark.start_frame} to ${mark.end_frame}.`;
  // Meanwhile the next mark may have begun.
  if ((await send("add", mark, said)) && begun === mark.start_frame) forget();
}

function addTheRest() {
  player.pause();
  return send("add-the-rest", { label: at("text").value }, "Saved: all the rest is nuisance.");
}

function forget() {
  begun = null;
  showBegun();
}

function remove(mark) {
  if (mark) return send("remove", mark, `Deleted: ${mark.name}, frames ${mark.start_frame} to ${mark.end_frame}.`);
  complain("Choose a mark in the list first.");
}

function clearFrom() {
  player.pause();
  const frame = player.shown;
  const inside = (mark) => mark?.kind === "event" && mark.start_frame <= frame && frame <= mark.end_frame;
  const mark = inside(chosen) ? chosen : state?.marks.find(inside);
  if (mark) return send("clear-from", { ...mark, frame }, `Saved: plain to see from frame ${frame}.`);
  complain("Go to the frame of an event from which it is plain to see.");
}

async function finish() {
  try {
    await ask("/api/done", PATIENCE_MS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
  } catch {
    // It has ended already, which is what was wanted.
  }
  player.pause();
  document.body.replaceChildren(Object.assign(document.createElement("h1"), { textContent: "Done" }));
  document.body.append("Everything marked is saved in manifest.json beside the recordings. This page can be closed.");
}

const deeds = {
  "back-second": () => player.step(-Math.round(state.fps)),
  "on-second": () => player.step(Math.round(state.fps)),
  back: () => player.step(-1),
  on: () => player.step(1),
  play: () => player.toggle(),
  faster: () => setSpeed(player.faster(1, true)),
  begin,
  end,
  rest: addTheRest,
  clear: clearFrom,
  undo: () => send("undo", {}, "Undone."),
};

function setSpeed(speed) {
  setText(at("speed"), `${speed}×`);
}

const letters = {
  b: begin,
  e: end,
  r: addTheRest,
  c: clearFrom,
  u: () => deeds.undo(),
  "+": () => setSpeed(player.faster(1)),
  "-": () => setSpeed(player.faster(-1)),
};
for (const button of choices) letters[button.querySelector("kbd").textContent.toLowerCase()] = () => take(button);
const others = {
  ArrowLeft: (shift) => player.step(shift ? -Math.round(state.fps) : -1),
  ArrowRight: (shift) => player.step(shift ? Math.round(state.fps) : 1),
  ArrowUp: () => player.step(-Math.round(10 * state.fps)),
  ArrowDown: () => player.step(Math.round(10 * state.fps)),
  Home: () => player.show(0),
  End: () => player.show(state.count.frames - 1),
  Escape: () => begun !== null && (forget(), setText(at("said"), "The beginning is forgotten.")),
  Delete: () => remove(chosen),
  PageUp: () => at("before")?.click(),
  PageDown: () => at("after")?.click(),
};

document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || !state) return;
  const target = press.target;
  if (target.matches("input[type=text]")) {
    if (press.key === "Escape" || press.key === "Enter") target.blur();
    return;
  }
  if (press.key === " " && !target.matches("button, summary, input[type=checkbox]")) {
    press.preventDefault();
    deeds.play();
    return;
  }
  const letter = at("keys").checked ? letters[press.key.toLowerCase()] : undefined;
  const deed = letter ?? others[press.key];
  if (!deed) return;
  press.preventDefault();
  deed(press.shiftKey);
});

document.addEventListener("click", (click) => {
  const button = click.target.closest("button");
  if (!button || !state) return;
  if (button.dataset.do) deeds[button.dataset.do]();
  else if (button.dataset.choice) take(button);
  else if (button.id === "done") finish();
  // After a click with the mouse the space bar plays again; who came by Tab stays where he is.
  if (click.detail) button.blur();
});

at("place").addEventListener("input", () => player.glance(Number(at("place").value)));
at("place").addEventListener("change", () => player.show(Number(at("place").value)));
addEventListener("beforeunload", (leaving) => begun !== null && leaving.preventDefault());
send("open", {}, "");
