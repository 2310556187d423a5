// The field for a code and its keys. A finger uses the keys, so that no keyboard of the phone covers half of the page;
// whoever has a keyboard types, and paste fills the field as any other.

import { setText, span } from "./live.js";

const SECOND_TAP_MS = 300; // of a double tap on the button below

export class Pad {
  #says;
  #ok;
  #until = null; // performance.now() from which on a code is taken again
  #blocked = false;

  constructor(form) {
    this.field = form.querySelector("input[name=code]");
    this.#says = form.querySelector(".says");
    this.#ok = form.querySelector(".ok");
    const keys = form.querySelector(".keys");
    keys.dataset.digits = "";
    for (const key of keys.querySelectorAll("[hidden]")) key.hidden = false;
    keys.addEventListener("pointerdown", (press) => press.preventDefault()); // what has the focus keeps it
    keys.addEventListener("click", (click) => this.#press(click.target.closest("button")));
    setInterval(() => this.#tick(), 250);
  }

  type(digit) {
    if (this.field.value.length < this.field.maxLength) this.field.value += digit;
  }

  erase() {
    this.field.value = this.field.value.slice(0, -1);
  }

  say(text) {
    setText(this.#says, text);
  }

  /** Take no code for so many seconds; 0 for none. */
  wait(seconds) {
    this.#until = seconds ? performance.now() + 1000 * seconds : null;
    this.#tick();
  }

  /** Take no code while an answer is awaited or there is no connection. */
  block(blocked) {
    this.#blocked = blocked;
    this.#tick();
  }

  #press(key) {
    if (key?.dataset.digit) this.type(key.dataset.digit);
    else if (key && "erase" in key.dataset) this.erase();
  }

  #tick() {
    const leftS = this.#until === null ? 0 : Math.ceil((this.#until - performance.now()) / 1000);
    if (this.#until !== null && leftS <= 0) {
      this.#until = null;
      this.say("");
    }
    this.#ok.disabled = this.#blocked || leftS > 0;
    setText(this.#ok, leftS > 0 ? span(leftS) : "OK");
  }
}

/** The sheet on the alarm page that asks for the code of a mode. */
export class Keypad {
  #sheet;
  #pad;
  #send;
  #mode = null;
  #opened = 0;

  /** *send(mode, code)* returns null once the alarm was switched, or else why it was not, as `switchTo` does. */
  constructor(sheet, send) {
    this.#sheet = sheet;
    this.#send = send;
    this.#pad = new Pad(sheet.querySelector("form"));
    sheet.querySelector("form").noValidate = true; // its complaint would bring the keyboard of the phone up
    sheet.addEventListener("click", (click) => this.#isSecondTap(click) && swallow(click), { capture: true });
    sheet.addEventListener("submit", (submit) => this.#submit(submit));
    sheet.addEventListener("keydown", (key) => this.#typed(key));
    sheet.addEventListener("close", () => this.#forget());
    sheet.addEventListener("click", (click) => isOutside(sheet, click) && sheet.close());
    sheet.querySelector(".close").addEventListener("click", () => sheet.close());
    document.addEventListener("visibilitychange", () => document.hidden && this.#forget());
  }

  open(mode, name) {
    this.#mode = mode;
    this.#opened = performance.now();
    setText(this.#sheet.querySelector("h2"), name);
    this.#sheet.showModal();
    this.#focus();
  }

  /** The alarm has another mode now: perhaps somebody else was faster. */
  changed(mode) {
    if (mode === this.#mode) this.#sheet.close();
  }

  block(blocked) {
    this.#pad.block(blocked);
  }

  async #submit(submit) {
    submit.preventDefault();
    const code = this.#pad.field.value;
    if (!code) return;
    this.#pad.say("");
    const refusal = await this.#send(this.#mode, code);
    this.#pad.field.value = "";
    if (refusal && !refusal.problems) this.#refuse(refusal);
    else this.#sheet.close();
  }

  #isSecondTap(click) {
    return click.detail > 0 && performance.now() - this.#opened < SECOND_TAP_MS; // 0: pressed by a keyboard
  }

  #refuse({ problem, wait_s }) {
    this.#pad.wait(wait_s ?? 0);
    this.#pad.say(problem);
    if (!this.#sheet.contains(document.activeElement)) this.#focus();
  }

  #focus() {
    if (matchMedia("(pointer: fine)").matches) this.#pad.field.focus();
    else this.#sheet.focus();
  }

  /** A digit counts wherever the focus is. */
  #typed(key) {
    if (key.target === this.#pad.field || key.ctrlKey || key.metaKey || key.altKey) return;
    if (/^[0-9]$/.test(key.key)) this.#pad.type(key.key);
    else if (key.key === "Backspace") this.#pad.erase();
    else if (key.key === "Enter" && key.target === this.#sheet) this.#sheet.querySelector("form").requestSubmit();
  }

  #forget() {
    this.#pad.field.value = "";
    this.#pad.say("");
  }
}

function swallow(click) {
  click.preventDefault();
  click.stopPropagation();
}

/** Whether a click on the sheet itself was beside it, on what it covers. */
function isOutside(sheet, click) {
  const { left, right, top, bottom } = sheet.getBoundingClientRect();
  const beside = click.clientX < left || click.clientX > right || click.clientY < top || click.clientY > bottom;
  return click.target === sheet && beside;
}
