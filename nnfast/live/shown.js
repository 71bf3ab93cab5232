/* What the network is shown: a pad to draw on, the numbers that it sees, and a target; or points in the
   plane. */

const MOST_CELLS = 100; // of larger pictures the numbers are an image, not buttons

class ShownView {
  // The page hears of what is drawn, of the buttons, of a chosen target and input, and of new points.
  constructor(root, hooks) {
    this.root = root;
    this.hooks = hooks;
    this.strokes = [];
    this.answer = element("output", { id: "answer", class: "answer" });
    this.warning = element("p", { class: "warning", role: "status" });
    this.caption = element("p", { class: "soft source" });
  }

  // Make the elements for a network and its examples; levels are those of ink, or null.
  build({ network, examples }, levels) {
    this.examples = examples;
    this.levels = levels ?? [0.01, 1];
    this.strokes = [];
    this.cells = [];
    this.seen = null;
    this.pad = null;
    this.drawing = null; // the pointer that draws
    if (examples.isPlane) this.buildPoints();
    else this.buildPictures(network);
  }

  buildPoints() {
    const number = (label) =>
      element("input", { type: "number", step: "any", value: 0.5, "aria-label": label });
    const [x, y] = [number("x"), number("y")];
    this.pointClass = element(
      "select",
      { "aria-label": "The class of new points" },
      element("option", { value: 1 }, "1, blue"),
      element("option", { value: 0 }, "0, orange"),
    );
    const add = () => this.hooks.onPoint([Number(x.value), Number(y.value)]);
    this.root.replaceChildren(
      element("h2", {}, "The points"),
      element("p", {}, "Click into the plane to add a point, or type it."),
      element("div", { class: "point" }, x, y, this.pointClass, button("add-point", "Add", add)),
      this.caption,
      this.answer,
      this.warning,
    );
  }

  buildPictures({ inodes, onodes }) {
    const { shape, name } = this.examples;
    this.size = shape ?? [1, inodes];
    this.pad = element("canvas", {
      id: "pad",
      class: "pad",
      width: 392,
      height: 392,
      role: "img",
      "aria-label":
        "Draw a digit with a pen, a finger or a mouse. With the keyboard, set the cells below.",
    });
    this.listen();
    this.target = element(
      "select",
      { id: "target", change: () => this.hooks.onTarget(Number(this.target.value)) },
      element("option", { value: "", hidden: true }, "–"),
      Array.from({ length: onodes }, (_, k) => element("option", {}, String(k))),
    );
    this.learn = button("learn", "Learn", () => this.hooks.onLearn());
    this.root.replaceChildren(
      element("h2", {}, name === "digits" ? "Draw a digit" : "What it is shown"),
      this.pad,
      this.answer,
      element(
        "div",
        { class: "row" },
        button("clear", "Clear", () => this.clear()),
        button("test", "Test", () => this.hooks.onTest()),
        button("next", "Training", () => this.hooks.onTraining()),
      ),
      this.caption,
      element(
        "div",
        { class: "seen-row" },
        this.buildCells(),
        element(
          "div",
          { class: "teach" },
          element("label", {}, "target ", this.target),
          this.learn,
        ),
      ),
      this.warning,
    );
  }

  buildCells() {
    const [rows, columns] = this.size;
    if (rows * columns > MOST_CELLS) {
      this.seen = element("canvas", {
        class: "seen",
        width: columns,
        height: rows,
        "aria-hidden": "true",
      });
      return this.seen;
    }
    this.cells = Array.from({ length: rows * columns }, (_, i) =>
      element("button", {
        type: "button",
        class: "cell",
        tabindex: i === 0 ? 0 : -1,
        click: () => this.turnCell(i),
        keydown: (event) => this.cellKey(event, i),
        focus: () => this.hooks.onInput(i),
      }),
    );
    const keys = "the arrow keys move, Enter and the digits 0 to 9 set ink";
    const grid = element(
      "div",
      {
        class: "cells",
        role: "group",
        "aria-label": `What it sees, ${rows} by ${columns}: ${keys}`,
      },
      this.cells,
    );
    grid.style.setProperty("--columns", columns);
    rove(
      grid,
      () => this.cells,
      () => columns,
    );
    return element(
      "div",
      {},
      element("p", { class: "soft" }, `what it sees, ${rows}×${columns}`),
      grid,
    );
  }

  // Drawing.

