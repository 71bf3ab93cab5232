/* The network on the page: an image for each hidden neuron, what the outputs say, and the lines of the
   neuron that is chosen. The six phases of an update are drawn on it. */

const SPACING = 1.3; // pixels from one line to the next
const MOST_NUMBERED = 64; // images; more are small, and have no numbers below them
const [ASK, ERRORS, BACK, , , MOVED] = [1, 2, 3, 4, 5, 6]; // of the phases

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
    const columns = columnsFor(this.hidden[0], examples.isPlane ? 0.5 : 1.2);
    this.lines = element("svg", { class: "lines", "aria-hidden": "true" });
    this.neurons = Array.from({ length: this.hidden[0] }, (_, j) => this.neuron(j));
    this.images = element(
      "div",
      { class: "images", role: "group", "aria-label": "Hidden neurons; the arrow keys choose one" },
      this.neurons.map(({ root }) => root),
    );
    this.images.classList.toggle("many", this.hidden[0] > MOST_NUMBERED);
    this.images.style.setProperty("--columns", columns);
    this.images.style.setProperty("--rows", Math.ceil(this.hidden[0] / columns));
    rove(
      this.images,
      () => this.neurons.map(({ root }) => root),
      () => getComputedStyle(this.images).gridTemplateColumns.split(" ").length,
      (j) => this.onNeuron(j),
    );
    this.later = this.hidden.slice(1).map((width, n) => this.laterLayer(width, n + 1));
    this.outputs = Array.from({ length: network.onodes }, (_, k) => this.output(k));
    const answers = element(
      "div",
      { class: "outputs" },
      this.outputs.map(({ root }) => root),
    );
    this.plane = examples.isPlane ? new PlaneView(examples, this.onPoint) : null;
    this.root.replaceChildren(
      this.lines,
      this.images,
      ...this.later.map(({ root }) => root),
      element("div", { class: "answers" }, answers, this.plane?.root),
    );
    this.root.classList.toggle("is-plane", examples.isPlane);
    // The elements of each layer's neurons, from which and to which everything flows.
    this.canvases = this.neurons.map(({ canvas }) => canvas);
    this.mark = element("i", { class: "mark" });
    this.layers = [
      this.canvases,
      ...this.later.map(({ dots }) => dots),
      this.outputs.map(({ root }) => root),
    ];
    this.paths = this.layers[1].map(() => element("path", { class: "line" }));
    this.lines.append(...this.paths);
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
      canvas,
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

  // Everything as it is now. A lesson's numbers take the place of the network's where it is shown; reach
  // is the number of layers that a phase has got to.
  draw(seen) {
    const { network, shown, chosen, lesson, phase, reach, isPlaying, inPlace } = seen;
    this.seen = seen;
    const now = network._engine.network;
    this.drawImages();
    network._forward(shown.inputs);
    const layers = lesson?.layers ?? now;
    this.drawOutputs(layers.at(-1).outputs, shown, phase, chosen);
    this.drawBars(layers, phase === ASK ? reach : layers.length);
    this.neurons.forEach(({ root }, j) => {
      root.classList.toggle("chosen", j === chosen.neuron);
      root.setAttribute("aria-pressed", j === chosen.neuron);
    });
    this.placeMark(chosen);
    if (lesson) this.drawSigned(lesson, phase, reach);
    else for (const { error } of this.neurons) sign(error, null);
    this.plane?.mark(isPlaying ? null : shown.inputs);
    const flows = lesson && (phase === ASK || phase === BACK);
    const weights = lesson?.layers[1].weights ?? network.weights[1];
    if (!inPlace) this.placeLines(chosen);
    this.weighLines(
      weights[chosen.neuron].map((w, k) =>
        flows ? flowOf(lesson, phase, 1, chosen.neuron, k) : w,
      ),
    );
    const outputs = Array.from(now.at(-1).outputs);
    if (!isPlaying) this.label(layers[0].outputs, layers.at(-1).outputs);
    return outputs;
  }

  // What changes with each update, and nothing else: no text, and nothing that takes another's place.
  move() {
    const { network, shown, chosen } = this.seen;
    this.drawImages();
    network._forward(shown.inputs);
    const layers = network._engine.network;
    this.drawBars(layers, layers.length);
    this.weighLines(network.weights[1][chosen.neuron]);
  }

  drawImages() {
    const { network, lesson, phase, reach, palette } = this.seen;
    if (this.plane) this.plane.draw(network, this.neurons, palette);
    else if (lesson && phase < MOVED)
      this.drawWeights(lesson.layers[0].weights, phase === ASK && reach > 0);
    else this.drawWeights(network.weights[0], false);
  }

  // Either as they are, or what each contributes: lit where there is ink.
  drawWeights(weights, areTimesInputs) {
    const { inputs } = this.seen.shown;
    const values = areTimesInputs
      ? weights.map((row, i) => Array.from(row, (w) => inputs[i] * w))
      : weights;
    this.eachImage(values, (pixels, j) => this.neurons[j].context.putImageData(pixels, 0, 0));
  }

  // Visit each neuron's column of a matrix as a picture.
  eachImage(values, visit) {
    const { palette } = this.seen;
    let largest = 0;
    for (const row of values) largest = Math.max(largest, largestIn(row));
    this.neurons.forEach(({ pixels }, j) => {
      for (let i = 0; i < values.length; i++)
        mix(palette, values[i][j], largest, pixels.data, 4 * i);
      visit(pixels, j);
    });
  }

  // How much each neuron says, of the layers up to the reach.
  drawBars(layers, reach) {
    const share = (n, j) => (n < reach ? Math.abs(layers[n].outputs[j]) : 0);
    this.neurons.forEach(({ bar }, j) => stretch(bar, share(0, j)));
    this.later.forEach(({ dots }, n) => dots.forEach((dot, j) => shade(dot, share(n + 1, j), "")));
    const last = layers.length - 1;
    this.outputs.forEach(({ fill }, k) =>
      stretch(fill, layers[last].outputs[k] < 0 ? 0 : share(last, k)),
    );
  }

  // The numbers with a sign, as far as the phase knows them.
  drawSigned(lesson, phase, reach) {
    const places = [this.neurons, ...this.later, this.outputs];
    lesson.layers.forEach((layer, n) => {
      const name = signedName(lesson, phase, lesson.layers.length - 1 - n, reach);
      if (Array.isArray(places[n])) {
        places[n].forEach(({ error }, j) => sign(error, name && layer[name][j]));
      } else if (name && phase < MOVED) {
        const largest = largestIn(layer[name]);
        places[n].dots.forEach((dot, j) =>
          shade(dot, Math.abs(layer[name][j]) / largest, layer[name][j] < 0 ? "minus" : "plus"),
        );
      }
    });
  }

  drawOutputs(outputs, shown, phase, chosen) {
    const best = strongest(outputs);
    this.outputs.forEach(({ root, target, error, value }, k) => {
      root.classList.toggle("best", outputs.length > 1 && k === best);
      root.classList.toggle("chosen", k === chosen.output);
      write(value, brief(outputs[k]));
      value.title = exact(outputs[k]);
      const wanted = shown.targets?.[k];
      target.hidden = wanted === undefined || phase < ERRORS;
      if (wanted !== undefined) target.style.left = `${100 * limited(wanted)}%`;
      sign(error, wanted === undefined || phase < ERRORS ? null : wanted - outputs[k]);
    });
  }

  // Around the chosen weight, if it is a pixel.
  placeMark({ layer, i, neuron }) {
    if (layer > 0 || this.plane) return this.mark.remove();
    const [, columns] = this.pixels();
    const place = { of: columns, x: i % columns, y: Math.floor(i / columns) };
    for (const name in place) this.mark.style.setProperty(`--${name}`, place[name]);
    this.neurons[neuron].root.append(this.mark);
  }

  // Scroll to a neuron, where the images do.
  reveal(j) {
    const { root } = this.neurons[j];
    if (!this.inSight(root)) root.scrollIntoView({ block: "center" });
  }

  // The place of an element, or null where it is scrolled out of sight.
  inSight(one) {
    const { top, bottom } = this.root.getBoundingClientRect();
    const box = one.getBoundingClientRect();
    return box.top >= top && box.bottom <= bottom ? box : null;
  }

  // From the right of the chosen image down between two columns, along the gutter below it, and on to
  // what comes next, which on a phone may be below: under no image.
  placeLines(chosen) {
    const box = this.lines.getBoundingClientRect();
    const from = this.neurons[chosen.neuron].canvas.getBoundingClientRect();
    const images = this.images.getBoundingClientRect();
    const { columnGap, rowGap } = getComputedStyle(this.images);
    const [gap, gutter] = [parseFloat(columnGap), parseFloat(rowGap) - 8];
    const ends = this.layers[1].map((end) => end.getBoundingClientRect());
    const [left, right] = [from.right - box.left, images.right - box.left + 4];
    const start = from.top - box.top + from.height / 2;
    const isLast = images.right - from.right < gap;
    this.paths.forEach((path, k) => {
      const end = ends[k];
      const [ex, ey] = [end.left - box.left, end.top - box.top + end.height / 2];
      const aside = k - (ends.length - 1) / 2;
      const begin = start + aside * Math.min(SPACING, 11 / ends.length);
      const lane = from.bottom - box.top + gutter + 4 + begin - start;
      const x = left + gap / 2 - aside * Math.min(SPACING, (gap - 3) / ends.length);
      const down = `H${x - 2}Q${x} ${begin} ${x} ${begin + 2}V${lane - 2}Q${x} ${lane} ${x + 2} ${lane}`;
      const level = isLast ? begin : lane;
      const bend = (ex - right) * 0.6;
      const onward =
        ex > right
          ? `C${right + bend} ${level} ${ex - bend} ${ey} ${ex} ${ey}`
          : `V${images.bottom - box.top + gutter}H${ex + end.width / 2}V${end.top - box.top}`;
      path.setAttribute("d", `M${left} ${begin}${isLast ? "" : down}H${right}${onward}`);
    });
  }

  // Blue or orange, and the wider the larger.
  weighLines(values) {
    const largest = largestIn(values);
    this.paths.forEach((path, k) => {
      const chosen = k === this.seen.chosen.output ? " chosen" : "";
      const kind = `line ${values[k] < 0 ? "minus" : "plus"}${chosen}`;
      if (path.getAttribute("class") !== kind) path.setAttribute("class", kind);
      const width = String(0.4 + Math.round(20 * limited(Math.abs(values[k]) / largest)) / 10);
      if (path.style.strokeWidth !== width) path.style.strokeWidth = width;
    });
  }

  // What one sees of the numbers, in words for whoever does not see it.
  label(hidden, outputs) {
    this.neurons.forEach(({ root }, j) => {
      root.setAttribute("aria-label", `hidden neuron ${j}, output ${hidden[j].toFixed(2)}`);
    });
    this.outputs.forEach(({ root }, k) => {
      root.setAttribute("aria-label", `output ${k}: ${short(outputs[k])}`);
    });
  }
}

