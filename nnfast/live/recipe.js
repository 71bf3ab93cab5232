/* A session in words: as a link that another browser opens, and as a Python script that prints the
   digest on the page. */

const OPTIONS = {
  activation: "sigmoid",
  output_activation: "sigmoid",
  loss: "squared_error",
  hidden_error: "split",
  bias: false,
  optimizer: "sgd",
  init: "uniform",
};
const MOST_LINKED_UPDATES = 1e6;
const MOST_WORK = 4e9; // updates times weights that a link may ask for: half a minute
const MOST_WEIGHTS = 1e6;
const PARTS = ["data", "points", "network", "lr", "seed", ...Object.keys(OPTIONS)];
const DEEDS = ["updates", "edit", "learn"];

// Every option of a network that is not the default, as Python writes it.
function optionsOf(network) {
  const options = {};
  for (const [name, usual] of Object.entries(OPTIONS)) {
    const value = name === "optimizer" ? network.optimizer.name : network[name];
    if (value !== usual) options[name] = value;
  }
  return options;
}

// Null where there is no link that could be read: of a file's network, and of a session too long.
function linkOf({ session, start }) {
  if (start.text !== null || isTooLong(session.network, session.updates)) return null;
  const { inodes, hnodes, onodes, lr, seed } = start.network;
  const parts = new URLSearchParams({
    data: session.examples.name,
    network: [inodes, hnodes, onodes].flat().join("-"),
    lr,
    seed,
  });
  for (const [name, value] of Object.entries(optionsOf(start.network))) parts.set(name, value);
  if (session.examples.name === "points")
    parts.set("points", spaced(pointsOf(session.examples).flat()));
  parts.set("updates", session.updates);
  for (const { at, layer, i, j, value } of past(session.edits, session)) {
    parts.append("edit", spaced([at, layer, i, j, value]));
  }
  for (const [at, { inputs, targets }] of ownOf(session)) {
    parts.append("learn", spaced([at, ...inputs, ...targets]));
  }
  return `#${parts}`;
}

// Numbers that are read back to the bit, -0 too.
function spaced(numbers) {
  return numbers.map(exact).join(" ");
}

function past(edits, { updates }) {
  return edits.filter(({ at }) => at <= updates);
}

function ownOf({ own, updates }) {
  return [...own].filter(([at]) => at < updates);
}

function pointsOf({ inputs, labels }) {
  return inputs.map((row, n) => [...row, labels[n]]);
}

function isTooLong(network, updates) {
  return updates > MOST_LINKED_UPDATES || updates * weightsOf(network) > MOST_WORK;
}

// What a link asks for; throws an Error of one line where it asks for what cannot be.
function readLink(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  for (const name of parts.keys()) {
    if (![...PARTS, ...DEEDS].includes(name))
      throw new Error(`got ${quoted(name)}, wants one of ${[...PARTS, ...DEEDS].join(", ")}`);
  }
  const updates = count("updates", parts.get("updates") ?? "0");
  return {
    data: parts.get("data") ?? "digits",
    points: parts.has("points") ? triples(numbersIn("points", parts.get("points"))) : null,
    layers: layersIn(parts.get("network") ?? "64-30-10"),
    lr: numberIn("lr", parts.get("lr") ?? "0.1"),
    options: { seed: parts.get("seed") ?? "1", ...optionsIn(parts) },
    updates,
    edits: parts.getAll("edit").map((text) => {
      const numbers = numbersIn("edit", text);
      if (numbers.length !== 5)
        throw new Error(`edit: got ${quoted(text)}, wants an update, layer, row, column and value`);
      const [at, layer, i, j, value] = numbers;
      return { at: within("edit", at, updates), layer, i, j, value };
    }),
    learned: parts.getAll("learn").map((text) => {
      const [at, ...example] = numbersIn("learn", text);
      return [within("learn", at, updates - 1), ...example];
    }),
  };
}

