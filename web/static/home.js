// The alarm page: shows what the daemon said last, and says so when that is no longer certain.

import { Against } from "./against.js";
import { Connection } from "./connection.js";
import { Keypad } from "./keypad.js";
import { LiveView, setItems, setText, span } from "./live.js";

const ANNOUNCED_S = new Set([30, 10, 5]);

const root = document.documentElement;
const at = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll("#modes > button")];
const against = new Against(buttons);
const views = new Map(
  [...document.querySelectorAll(".view")].map((figure) => [figure.dataset.camera, new LiveView(figure)]),
);
const sprite = document.querySelector(".mark:not(.unknown) use").getAttribute("href").split("#")[0];

let shown = null; // the state the daemon confirmed last
let deadline = null; // performance.now() at which the countdown ends
let asked = null; // the mode that was asked for and is not yet confirmed
let trouble = ""; // why the last switch did not happen

const connection = new Connection({ onState: show, onTick: tick });
const keypad = at("keypad") ? new Keypad(at("keypad"), order) : null;

function show(state) {
  if (shown && shown.word !== state.word) setText(at("assertive"), `${state.word}. ${state.line}`);
  if (shown && shown.mode !== state.mode) keypad?.changed(state.mode);
  shown = state;
  deadline = state.countdown_s === null ? null : performance.now() + 1000 * state.countdown_s;
  showReadiness(state);
  showEvents(state.events);
  for (const camera of state.cameras) views.get(camera.id)?.know(camera.fault, state.stale_s);
  const mails = at("mail-count");
  if (mails) setText(mails, state.newest_mail ? ` (${state.newest_mail})` : "");
  tick();
}

function tick() {
  for (const view of views.values()) view.tick();
  against.tick();
  if (!shown) {
    showConnection(false);
    return;
  }
  const offline = connection.silent;
  root.dataset.state = shown.state;
  root.toggleAttribute("data-blind", shown.blind);
  root.toggleAttribute("data-offline", offline);
  root.toggleAttribute("data-checking", connection.checking);
  setText(at("word"), shown.word);
  setText(at("line"), lineNow(offline));
  showSchedule(offline);
  document.title = `${offline ? "Not connected" : shown.word} · ${document.title.split(" · ").at(-1)}`;
  setMark(shown.blind ? "blind" : shown.state);
  setText(at("readiness"), offline ? "Not known: no connection" : shown.readiness);
  at("ready").toggleAttribute("data-bad", offline || shown.faults.length > 0);
  at("ready").querySelector("summary").tabIndex = shown.faults.length > 0 ? 0 : -1;
  for (const button of buttons) {
    const mode = asked ?? shown.mode;
    button.setAttribute("aria-pressed", String(button.value === mode));
    button.toggleAttribute("data-asked", button.value === asked);
    button.disabled = offline;
    button.hidden = shown.never.includes(button.value);
  }
  at("never").hidden = !shown.never.length;
  keypad?.block(offline || asked !== null);
  showCountdown(offline);
  showConnection(offline);
}

function lineNow(offline) {
  if (offline) return "not certain: no connection";
  if (asked) return `asking the alarm: ${buttons.find((button) => button.value === asked).dataset.name} …`;
  return connection.checking ? "checking …" : shown.line;
}

function showSchedule(offline) {
  const line = offline ? "" : (shown.schedule?.line ?? "");
  setText(at("next"), line);
  at("next").hidden = !line;
  if (shown.schedule) root.dataset.schedule = shown.schedule.coming ? "2" : "1";
  else delete root.dataset.schedule;
}

function showConnection(offline) {
  let text = trouble;
  if (offline) text = `Not connected. Last known: ${shown.word}, ${span(connection.silentMs / 1000)} ago`;
  else if (!shown && connection.silent) text = "Not connected. What stands here is as old as this page.";
  setText(at("strip"), text);
  at("strip").hidden = !text;
}

function setMark(name) {
  const use = document.querySelector(".mark:not(.unknown) use");
  const href = `${sprite}#shield-${name}`;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
}

function showCountdown(offline) {
  const ring = at("ring");
  ring.hidden = deadline === null || offline;
  if (ring.hidden) {
    setText(at("polite"), "");
    return;
  }
  const leftS = Math.max(0, (deadline - performance.now()) / 1000);
  const whole = Math.ceil(leftS);
  // A full turn is a minute, as on a kitchen timer: the ring needs no memory of how long the delay was.
  ring.querySelector(".left").setAttribute("stroke-dasharray", `${Math.min(60, leftS).toFixed(1)} 60`);
  const number = ring.querySelector("b");
  if (number.textContent === String(whole)) return;
  number.textContent = String(whole);
  if (ANNOUNCED_S.has(whole)) setText(at("polite"), `${whole} seconds left`);
}

function showReadiness(state) {
  if (!state.faults.length) at("ready").open = false;
  setText(at("notes"), state.notes.join(". "));
  at("notes").hidden = !state.notes.length;
  if (at("mail-fault")) at("mail-fault").hidden = !state.mail_fault;
  setItems(
    at("faults"),
    state.faults.map((fault) => fault.text),
  );
}

let listed = "";

function showEvents(events) {
  const key = JSON.stringify(events);
  if (key === listed) return;
  listed = key;
  at("events").replaceChildren(...events.map(card));
  at("no-events").hidden = events.length > 0;
}

function card(event) {
  const item = at("event-card").content.cloneNode(true);
  item.querySelector("a").href = `/events/${event.id}`;
  item.querySelector("img").src = `/events/${event.id}/annotated.jpg`;
  const time = item.querySelector("time");
  time.dateTime = event.iso;
  time.title = event.full_time;
  time.textContent = event.time;
  item.querySelector(".place").textContent = event.place;
  const mailed = item.querySelector(".mailed");
  mailed.dataset.mailed = event.mailed;
  mailed.querySelector("use").setAttribute("href", `${sprite}#${event.mailed}`);
  mailed.querySelector("span").textContent = event.mailed_words;
  return item;
}

at("modes").addEventListener("submit", async (submit) => {
  submit.preventDefault();
  const button = submit.submitter;
  const mode = button?.value;
  if (!mode || asked || !shown || connection.silent || against.isHasty(mode)) return;
  const anyway = against.isAnswered(mode) ? against.shown : undefined;
  const code = anyway ? against.code : undefined;
  against.clear();
  trouble = "";
  if (shown.code_for.includes(mode) && !code) {
    askCode(button);
    return;
  }
  const refusal = await order(mode, code, anyway);
  if (refusal?.needsCode) askCode(button);
  else if (!refusal?.problems) trouble = refusal?.problem ?? "";
  tick();
});

/** Returns null once the alarm was switched, or else why it was not. */
async function order(mode, code, anyway) {
  asked = mode;
  tick();
  const refusal = await connection.switchTo(mode, code, anyway);
  asked = null;
  if (refusal?.problems) against.show(mode, refusal, code);
  tick();
  return refusal;
}

function askCode(button) {
  // A page from before codes were asked has no sheet.
  if (keypad) keypad.open(button.value, button.dataset.order);
  else location.assign(`/code?mode=${button.value}`);
}

for (const view of views.values()) view.start();
connection.start();
