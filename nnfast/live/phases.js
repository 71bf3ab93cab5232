/* The six phases of an update: in each the formula, in the article's names, and the formula with its
   numbers. */

const TERMS = 3; // of a long sum, so many are written out

const FORMULAS = { ask, errors, back, deltas, steps, moved };
const PHASES = Object.keys(FORMULAS);

// What each does to the whole network, in a few words.
const SAID = {
  ask: "Signals flow forward.",
  errors: "The targets say what is missing.",
  back: "Errors flow back.",
  deltas: "Each error, times the slope of its neuron.",
  steps: "Each delta, times the learning rate.",
  moved: "Each weight moves by its input times the step.",
};

// The lines of a phase for a chosen weight of a lesson.
function formulaOf(phase, lesson, { layer: n, i, j, output }) {
  const layer = lesson.layers[n];
  const named = (attribute, ...at) =>
    layer.article_name(attribute) + at.map((index) => `[${index}]`).join("");
  const after = lesson.layers[n + 1];
  return FORMULAS[PHASES[phase - 1]]({ lesson, layer, after, named, n, i, j, output });
}

function ask({ layer, named, j }) {
  const { inputs, weights, signals, outputs, activation } = layer;
  const terms = inputs.map((x, i) => ({ at: i, product: x * weights[i][j] }));
  const bias = layer.biases.length > 0 ? [chip(layer.biases[j]), " + "] : [];
  return [
    line(
      `${named("signals", j)} = sum over i of ${named("inputs", "i")} × ${named("weights", "i", j)}`,
    ),
    line(
      "= ",
      ...bias,
      ...sumOf(terms, (i) => [chip(inputs[i]), " × ", chip(weights[i][j])]),
      " = ",
      chip(signals[j]),
    ),
    line(`${named("outputs", j)} = ${activation}(`, chip(signals[j]), ") = ", chip(outputs[j])),
  ];
}

function errors({ lesson, n, j, output }) {
  const last = lesson.layers.at(-1);
  const k = n === lesson.layers.length - 1 ? j : output;
  const named = (attribute) => `${last.article_name(attribute)}[${k}]`;
  return [
    line(`${named("errors")} = targets[${k}] − ${named("outputs")}`),
    line("= ", chip(lesson.targets[k]), " − ", chip(last.outputs[k]), " = ", chip(last.errors[k])),
    hint("Choose an output in the network to see its error."),
  ];
}

function back({ lesson, layer, after, named, j }) {
  if (after === undefined) {
    return [
      line(
        `${named("errors", j)} = targets[${j}] − ${named("outputs", j)} = `,
        chip(layer.errors[j]),
      ),
      hint("This layer has its errors from the targets. Nothing needs to flow back."),
    ];
  }
  const sent = lesson.hidden_error === "split" ? "errors" : "deltas";
  const [weights, values] = [after.weights[j], after[sent]];
  const terms = values.map((value, k) => ({ at: k, product: weights[k] * value }));
  const names = `${after.article_name("weights")}[${j}][k] × ${after.article_name(sent)}[k]`;
  return [
    line(`${named("errors", j)} = sum over k of ${names}`),
    line(
      "= ",
      ...sumOf(terms, (k) => [chip(weights[k]), " × ", chip(values[k])]),
      " = ",
      chip(layer.errors[j]),
    ),
  ];
}

function deltas({ lesson, layer, named, n, j }) {
  const isSloped = n < lesson.layers.length - 1 || lesson.loss_function === "squared_error";
  if (isSloped && layer.activation === "sigmoid")
    return slopeOfSigmoid({ lesson, layer, named, n, j });
  return [
    line(`${named("deltas", j)} = `, chip(layer.deltas[j])),
    line(
      `from ${named("errors", j)} = `,
      chip(layer.errors[j]),
      ` and ${named("outputs", j)} = `,
      chip(layer.outputs[j]),
    ),
    hint(lesson.backward_note(n)),
  ];
}

function slopeOfSigmoid({ lesson, layer, named, n, j }) {
  const [error, says] = [named("errors", j), named("outputs", j)];
  const output = () => chip(layer.outputs[j]);
  return [
    line(`${named("deltas", j)} = ${error} × ${says} × (1 − ${says})`),
    line(
      "= ",
      chip(layer.errors[j]),
      " × ",
      output(),
      " × (1 − ",
      output(),
      ") = ",
      chip(layer.deltas[j]),
    ),
    hint(lesson.backward_note(n)),
  ];
}

// Other optimizers than gradient descent apply the learning rate later.
function steps({ lesson, layer, named, j }) {
  const [delta, step] = [chip(layer.deltas[j]), chip(layer.steps[j])];
  if (lesson.optimizer.name !== "sgd")
    return [line(`${named("steps", j)} = ${named("deltas", j)} = `, step)];
  return [
    line(`${named("steps", j)} = lr × ${named("deltas", j)}`),
    line("= ", chip(lesson.lr), " × ", delta, " = ", step),
  ];
}

function moved({ lesson, layer, named, i, j }) {
  const [old, now] = [chip(layer.weights[i][j]), chip(layer.new_weights[i][j])];
  const flow = [chip(layer.inputs[i]), " × ", chip(layer.steps[j])];
  if (lesson.optimizer.name !== "sgd") {
    return [
      line(`${named("new_weights", i, j)}: from `, old, " to ", now),
      line(`by ${lesson.optimizer.name}, to which this example gives `, ...flow),
    ];
  }
  return [
    line(
      `${named("new_weights", i, j)} = ${named("weights", i, j)} + ${named("inputs", i)} × ${named("steps", j)}`,
    ),
    line("= ", old, " + ", ...flow, " = ", now),
  ];
}

function line(...parts) {
  return element("p", {}, parts);
}

function hint(text) {
  return element("p", { class: "soft" }, text);
}

// The largest terms of a sum, and how many smaller ones there are.
function sumOf(terms, write) {
  const largest = [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const parts = largest.slice(0, TERMS).flatMap(({ at }, n) => [n > 0 ? " + " : "", ...write(at)]);
  const rest = terms.length - TERMS;
  return rest > 0 ? [...parts, ` + … ${rest} smaller term${rest > 1 ? "s" : ""}`] : parts;
}
