// The time line: a lane for each label, with its marks, the mark that is begun, and where the picture is.

export class TimeLine {
  #lanes;
  #list;
  #frames = 1;

  constructor(list, choices, onPoint) {
    this.#list = list;
    this.#lanes = new Map(choices.map((button) => [button.dataset.choice, lane(button)]));
    list.replaceChildren(...[...this.#lanes.values()].map(({ row }) => row));
    const point = (press) => {
      const { left, width } = list.getBoundingClientRect();
      onPoint(Math.floor((Math.max(0, press.clientX - left) / width) * this.#frames));
    };
    list.addEventListener("pointerdown", point);
    list.addEventListener("pointermove", (move) => move.buttons & 1 && point(move));
  }

  show({ marks, frames, frame, begun, choice, chosen }) {
    this.#frames = Math.max(1, frames);
    this.#list.style.setProperty("--at", (frame + 0.5) / this.#frames);
    const blocks = new Map([...this.#lanes.keys()].map((key) => [key, []]));
    for (const mark of marks) {
      const key = mark.kind === "event" ? mark.label : mark.kind;
      // What somebody else wrote into the manifest may have a label that this page does not offer.
      const block = this.#block(mark.start_frame, mark.end_frame);
      block.toggleAttribute("data-chosen", mark === chosen);
      blocks.get(blocks.has(key) ? key : this.#lanes.keys().next().value).push(block);
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
}

function lane(button) {
  const row = document.createElement("li");
  row.dataset.kind = button.dataset.kind;
  const name = document.createElement("span");
  name.textContent = button.dataset.words;
  return { row, name };
}
