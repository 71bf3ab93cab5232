/* What a network learns from: pictures of digits, or points in the plane. */

class Examples {
  constructor({ name, shape, python, inputs, targets, labels, test }) {
    this.name = name;
    this.shape = shape; // rows and columns of a picture; null for points
    this.python = python ?? null; // lines of Python that make inputs and targets, if there are such
    this.inputs = inputs;
    this.targets = targets;
    this.labels = labels; // null where the targets are no classes
    this.test = test; // {inputs, targets, labels}
  }

  get isPlane() {
    return this.inputs[0].length === 2;
  }

  // The mean squared error, or what the network minimizes, over the test examples; which are right.
  judge(network) {
    const { inputs, targets } = this.test;
    let [loss, right] = [0.0, 0];
    for (let n = 0; n < inputs.length; n++) {
      const outputs = network.query(inputs[n]);
      loss += lossOf(network, outputs, targets[n]);
      if (isRight(outputs, targets[n])) right++;
    }
    return { loss: loss / inputs.length, right: right / inputs.length };
  }
}

// For the curve alone: no digest depends on this, so the browser's own logarithm will do.
function lossOf(network, outputs, targets) {
  let total = 0.0;
  for (let k = 0; k < outputs.length; k++) {
    const [o, t] = [outputs[k], targets[k]];
    if (network.loss === "squared_error") total += 0.5 * (t - o) * (t - o);
    else if (network.loss === "poisson") total += (t > 0.0 ? t * Math.log(t / o) : 0.0) - t + o;
    else if (network.output_activation === "softmax") total -= t > 0.0 ? t * Math.log(o) : 0.0;
    else total -= t * Math.log(o) + (1.0 - t) * Math.log(1.0 - o);
  }
  return total;
}

// As `score` counts: the largest output in the right place; with one output, the right side.
function isRight(outputs, targets) {
  if (outputs.length === 1) return outputs[0] > 0.5 === targets[0] > 0.5;
  return strongest(outputs) === strongest(targets);
}

function strongest(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

// The digits, from the text that Python packed them into.
function unpacked(packed) {
  const { name, shape, labels, levels, classes, train } = packed;
  const inputs = levelsFrom(packed).map((picture) =>
    Float64Array.from(picture, (level) => levels[level]),
  );
  return split({
    name,
    shape,
    python: DIGITS,
    inputs,
    labels: Array.from(labels, Number),
    classes,
    train,
  });
}

const DIGITS = [
  "from nnfast.datasets import digits",
  "",
  "data = digits()",
  "inputs, targets = data.train_inputs, data.train_targets",
];

function split({ name, shape, python, inputs, labels, classes, train }) {
  const targets = labels.map((label) => wantedFor(label, classes));
  const part = (first, stop) => ({
    inputs: inputs.slice(first, stop),
    targets: targets.slice(first, stop),
    labels: labels.slice(first, stop),
  });
  return new Examples({
    name,
    shape,
    python,
    ...part(0, train),
    test: part(train < inputs.length ? train : 0, inputs.length),
  });
}

// One output says yes or no; several share the classes among them.
function wantedFor(label, classes) {
  const wanted = new Float64Array(classes === 2 ? 1 : classes).fill(0.01);
  if (classes > 2) wanted[label] = 0.99;
  else if (label === 1) wanted[0] = 0.99;
  return wanted;
}

function pointsAs(name, points) {
  const inputs = points.map(([x, y]) => Float64Array.of(x, y));
  const labels = points.map(([, , label]) => label);
  return split({ name, shape: null, inputs, labels, classes: 2, train: points.length });
}

// Points one after another: x and y in thousandths, and the class.
function presetAs(name, numbers) {
  const points = [];
  for (let n = 0; n < numbers.length; n += 3)
    points.push([numbers[n] / 1000, numbers[n + 1] / 1000, numbers[n + 2]]);
  return pointsAs(name, points);
}

const MOST_POINTS = 2000;
const FARTHEST = 1e100; // or the width of the plane would be infinite

// Lines of "x, y, class" as somebody pastes them; throws an Error that names the line.
function pointsFrom(text) {
  const lines = text.split(/\r?\n/);
  const points = [];
  lines.forEach((line, n) => {
    if (line.trim() === "") return;
    const fields = line.trim().split(/[\s,;]+/);
    const numbers = fields.map(Number);
    if (n === 0 && numbers.some(Number.isNaN)) return; // a line of headings
    if (fields.length !== 3 || !numbers.every(Number.isFinite) || ![0, 1].includes(numbers[2]))
      throw new Error(
        `line ${n + 1}: got ${JSON.stringify(line.slice(0, 40))}, wants x, y, 0 or 1`,
      );
    if (numbers.some((number) => Math.abs(number) > FARTHEST))
      throw new Error(
        `line ${n + 1}: got ${Math.max(...numbers.map(Math.abs))}, wants at most ${FARTHEST}`,
      );
    points.push(numbers);
  });
  if (points.length === 0) throw new Error("got no points, wants lines of x, y, 0 or 1");
  if (points.length > MOST_POINTS)
    throw new Error(`got ${points.length} points, wants at most ${MOST_POINTS}`);
  return points;
}

function givenExamples({ test, ...examples }) {
  const numbers = (rows) => rows.map((row) => Float64Array.from(row));
  const part = ({ inputs, targets, labels }) => ({
    inputs: numbers(inputs),
    targets: numbers(targets),
    labels,
  });
  return new Examples({ ...examples, ...part(examples), test: part(test) });
}

function captionOf(kind, place, { labels }, { isPlane }) {
  const label =
    labels === null ? "" : isPlane ? `, class ${labels[place]}` : `, a ${labels[place]}`;
  return `${kind} example ${grouped(place)}${label}`;
}
