// One live picture: polled frames, never a stream, so that no viewer holds a thread of the daemon.

import { ask } from "./connection.js";

const EVERY_MS = 200;
const AGAIN_MS = 1000;
const PATIENCE_MS = 4000;
const RESTARTED_MS = 3000; // a daemon that started again counts its frames from 1

export class LiveView {
  #figure;
  #image;
  #number = 0;
  #taken = null; // performance.now() of the moment the picture was taken
  #fault = null;
  #staleS = 5;

  constructor(figure) {
    this.#figure = figure;
    this.#image = figure.querySelector("img");
  }

  start() {
    document.addEventListener("visibilitychange", () => this.tick());
    this.#poll();
  }

  /** Take note of what the daemon says about this camera. */
  know(fault, staleS) {
    this.#fault = fault;
    this.#staleS = staleS;
    this.tick();
  }

  /** Show how old the picture is; called several times a second. */
  tick() {
    const ageS = this.#taken === null ? null : (performance.now() - this.#taken) / 1000;
    const veil = this.#veil(ageS);
    const veilBox = this.#figure.querySelector(".veil");
    this.#figure.toggleAttribute("data-stale", Boolean(veil));
    veilBox.hidden = !veil;
    setText(veilBox.querySelector("span"), veil);
    setText(this.#figure.querySelector(".age"), veil || ageS === null ? "" : `${ageS.toFixed(1)} s`);
  }

  #veil(ageS) {
    if (ageS === null) return this.#fault ?? "No picture yet";
    if (ageS <= this.#staleS) return "";
    const old = `Picture is ${span(ageS)} old`;
    return this.#fault ? `${old}. ${this.#fault}` : old;
  }

  async #poll() {
    for (;;) {
      const wait = document.hidden ? AGAIN_MS : await this.#once();
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #once() {
    const asked = performance.now();
    const after = this.#taken !== null && asked - this.#taken > RESTARTED_MS ? 0 : this.#number;
    try {
      const response = await ask(`/frame/${this.#figure.dataset.camera}.jpg?after=${after}`, PATIENCE_MS);
      if (response.status === 304) return EVERY_MS;
      if (!response.ok) return AGAIN_MS;
      await this.#show(await response.blob());
      this.#number = Number(response.headers.get("X-Frame-Number"));
      // Counted from the question, so that a slow line never makes a picture look younger than it is.
      this.#taken = asked - 1000 * Number(response.headers.get("X-Frame-Age"));
      return EVERY_MS;
    } catch {
      return AGAIN_MS;
    }
  }

  async #show(blob) {
    const before = this.#image.src;
    this.#image.src = URL.createObjectURL(blob);
    this.#image.hidden = false;
    await this.#image.decode();
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  }
}

export function span(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows each text as an item of the list, which is left alone while it has them already. */
export function setItems(list, texts) {
  if ([...list.children].map((item) => item.textContent).join("\n") === texts.join("\n")) return;
  list.replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
}
