// The time line: a lane for each label, with its marks, the mark that is begun, and where the picture is.

export class TimeLine {
  #lanes = new Map();
  #list;
  #frames = 1;

  constructor(list, choices, { onGlance, onPoint }) {
    this.#list = list;
    for (const { dataset } of choices) this.#add(dataset.choice, dataset.kind, dataset.words);
    const pointed = (press) => {
      const { left, width } = list.getBoundingClientRect();
      return Math.floor((Math.max(0, press.clientX - left) / width) * this.#frames);
    };
    list.addEventListener("pointerdown", (press) => {
      list.setPointerCapture(press.pointerId);
      onGlance(pointed(press));
    });
    list.addEventListener("pointermove", (move) => list.hasPointerCapture(move.pointerId) && onGlance(pointed(move)));
    list.addEventListener("pointerup", (release) => onPoint(pointed(release)));
  }

  show({ marks, frames, frame, begun, choice, chosen }) {
    this.#frames = Math.max(1, frames);
    this.#list.style.setProperty("--at", (frame + 0.5) / this.#frames);
    const keyed = marks.map((mark) => [mark.kind === "event" ? mark.label : mark.kind, mark]);
    // What stood in the manifest before may have labels that this page does not offer.
    for (const [key, mark] of keyed) if (!this.#lanes.has(key)) this.#add(key, mark.kind, mark.label);
    const blocks = new Map([...this.#lanes.keys()].map((key) => [key, []]));
    for (const [key, mark] of keyed) {
      const block = this.#block(mark.start_frame, mark.end_frame);
      block.toggleAttribute("data-chosen", mark === chosen);
      blocks.get(key).push(block);
    }
    if (begun !== null) {
      const block = this.#block(Math.min(begun, frame), Math.max(begun, frame));
      block.setAttribute("data-open", "");
      blocks.get(choice.dataset.choice).push(block);
    }
    for (const [key, { row, name }] of this.#lanes) {
      row.toggleAttribute("data-now", key === choice.dataset.choice);
      row.replaceChildren(name, ...blocks.get(key));
    }
  }

  #block(first, last) {
    const block = document.createElement("i");
    block.style.left = `${(100 * first) / this.#frames}%`;
    block.style.width = `${(100 * (last - first + 1)) / this.#frames}%`;
    return block;
  }

  #add(key, kind, words) {
    const row = document.createElement("li");
    row.dataset.kind = kind;
    const name = document.createElement("span");
    name.textContent = words;
    this.#lanes.set(key, { row, name });
    this.#list.append(row);
  }
}
