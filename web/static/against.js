// What stands against arming: the list above the switch, and the button that was tapped becomes "Arm anyway".
// Nothing moves: the list lies over the page, and the second tap falls where the first one did.

const SETTLES_MS = 700; // a double tap has read nothing
const FORGOTTEN_MS = 60000;

export class Against {
  #sheet = document.getElementById("against");
  #buttons;
  #mode = null;
  #shownAt = 0;
  #code = null;
  #shown = [];

  constructor(buttons) {
    this.#buttons = buttons;
    this.#sheet.querySelector("button").addEventListener("click", () => this.clear());
    document.addEventListener("keydown", (key) => key.key === "Escape" && this.clear());
  }

  /** Whether a tap on *mode* is the second one, which has seen the list. */
  isAnswered(mode) {
    return mode === this.#mode && performance.now() - this.#shownAt >= SETTLES_MS;
  }

  /** Whether a tap on *mode* comes too soon to have seen the list. */
  isHasty(mode) {
    return mode === this.#mode && !this.isAnswered(mode);
  }

  /** The code that the first tap was asked with, for the second one. */
  get code() {
    return this.#code;
  }

  /** Keys of what has been shown, which is what one goes on in spite of. */
  get shown() {
    return this.#shown;
  }

  show(mode, { title, problems }, code) {
    this.clear();
    this.#mode = mode;
    this.#code = code;
    this.#shownAt = performance.now();
    const graver = problems.filter((problem) => problem.graver).length;
    this.#sheet.querySelector("h2").textContent = `${title}: ${graver === 1 ? "a problem" : `${graver} problems`}`;
    this.#sheet.querySelector("ul").replaceChildren(...problems.map((problem) => this.#item(problem)));
    this.#shown = problems.map((problem) => problem.key);
    this.#name(mode, "Arm anyway");
    this.#sheet.hidden = false;
    this.#sheet.querySelector("ul").scrollTop = 0;
  }

  clear() {
    if (this.#mode !== null) this.#name(this.#mode, null);
    this.#mode = this.#code = null;
    this.#sheet.hidden = true;
  }

  tick() {
    if (this.#mode !== null && performance.now() - this.#shownAt > FORGOTTEN_MS) this.clear();
  }

  #item(problem) {
    const item = document.createElement("li");
    item.toggleAttribute("data-graver", problem.graver);
    item.textContent = problem.text;
    return item;
  }

  #name(mode, words) {
    const button = this.#buttons.find((each) => each.value === mode);
    button.toggleAttribute("data-anyway", words !== null);
    button.lastChild.textContent = words ?? button.dataset.name;
  }
}