// What flows between neuron j and neuron k of layer n: signals forward, errors back, and in the end what
// the weight moves by.
function flowOf({ layers, hidden_error }, phase, n, j, k) {
  const { inputs, weights, weight_changes, errors, deltas } = layers[n];
  if (phase === ASK) return inputs[j] * weights[j][k];
  if (phase === BACK) return weights[j][k] * (hidden_error === "split" ? errors : deltas)[k];
  return weight_changes[j][k];
}

// Which numbers with a sign a phase knows of the layer that has so many behind it, if any.
function signedName({ hidden_error }, phase, behind, reach) {
  if (phase === ASK || (phase === ERRORS && behind > 0)) return null;
  if (phase === BACK && behind > reach) return null;
  if (phase === BACK && behind === 0) return hidden_error === "split" ? "errors" : "deltas";
  return PHASES[phase - 1] === "deltas" || PHASES[phase - 1] === "steps"
    ? PHASES[phase - 1]
    : "errors";
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

// A bar as long as this share of it, in steps that one can see.
function stretch(bar, share) {
  const length = `scaleX(${Math.round(200 * limited(share)) / 200})`;
  if (bar.style.transform !== length) bar.style.transform = length;
}

function shade(dot, share, kind) {
  const value = String(Math.round(100 * limited(share)) / 100);
  if (dot.style.getPropertyValue("--value") !== value) dot.style.setProperty("--value", value);
  dot.className = `dot ${kind}`;
}

// A number as an arrow and its size: up where the neuron should say more.
function sign(place, number) {
  place.hidden = number === null;
  if (number === null) return;
  const size = Math.abs(number);
  const kind = `error ${number > 0 ? "plus" : number < 0 ? "minus" : ""}`;
  if (place.className !== kind) place.className = kind;
  const digits =
    size > 0 && size < 0.005
      ? size >= 0.001
        ? size.toPrecision(1)
        : size.toExponential(0).replace("-", MINUS)
      : brief(size);
  write(place, `${number > 0 ? "▲" : number < 0 ? "▼" : ""} ${digits}`);
}
