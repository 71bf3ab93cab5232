/* The network on the page: an image for each hidden neuron, what the outputs say, and the lines of the
   neuron that is chosen. */

const PLANE = 32; // points along a side of a neuron's small plane
const LARGE_PLANE = 96; // and of the boundary
const GUTTER = 23; // pixels below an image, where its lines run
const SPACING = 1.3; // pixels from one line to the next

class NetworkView {
  // The page hears of a chosen neuron and of a chosen output.
  constructor(element_, { onNeuron, onOutput, onPoint }) {
    this.root = element_;
    this.onNeuron = onNeuron;
    this.onOutput = onOutput;
    this.onPoint = onPoint;
  }

  // Make the elements for a network; `draw` fills them in.
  build(network, examples) {
    this.examples = examples;
    this.hidden = [network.hnodes].flat();
    this.columns = columnsFor(this.hidden[0], examples.isPlane ? 0.5 : 1.2);
    this.lines = element("svg", { class: "lines", "aria-hidden": "true" });
    this.neurons = Array.from({ length: this.hidden[0] }, (_, j) => this.neuron(j));
    this.images = element(
      "div",
      { class: "images", role: "group", "aria-label": "Hidden neurons; the arrow keys choose one" },
      this.neurons.map(({ root }) => root),
    );
    this.images.style.setProperty("--columns", this.columns);
    this.images.style.setProperty("--rows", Math.ceil(this.hidden[0] / this.columns));
    rove(
      this.images,
      () => this.neurons.map(({ root }) => root),
      () => this.columns,
      (j) => this.onNeuron(j),
    );
    this.later = this.hidden.slice(1).map((width, n) => this.laterLayer(width, n + 1));
    this.outputs = Array.from({ length: network.onodes }, (_, k) => this.output(k));
    const answers = element(
      "div",
      { class: "outputs" },
      this.outputs.map(({ root }) => root),
    );
    this.plane = examples.isPlane ? this.largePlane() : null;
    this.root.replaceChildren(
      this.lines,
      this.images,
      ...this.later.map(({ root }) => root),
      element("div", { class: "answers" }, answers, this.plane?.root),
    );
    this.root.classList.toggle("is-plane", examples.isPlane);
    this.paths = Array.from({ length: this.nextWidth() }, () => element("path", { class: "line" }));
    this.lines.append(...this.paths);
  }

  nextWidth() {
    return this.hidden[1] ?? this.outputs.length;
  }

  neuron(j) {
    const [rows, columns] = this.pixels();
    const canvas = element("canvas", { width: columns, height: rows });
    const bar = element("i");
    const error = element("small", { class: "error" });
    const root = element(
      "button",
      {
        class: "neuron",
        type: "button",
        tabindex: j === 0 ? 0 : -1,
        click: () => this.onNeuron(j),
      },
      canvas,
      element("span", { class: "bar" }, bar),
      error,
    );
    return {
      root,
      bar,
      error,
      context: canvas.getContext("2d"),
      pixels: new ImageData(columns, rows),
    };
  }

  // How many pixels an image of weights has: rows and columns.
  pixels() {
    const { isPlane, shape, inputs } = this.examples;
    if (isPlane) return [PLANE, PLANE];
    if (shape !== null) return shape;
    const side = Math.ceil(Math.sqrt(inputs[0].length));
    return [Math.ceil(inputs[0].length / side), side];
  }

  laterLayer(width, n) {
    const dots = Array.from({ length: width }, () => element("i", { class: "dot" }));
    const label = `hidden layer ${n + 1}`;
    return {
      root: element("div", { class: "later", role: "img", "aria-label": label }, dots),
      dots,
    };
  }

  output(k) {
    const fill = element("i");
    const target = element("u");
    const error = element("small", { class: "error" });
    const value = element("span", { class: "value" });
    const root = element(
      "button",
      { class: "output", type: "button", click: () => this.onOutput(k) },
      element("b", {}, String(k)),
      element("span", { class: "bar" }, fill, target),
      value,
      error,
    );
    return { root, fill, target, error, value };
  }

  largePlane() {
    const canvas = element("canvas", {
      id: "plane",
      class: "plane",
      width: LARGE_PLANE,
      height: LARGE_PLANE,
      role: "img",
      "aria-label": "The plane: where the output is above one half, and the points",
      click: (event) => this.onPoint(this.placeOf(event)),
    });
    const points = element("svg", {
      class: "points",
      viewBox: "0 0 100 100",
      "aria-hidden": "true",
    });
    const root = element("div", { class: "plane-box" }, canvas, points);
    return {
      root,
      canvas,
      points,
      context: canvas.getContext("2d"),
      pixels: new ImageData(LARGE_PLANE, LARGE_PLANE),
    };
  }

