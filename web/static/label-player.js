// Shows one frame of a recording after the other: asked for by number, one at a time, never a stream.

import { ask } from "./connection.js";

const PATIENCE_MS = 60_000; // a far frame of a large recording without key frames takes long
const AGAIN_MS = 1500;
const DUE_MS = 5; // while the next frame is not due yet
const SLOW_MS = 250; // a picture that takes longer is said to be on its way
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];

export const SILENT =
  "The program behind this page does not answer. If it has ended, start it again and reload the page.";

export class Player {
  #base;
  #image;
  #onShow;
  #onTrouble;
  #glanced = false; // whether what is wanted is only looked at in passing
  #fps = 10;
  #frames = 0;
  #wanted = null;
  #busy = false;
  #speed = SPEEDS.indexOf(1);
  #since = null; // frame and performance.now() from which the clock of playing runs
  shown = null;

  constructor(base, image, { onShow, onTrouble }) {
    this.#base = base;
    this.#image = image;
    this.#onShow = onShow;
    this.#onTrouble = onTrouble;
  }

  /** Take note of how many frames there are so far. */
  know(fps, frames) {
    this.#fps = fps;
    this.#frames = frames;
    this.#work();
  }

  get playing() {
    return this.#since !== null;
  }

  get glancing() {
    return this.#glanced;
  }

  /** Show *frame* or one shortly before it, whichever comes at once: for who drags the time line along. */
  glance(frame) {
    this.pause();
    this.#glanced = true;
    this.#wanted = frame;
    this.#work();
  }

  /** Show *frame*, or the nearest there is. */
  show(frame) {
    this.#glanced = false;
    this.#wanted = frame;
    if (this.playing) this.#run(frame);
    this.#work();
  }

  step(frames) {
    this.pause();
    this.show((this.#wanted ?? this.shown ?? 0) + frames);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.shown === null) return;
    const from = this.#glanced ? this.shown : this.#wanted;
    this.#run(from >= this.#frames - 1 ? 0 : from);
    this.#onShow(this.shown);
    this.#work();
  }

  pause() {
    if (!this.playing) return;
    this.#since = null;
    this.#wanted = this.shown; // what is seen is what is marked
    this.#onShow(this.shown);
  }

  /** Play faster by *steps* of the list of speeds, from the fastest to the slowest where *around*; return the speed. */
  faster(steps, around = false) {
    const last = SPEEDS.length - 1;
    const next = this.#speed + steps;
    this.#speed = around && next > last ? 0 : Math.min(last, Math.max(0, next));
    if (this.playing) this.#run(this.shown);
    return SPEEDS[this.#speed];
  }

  #run(frame) {
    this.#since = { frame, at: performance.now() };
  }

  #next() {
    if (this.playing) {
      const passedS = (performance.now() - this.#since.at) / 1000;
      this.#wanted = this.#since.frame + Math.floor(passedS * this.#fps * SPEEDS[this.#speed]);
      if (this.#wanted >= this.#frames - 1) {
        this.#wanted = this.#frames - 1;
        if (this.shown === this.#wanted) this.pause();
      }
    }
    this.#wanted = Math.max(0, Math.min(this.#wanted, this.#frames - 1));
    return this.#wanted;
  }

  async #work() {
    if (this.#busy || !this.#frames || this.#wanted === null) return;
    this.#busy = true;
    let glanced = null; // for which frame another one was shown
    while (this.playing || this.#next() !== this.shown) {
      const frame = this.#next();
      if (frame === this.shown) await new Promise((resolve) => setTimeout(resolve, DUE_MS));
      else if (this.#glanced && glanced === frame) break;
      else if (await this.#fetch(frame, this.#glanced)) glanced = frame;
    }
    this.#busy = false;
  }

  /** Fetch *frame*, or in passing one shortly before it; return whether there was one. */
  async #fetch(frame, passing) {
    const slow = setTimeout(() => this.#image.parentElement.setAttribute("aria-busy", "true"), SLOW_MS);
    try {
      const response = await ask(`${this.#base}${frame}.jpg${passing ? "?quick" : ""}`, PATIENCE_MS);
      if (!response.ok) return await this.#failed(await response.text());
      const before = this.#image.src;
      this.#image.src = URL.createObjectURL(await response.blob());
      await this.#image.decode();
      if (before.startsWith("blob:")) URL.revokeObjectURL(before);
      this.shown = Number(response.headers.get("X-Frame-Number"));
      this.#onShow(this.shown);
      return true;
    } catch {
      return await this.#failed(SILENT);
    } finally {
      clearTimeout(slow);
      this.#image.parentElement.removeAttribute("aria-busy");
    }
  }

  async #failed(why) {
    this.#since = null;
    this.#onTrouble(why);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return false;
  }
}