  listen() {
    const { pad } = this;
    const place = (event) => {
      const box = pad.getBoundingClientRect();
      return {
        x: (event.clientX - box.left) / box.width,
        y: (event.clientY - box.top) / box.height,
      };
    };
    pad.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      if (this.drawing !== null) return; // another finger
      pad.setPointerCapture(event.pointerId);
      this.drawing = event.pointerId;
      this.strokes.push([place(event)]);
      this.read();
    });
    pad.addEventListener("pointermove", (event) => {
      if (this.drawing !== event.pointerId || this.strokes.length === 0) return;
      for (const point of event.getCoalescedEvents?.() ?? [event]) {
        this.strokes.at(-1).push(place(point));
      }
      this.read();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      pad.addEventListener(end, (event) => {
        if (this.drawing === event.pointerId) this.drawing = null;
      });
    }
  }

  // The strokes as the network sees them.
  read() {
    const { shape, name } = this.examples;
    if (shape === null) return;
    const inputs =
      name === "digits"
        ? countsOf(this.strokes).map((count) => this.levels[count])
        : greysOf(this.strokes, ...shape).map((grey) => grey * 0.99 + 0.01);
    this.hooks.onDrawn(Float64Array.from(inputs));
  }

  clear() {
    this.strokes = [];
    this.hooks.onClear();
  }

  // Something else is shown: the next stroke begins a new drawing.
  forgetStrokes() {
    this.strokes = [];
  }

  turnCell(i) {
    this.setCell(i, this.inputs[i] > 0.5 ? this.levels[0] : this.levels.at(-1));
  }

  cellKey(event, i) {
    if (!/^[0-9]$/.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const level = Math.round((Number(event.key) / 9) * (this.levels.length - 1));
    this.setCell(i, this.levels[level]);
  }

  setCell(i, value) {
    const inputs = Float64Array.from(this.inputs);
    inputs[i] = value;
    this.strokes = [];
    this.hooks.onDrawn(inputs, this.targets); // as before, so that one can ask about it
  }

  // Showing.

  draw({ shown, caption, chosen, outputs, isAfter, complaint, palette, isPlaying }) {
    this.inputs = shown.inputs;
    this.targets = shown.targets;
    write(this.caption, caption);
    const best = strongest(outputs);
    const says = outputs.length === 1;
    // Beside the answer are the outputs from before the update.
    const verb = isAfter ? "now" : says ? "says" : "reads";
    write(
      this.answer,
      `${verb} ${says ? short(outputs[0]) : `a ${best}, at ${brief(outputs[best])}`}`,
    );
    write(this.warning, complaint);
    if (this.pad === null) return;
    this.target.value = shown.targets === undefined ? "" : strongest(shown.targets);
    this.learn.disabled = shown.targets === undefined;
    this.drawCells(palette, chosen, isPlaying);
    this.drawPad(palette);
  }

  drawCells(palette, chosen, isPlaying) {
    this.seen?.getContext("2d").putImageData(this.image(palette, 1), 0, 0);
    const pixel = [0, 0, 0, 0];
    this.cells.forEach((cell, i) => {
      blend(palette.ground, palette.ink, limited(this.inputs[i]), pixel, 0);
      cell.style.background = `rgb(${pixel.slice(0, 3).map(Math.round).join(" ")})`;
      cell.classList.toggle("chosen", chosen.layer === 0 && chosen.i === i);
      if (isPlaying) return;
      cell.setAttribute("aria-label", `input ${i}: ${short(this.inputs[i])}`);
      cell.title = exact(this.inputs[i]);
    });
  }

  drawPad(palette) {
    const context = this.pad.getContext("2d");
    const { width, height } = this.pad;
    context.fillStyle = `rgb(${palette.ground})`;
    context.fillRect(0, 0, width, height);
    if (this.strokes.length === 0) {
      this.drawLarge(context, palette);
      return;
    }
    context.strokeStyle = `rgb(${palette.ink})`;
    context.lineWidth = 30;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(stroke[0].x * width, stroke[0].y * height);
      for (const { x, y } of stroke) context.lineTo(x * width, y * height);
      context.stroke();
    }
  }

  // What was not drawn here, as large as the pad.
  drawLarge(context, palette) {
    context.imageSmoothingEnabled = false;
    context.drawImage(this.pictured(palette, 0.8), 0, 0, this.pad.width, this.pad.height);
  }

  pictured(palette, strength) {
    const image = this.image(palette, strength);
    this.scratch ??= document.createElement("canvas");
    Object.assign(this.scratch, { width: image.width, height: image.height });
    this.scratch.getContext("2d").putImageData(image, 0, 0);
    return this.scratch;
  }

  // Where the inputs come from, for what is seen to flow from there; without a picture, the plane.
  origin(palette) {
    if (this.pad === null)
      return { rect: document.getElementById("plane").getBoundingClientRect() };
    const seen = this.seen ?? this.cells[0].parentElement;
    return { rect: seen.getBoundingClientRect(), picture: this.pictured(palette, 1) };
  }

  image(palette, strength) {
    const [rows, columns] = this.size;
    const image = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const share = limited(this.inputs[i]) * strength;
      blend(palette.ground, palette.ink, share, image.data, 4 * i);
    }
    return image;
  }
}