  placeOf(event) {
    const box = this.plane.canvas.getBoundingClientRect();
    const { low, high } = this.range();
    const along = (share) => low + (high - low) * Math.min(1, Math.max(0, share));
    return [
      along((event.clientX - box.left) / box.width),
      along(1 - (event.clientY - box.top) / box.height),
    ];
  }

  // The square that the plane shows.
  range() {
    const largest = largestIn(this.examples.inputs.flatMap((row) => [...row]));
    const lowest = Math.min(...this.examples.inputs.map((row) => Math.min(...row)));
    return lowest >= 0
      ? { low: -0.25, high: 1.25 }
      : { low: -largest * 1.15, high: largest * 1.15 };
  }

  // Everything as it is now. A lesson's numbers take the place of the network's where it is shown.
  draw({ network, shown, chosen, lesson, phase, palette }) {
    const weights = lesson && phase < 6 ? lesson.layers[0].weights : network.weights[0];
    const outputs = network.query(shown.inputs);
    const layers = network._engine.network.map((layer) => layer.outputs.slice());
    if (this.examples.isPlane) this.drawPlanes(network, palette);
    else this.drawWeights(weights, palette);
    this.drawHidden(lesson ? lesson.layers[0].outputs : layers[0], lesson, phase, chosen);
    this.later.forEach(({ dots }, n) => {
      dots.forEach((dot, j) =>
        dot.style.setProperty("--value", Math.min(1, Math.abs(layers[n + 1][j]))),
      );
    });
    this.drawOutputs(lesson ? lesson.layers.at(-1).outputs : outputs, shown, lesson, phase, chosen);
    this.drawLines(lesson ? lesson.layers[1].weights : network.weights[1], chosen);
    return outputs;
  }

  drawWeights(weights, palette) {
    let largest = 0;
    for (const row of weights) largest = Math.max(largest, largestIn(row));
    this.neurons.forEach(({ context, pixels }, j) => {
      for (let i = 0; i < weights.length; i++)
        mix(palette, weights[i][j], largest, pixels.data, 4 * i);
      context.putImageData(pixels, 0, 0);
    });
  }

  drawPlanes(network, palette) {
    const { low, high } = this.range();
    const half = network.output_activation === "tanh" ? 0 : 0.5;
    const at = (n, side) => low + ((n + 0.5) / side) * (high - low);
    const place = [0, 0];
    const { pixels, context } = this.plane;
    for (let row = 0, pixel = 0; row < LARGE_PLANE; row++) {
      for (let column = 0; column < LARGE_PLANE; column++, pixel += 4) {
        place[0] = at(column, LARGE_PLANE);
        place[1] = -at(row, LARGE_PLANE) + low + high;
        const [output] = network.query(place);
        mix(palette, output - half, 0.5, pixels.data, pixel);
        if (row % 3 === 1 && column % 3 === 1) this.drawSmallPlanes(network, palette, row, column);
      }
    }
    context.putImageData(pixels, 0, 0);
    for (const neuron of this.neurons) neuron.context.putImageData(neuron.pixels, 0, 0);
    this.drawPoints(low, high);
  }

  drawSmallPlanes(network, palette, row, column) {
    const { outputs, activation } = network._engine.network[0];
    const pixel = 4 * (((row - 1) / 3) * PLANE + (column - 1) / 3);
    const middle = activation === "sigmoid" ? 0.5 : 0;
    const most = activation === "sigmoid" ? 0.5 : 1;
    this.neurons.forEach(({ pixels }, j) =>
      mix(palette, outputs[j] - middle, most, pixels.data, pixel),
    );
  }

  drawPoints(low, high) {
    const { points } = this.plane;
    const { inputs, labels } = this.examples;
    if (points.childElementCount === inputs.length && this.drawnPoints === this.examples) return;
    this.drawnPoints = this.examples;
    const at = (value) => (100 * (value - low)) / (high - low);
    points.replaceChildren(
      ...inputs.map(([x, y], n) =>
        labels[n] === 1
          ? element("circle", { class: "one", cx: at(x), cy: 100 - at(y), r: 1.5 })
          : element("rect", {
              class: "none",
              x: at(x) - 1.3,
              y: 98.7 - at(y),
              width: 2.6,
              height: 2.6,
            }),
      ),
    );
  }