function layersIn(text) {
  const layers = text.split("-").map((width) => count("network", width));
  if (layers.length < 3) throw new Error("network: wants inputs, hidden neurons and outputs");
  return layers;
}

function optionsIn(parts) {
  const options = {};
  for (const [name, usual] of Object.entries(OPTIONS)) {
    const value = parts.get(name);
    if (value === null) continue;
    if (typeof usual !== "boolean") options[name] = value;
    else if (value === "true" || value === "false") options[name] = value === "true";
    else throw new Error(`${name}: got ${quoted(value)}, wants true or false`);
  }
  return options;
}

function count(name, text) {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value <= MOST_LINKED_UPDATES)) {
    const most = grouped(MOST_LINKED_UPDATES);
    throw new Error(`${name}: got ${quoted(text)}, wants a whole number of at most ${most}`);
  }
  return value;
}

function numberIn(name, text) {
  const [number, ...more] = numbersIn(name, text);
  if (more.length > 0) throw new Error(`${name}: got ${quoted(text)}, wants one number`);
  return number;
}

function numbersIn(name, text) {
  const fields = text.trim().split(/\s+/);
  const numbers = fields.map(Number);
  if (fields[0] === "" || !numbers.every(Number.isFinite))
    throw new Error(`${name}: got ${quoted(text)}, wants finite numbers`);
  return numbers;
}

// An update that an edit or an example of one's own belongs to.
function within(name, at, last) {
  if (Number.isInteger(at) && at >= 0 && at <= last) return at;
  throw new Error(`${name}: got update ${at}, wants one of those of the link, from 0 to ${last}`);
}

function triples(numbers) {
  const lines = [];
  for (let n = 0; n < numbers.length; n += 3) lines.push(spaced(numbers.slice(n, n + 3)));
  return pointsFrom(lines.join("\n"));
}

// The session as a link asks for it, all of it done.
function sessionFor(asked, examples) {
  const network = networkOf(asked.layers, asked.lr, asked.options, examples);
  if (isTooLong(network, asked.updates))
    throw new Error(`updates: got ${grouped(asked.updates)}, too many for so large a network`);
  const session = new Session(network, examples);
  const width = network.inodes;
  for (const { layer, i, j } of asked.edits) {
    if (network.weights[layer]?.[i]?.[j] === undefined)
      throw new Error(`edit: there is no weight [${i}][${j}] in layer ${layer}`);
  }
  session.edits = asked.edits.sort((a, b) => a.at - b.at);
  for (const [at, ...numbers] of asked.learned) {
    if (numbers.length !== width + network.onodes)
      throw new Error(`learn: got ${numbers.length} numbers, wants ${width + network.onodes}`);
    session.own.set(at, { inputs: numbers.slice(0, width), targets: numbers.slice(width) });
  }
  session.settle();
  session.goTo(asked.updates);
  return session;
}

// A network of layers from inputs to outputs, for these examples.
function networkOf(layers, lr, options, examples) {
  const [inodes, onodes] = [examples.inputs[0].length, examples.targets[0].length];
  if (layers[0] !== inodes || layers.at(-1) !== onodes)
    throw new Error(
      `network: got ${layers[0]} inputs and ${layers.at(-1)} outputs, ` +
        `wants ${inodes} and ${onodes} for ${examples.name}`,
    );
  let weights = 0;
  for (let n = 1; n < layers.length; n++) weights += layers[n - 1] * layers[n];
  checkSize(weights);
  const hidden = layers.slice(1, -1);
  return new NeuralNetwork(inodes, hidden.length === 1 ? hidden[0] : hidden, onodes, lr, options);
}

function checkSize(weights) {
  if (weights > MOST_WEIGHTS)
    throw new Error(
      `network: got ${grouped(weights)} weights, wants at most ${grouped(MOST_WEIGHTS)} for a page`,
    );
}

// The script.

