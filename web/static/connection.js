// Asks the daemon for the state once a second, and knows how long it has been silent.

const EVERY_MS = 1000;
const AGAIN_MS = 500; // after a failure, so that the page is back soon after the network is
const PATIENCE_MS = 2000;
const SILENT_MS = 2500;
const SWITCH_PATIENCE_MS = 6000;

export class Connection {
  #heard = performance.now();
  #checking = false;
  #wakeUp = () => {};
  #order = 0; // counts switches: an answer to a question asked before a switch is no longer true
  #onState;
  #onTick;

  constructor({ onState, onTick }) {
    this.#onState = onState;
    this.#onTick = onTick;
  }

  start() {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.#heard = performance.now(); // silence while nobody asked is no silence
      this.#checking = true;
      this.#onTick();
      this.#wakeUp();
    });
    window.addEventListener("online", () => this.#wakeUp());
    setInterval(() => document.hidden || this.#onTick(), 250);
    this.#poll();
  }

  get silentMs() {
    return performance.now() - this.#heard;
  }

  /** Whether the page was out of sight and has heard nothing since. */
  get checking() {
    return this.#checking;
  }

  get silent() {
    return this.silentMs > SILENT_MS;
  }

  /**
   * Return null once the mode is *mode*, or why it is not: `{ problem }`, with `problems` where one may go on *anyway*,
   * with `needsCode` where a code would help, with `wait_s` where none is taken for so long.
   */
  async switchTo(mode, code, anyway) {
    this.#order += 1;
    try {
      const response = await ask("/api/mode", SWITCH_PATIENCE_MS, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ mode, code, anyway }),
      });
      const answer = await response.json();
      if (!response.ok) return { ...answer, needsCode: response.status === 401 };
      this.#order += 1;
      this.#hear(answer);
      return null;
    } catch {
      return { problem: "The alarm did not answer: it is not certain whether it was switched." };
    } finally {
      this.#order += 1;
      this.#wakeUp();
    }
  }

  async #poll() {
    for (;;) {
      const wait = document.hidden ? undefined : await this.#once();
      await new Promise((resolve) => {
        this.#wakeUp = resolve;
        if (wait !== undefined) setTimeout(resolve, wait);
      });
    }
  }

  async #once() {
    const order = this.#order;
    try {
      const response = await ask("/api/state", PATIENCE_MS);
      if (!response.ok) return AGAIN_MS;
      const state = await response.json();
      if (order === this.#order) this.#hear(state);
      return EVERY_MS;
    } catch {
      return AGAIN_MS;
    }
  }

  #hear(state) {
    this.#heard = performance.now();
    this.#checking = false;
    this.#onState(state);
  }
}

export function ask(url, patienceMs, options = {}) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), patienceMs);
  return fetch(url, { cache: "no-store", signal: limit.signal, ...options }).finally(() => clearTimeout(timer));
}