  drawHidden(outputs, lesson, phase, chosen) {
    const errors = lesson && phase >= 3 ? lesson.layers[0].errors : null;
    this.neurons.forEach(({ root, bar, error }, j) => {
      bar.style.transform = `scaleX(${phase === 0 ? 0 : Math.min(1, Math.abs(outputs[j]))})`;
      bar.className = outputs[j] < 0 ? "below" : "";
      root.classList.toggle("chosen", j === chosen.neuron);
      root.setAttribute("aria-pressed", j === chosen.neuron);
      sign(error, errors === null ? null : errors[j]);
    });
  }

  drawOutputs(outputs, shown, lesson, phase, chosen) {
    const best = strongest(outputs);
    this.outputs.forEach(({ root, fill, target, error, value }, k) => {
      fill.style.transform = `scaleX(${Math.min(1, Math.max(0, outputs[k]))})`;
      root.classList.toggle("best", outputs.length > 1 && k === best);
      root.classList.toggle("chosen", k === chosen.output);
      value.textContent = outputs[k].toFixed(2).replace("-", MINUS);
      value.title = exact(outputs[k]);
      const wanted = shown.targets?.[k];
      target.hidden = wanted === undefined || phase < 2;
      if (wanted !== undefined) target.style.left = `${100 * Math.min(1, Math.max(0, wanted))}%`;
      sign(error, wanted === undefined || phase < 2 ? null : wanted - outputs[k]);
    });
  }

  // From below the chosen image along the gutter to the right, and on to what comes next.
  drawLines(weights, chosen) {
    const box = this.root.getBoundingClientRect();
    const from = this.neurons[chosen.neuron].root.getBoundingClientRect();
    const images = this.images.getBoundingClientRect();
    const ends = (this.later[0]?.dots ?? this.outputs.map(({ root }) => root)).map((end) =>
      end.getBoundingClientRect(),
    );
    const y = from.bottom - box.top + GUTTER;
    const x = from.left - box.left + from.width / 2;
    const right = images.right - box.left + 4;
    const row = weights[chosen.neuron];
    const largest = largestIn(row);
    this.paths.forEach((path, k) => {
      const end = ends[k];
      const [ex, ey] = [end.left - box.left, end.top - box.top + end.height / 2];
      const lane = y + (k - (ends.length - 1) / 2) * Math.min(SPACING, 11 / ends.length);
      const bend = (ex - right) * 0.6;
      path.setAttribute(
        "d",
        `M${x} ${y - GUTTER + 14}V${lane - 3}Q${x} ${lane} ${x + 3} ${lane}H${right}` +
          `C${right + bend} ${lane} ${ex - bend} ${ey} ${ex} ${ey}`,
      );
      path.setAttribute(
        "class",
        `line ${row[k] < 0 ? "minus" : "plus"}${k === chosen.output ? " chosen" : ""}`,
      );
      path.style.strokeWidth = 0.5 + 2.5 * Math.min(1, Math.abs(row[k]) / largest);
    });
  }

  // What one sees of the numbers, in words for whoever does not see it.
  label(outputs) {
    const hidden = this.neurons;
    hidden.forEach(({ root, bar }, j) => {
      root.setAttribute(
        "aria-label",
        `hidden neuron ${j}, output ${bar.style.transform.slice(7, 11)}`,
      );
    });
    this.outputs.forEach(({ root }, k) => {
      root.setAttribute("aria-label", `output ${k}: ${short(outputs[k])}`);
    });
  }
}

// So many columns that few places stay empty, and that the whole has about this shape.
function columnsFor(count, shape) {
  let [best, least] = [1, Infinity];
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cost =
      Math.abs(Math.log(columns / rows / shape)) + (2 * (rows * columns - count)) / count;
    if (cost < least) [best, least] = [columns, cost];
  }
  return best;
}

// An error as an arrow and its size: up where the neuron should say more.
function sign(place, error) {
  place.hidden = error === null;
  if (error === null) return;
  place.className = `error ${error > 0 ? "plus" : error < 0 ? "minus" : ""}`;
  place.textContent = `${error > 0 ? "▲" : error < 0 ? "▼" : ""} ${Math.abs(error).toFixed(2)}`;
}