function scriptOf({ session, start }) {
  const { examples } = session;
  const edits = past(session.edits, session);
  const own = ownOf(session);
  return [
    "from nnfast import NeuralNetwork  # or from nnref: the same bits",
    ...(start.text === null ? [] : START_IMPORTS),
    ...dataLines(examples),
    ...(start.text === null ? [networkLine(start.network)] : startLines(start.text)),
    "",
    ...(session.updates > own.length ? TRAIN : []),
    ...deeds(session.updates, edits, own),
    "",
    `print(network.digest())  # ${session.network.digest()}`,
    "",
  ].join("\n");
}

const START_IMPORTS = [
  "from nnfast.exchange import load_json",
  "from tempfile import TemporaryDirectory",
];

function startLines(text) {
  return [
    `START = r"""${text}"""`,
    "with TemporaryDirectory() as folder:",
    '    with open(f"{folder}/start.json", "w") as file:',
    "        file.write(START)",
    '    network = load_json(f"{folder}/start.json", NeuralNetwork)',
  ];
}

function dataLines(examples) {
  if (examples.python !== null) return examples.python;
  const rows = (all) => all.map((row) => `    [${[...row].map(pythonOf).join(", ")}],`);
  return [
    "",
    "inputs = [",
    ...rows(examples.inputs),
    "]",
    "targets = [",
    ...rows(examples.targets),
    "]",
  ];
}

function networkLine(network) {
  const { inodes, hnodes, onodes, lr, seed } = network;
  const options = Object.entries(optionsOf(network)).map(([k, v]) => `, ${k}=${pythonOf(v)}`);
  const hidden = Array.isArray(hnodes) ? `[${hnodes.join(", ")}]` : hnodes;
  return (
    `network = NeuralNetwork(${inodes}, ${hidden}, ${onodes}, ${pythonOf(lr)}` +
    `${options.join("")}, seed=${seed})`
  );
}

const TRAIN = [
  "",
  "def train(first, last):",
  '    """Make an update from each of these examples; after the last the first comes again."""',
  "    for n in range(first, last):",
  "        network.train(inputs[n % len(inputs)], targets[n % len(inputs)])",
  "",
  "",
];

function deeds(updates, edits, own) {
  const lines = [];
  let [done, taken] = [0, 0]; // updates, and examples of the data
  const trainTo = (at) => {
    if (at > done) lines.push(`train(${taken}, ${taken + at - done})`);
    [done, taken] = [at, taken + at - done];
  };
  const events = [
    ...edits.map((edit) => ({ at: edit.at, edit })),
    ...own.map(([at, example]) => ({ at, example })),
  ];
  // What was edited before an update comes before it.
  events.sort((a, b) => a.at - b.at || (a.edit ? 0 : 1) - (b.edit ? 0 : 1));
  for (const { at, edit, example } of events) {
    trainTo(at);
    if (edit) {
      const { layer, i, j, value } = edit;
      lines.push(`network.weights[${layer}][${i}][${j}] = ${pythonOf(value)}`);
    } else {
      const [inputs, targets] = [example.inputs, example.targets].map(
        (row) => `[${[...row].map(pythonOf).join(", ")}]`,
      );
      lines.push(`network.train(${inputs}, ${targets})`);
      done++;
    }
  }
  trainTo(updates);
  return lines;
}

function pythonOf(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(", ")}]`;
  if (Object.is(value, -0)) return "-0.0";
  return String(value);
}

// The session in a line.
function describe({ network, examples }) {
  const { hidden_error, ...options } = optionsOf(network);
  return [
    examples.name,
    [network.inodes, network.hnodes, network.onodes].flat().join("–"),
    `seed ${network.seed}`,
    `learning rate ${network.lr}`,
    hidden_error === undefined ? "the article's rule" : "the chain rule",
    ...Object.entries(options).map(([name, value]) => (value === true ? name : value)),
  ].join(" · ");
}
