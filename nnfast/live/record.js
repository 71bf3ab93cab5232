/* The record of a run, as nnfast train --record and record_fit write it: the page repeats the run, and
   compares the digests tick by tick. */

const RECORD = "nnfast record, version 1";
const MOST_RECORDED = 1e6; // weights; a larger network would be too slow here

function isRecord(text) {
  return /^\s*\{\s*"format"\s*:\s*"nnfast record/.test(text);
}

class RecordedRun {
  // Throws an Error of one line if the text is no record, or one that a page cannot repeat.
  constructor(text) {
    // Or JSON.parse would round a seed to 53 bits.
    const quoted = text.replace(/("seed"\s*:\s*)([0-9]+)(?![0-9.eE])/g, '$1"$2"');
    const { format, network, data, fit, digests } = JSON.parse(quoted);
    if (format !== RECORD) throw new Error(`format: got another, wants '${RECORD}'`);
    if (![network, data?.inputs, data?.targets, fit].every(isObject) || !arePoints(digests))
      throw new Error("got a damaged record of a run");
    for (const name of ["schedule", "sample_weight", "patience"]) {
      if (fit[name] !== null)
        throw new Error(`${name}: a page has none, but nnfast reproduce repeats this run`);
    }
    Object.assign(this, { data, fit, digests });
    this.network = networkFor(network);
    this.first = this.network.copy();
    this.epochs = digests.at(-1).epoch;
  }

  // Take what it was trained on: the first rows of data that the page has.
  takeFrom(all) {
    const { inputs, targets } = this.data;
    this.examples = all.find((some) => isOf(some.inputs, inputs) && isOf(some.targets, targets));
    if (this.examples === undefined)
      throw new Error(`got a record of ${JSON.stringify(this.data.name)}: the page lacks its data`);
    const count = inputs.shape[0];
    this.inputs = this.examples.inputs.slice(0, count);
    this.targets = this.examples.targets.slice(0, count);
  }

  // Yield each point, once the network is there: its words, its digest, and whether it is the same.
  *points() {
    const { batch_size, shuffle } = this.fit;
    for (const point of this.digests) {
      if (point.epoch > 0) {
        this.network.fit(this.inputs, this.targets, { batch_size, shuffle });
        yield this.compared(point, this.network);
      } else if (!shuffle) yield this.compared(point, this.early(point.updates * batch_size));
      // Else only the twin knows in which order an epoch visits the examples.
    }
  }

  // The network after the first examples. They count as an epoch, so it cannot go on from there.
  early(count) {
    const network = this.first.copy();
    const { batch_size } = this.fit;
    if (count > 0)
      network.fit(this.inputs.slice(0, count), this.targets.slice(0, count), { batch_size });
    return network;
  }

  compared(point, network) {
    const digest = network.digest();
    const isSame = digest === point.digest;
    const layers = isSame ? [] : layersOf(network).map((own, n) => own !== point.layers[n]);
    return { words: pointInWords(point), epoch: point.epoch, digest, isSame, layers };
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

function arePoints(digests) {
  const isPoint = (point) =>
    isObject(point) &&
    [point.epoch, point.updates].every(Number.isSafeInteger) &&
    /^[0-9a-f]{64}$/.test(point.digest) &&
    Array.isArray(point.layers);
  return Array.isArray(digests) && digests.length > 1 && digests.every(isPoint);
}

function networkFor({ inodes, hnodes, onodes, lr, ...options }) {
  const sizes = [inodes, hnodes, onodes].flat();
  const weights = sizes.slice(1).reduce((sum, width, n) => sum + width * sizes[n], 0);
  if (!(weights <= MOST_RECORDED))
    throw new Error(`network: got ${weights} weights, wants at most ${MOST_RECORDED} for a page`);
  return new NeuralNetwork(inodes, hnodes, onodes, lr, options);
}

function isOf(rows, { shape, sha256 }) {
  if (!Array.isArray(shape) || shape[1] !== rows[0].length) return false;
  return shape[0] >= 1 && shape[0] <= rows.length && sha256Of(rows.slice(0, shape[0])) === sha256;
}

// A network that has these numbers as its weights has their sha256 as its digest.
function sha256Of(weights, biases = null) {
  const options = { seed: 0, bias: biases !== null };
  const holder = new NeuralNetwork(weights.length, [], weights[0].length, 1, options);
  holder.weights = [weights];
  if (biases !== null) holder.biases = [biases];
  return holder.digest();
}

function layersOf({ weights, biases }) {
  return weights.map((rows, n) => sha256Of(rows, biases[n] ?? null).slice(0, 16));
}

function pointInWords({ epoch, updates }) {
  if (epoch > 0) return `epoch ${epoch}`;
  if (updates === 0) return "the first weights";
  return updates === 1 ? "1 update" : `${grouped(updates)} updates`;
}

// What was found, in Python's words, when the run has ended at a point; before it was another.
function verdictOf(run, { words, isSame, layers, epoch }, before) {
  if (isSame) return `reproduced to the last bit: ${epoch} of ${run.epochs} epochs`;
  const names = layers.flatMap((differs, n) => (differs ? [layerName(run.network, n)] : []));
  const where =
    names.length === 0
      ? "but none of its layers does, so the record contradicts itself"
      : `in layer${names.length > 1 ? "s" : ""} ${names.join(" and ")}`;
  if (before === undefined) return `differs from ${words} on, ${where}`;
  return `differs after ${words}, ${where}; the same after ${before.words}`;
}

function layerName({ weights }, n) {
  if (n === weights.length - 1) return "output";
  return weights.length === 2 ? "hidden" : `hidden_${n + 1}`;
}

// On the page.

class RecordDialog {
  constructor({ data, network }) {
    this.list = element("ol", { class: "ticks" });
    this.verdict = element("p", { role: "status" }, "Repeating it ...");
    const sizes = [network.inodes, network.hnodes, network.onodes].flat().join("–");
    this.root = dialog(
      "record-dialog",
      "A recorded run",
      element(
        "p",
        { class: "soft" },
        `${sizes}, trained on ${grouped(data.inputs.shape[0])} examples`,
      ),
      this.list,
      this.verdict,
      element("div", { class: "buttons" }, closer()),
    );
    this.root.addEventListener("close", () => this.root.remove());
  }

  add({ words, digest, isSame }) {
    const item = element(
      "li",
      { class: isSame ? "" : "bad" },
      element("span", {}, isSame ? "✓" : "✗"),
      element("span", {}, words),
      element("code", { title: digest }, digest.slice(0, 12)),
    );
    this.list.append(item);
    item.scrollIntoView({ block: "nearest" });
  }

  conclude(text, isSame) {
    this.verdict.textContent = text;
    this.verdict.className = isSame ? "good" : "bad";
  }
}

// Repeat a run before the user's eyes, and leave the page with the network that it has made.
async function repeatRecord(page, text, all) {
  const run = new RecordedRun(text);
  run.takeFrom(all);
  page.complain("");
  const shown = new RecordDialog(run);
  page.root.append(shown.root);
  shown.root.showModal();
  let before;
  for (const point of run.points()) {
    shown.add(point);
    if (!point.isSame || point.epoch === run.epochs)
      shown.conclude(verdictOf(run, point, before), point.isSame);
    if (!point.isSame) return;
    before = point;
    await new Promise((done) => setTimeout(done));
    if (!shown.root.isConnected) return; // it was closed
  }
  page.begin(new Session(run.network, run.examples), run.network.toJSON());
}
