/* What has been done to a network, and how any point of it comes back.

   A session is a network as it started, the examples, and what was done, in order: updates, edits of
   single weights between them, and updates from examples of one's own in between. Training repeats
   itself to the bit. So to go back is to take a copy that was kept and to train from there again. */

const FIRST_PACE = 100; // a copy of the network every so many updates ...
const MOST_COPIES = 400; // ... and every other one is let go where they become too many
const MOST_BOUNDED = 1e100;
const MOST_MEASURED = 1000; // points of the curve, of which every other one goes, too

class Session {
  constructor(network, examples) {
    this.network = network;
    this.examples = examples;
    this.updates = 0;
    this.start = network.copy();
    this.unedited = null; // {updates, network}: what training alone would have made, once there are edits
    this.apart = []; // {epoch, weights}: how many differ from that after each epoch
    this.edits = []; // {at, layer, i, j, value}: after so many updates
    this.own = new Map(); // from the update to its {inputs, targets}
    this.pace = FIRST_PACE;
    this.copies = [{ updates: 0, network: this.start }];
    this.curve = []; // {updates, loss, right}, in their order
    this.stretch = Math.ceil(examples.inputs.length / 6); // updates between two of them
    this.measure();
  }

  // The example that an update learns from: one's own, or the next of the data in turn.
  exampleOf(update) {
    const own = this.own.get(update);
    if (own !== undefined) return own;
    let before = 0;
    for (const at of this.own.keys()) if (at < update) before++;
    const place = (update - before) % this.examples.inputs.length;
    return {
      place,
      inputs: this.examples.inputs[place],
      targets: this.examples.targets[place],
    };
  }

  step() {
    const { inputs, targets } = this.exampleOf(this.updates);
    this.network.train(inputs, targets);
    this.updates++;
    this.settle();
    if (this.unedited?.updates === this.updates - 1) this.followUnedited();
  }

  // What belongs to this number of updates: edits, a copy, a point of the curve.
  settle() {
    for (const edit of this.edits) if (edit.at === this.updates) apply(this.network, edit);
    const last = this.copies.at(-1).updates;
    if (this.updates % this.pace === 0 && this.updates > last) this.keep();
    if (this.updates % this.stretch === 0 && this.updates > this.curve.at(-1).updates)
      this.measure();
  }

  keep() {
    this.copies.push({ updates: this.updates, network: this.network.copy() });
    if (this.copies.length <= MOST_COPIES) return;
    this.pace *= 2;
    this.copies = this.copies.filter(({ updates }) => updates % this.pace === 0);
  }

  measure() {
    this.curve.push({ updates: this.updates, ...this.examples.judge(this.network) });
    if (this.curve.length <= MOST_MEASURED) return;
    this.stretch *= 2;
    this.curve = this.curve.filter(
      ({ updates }) => updates % this.stretch === 0 || updates === this.updates,
    );
  }

  goTo(updates) {
    const nearest = this.copies.findLast((copy) => copy.updates <= updates);
    if (updates < this.updates || nearest.updates > this.updates) {
      this.network = nearest.network.copy();
      this.updates = nearest.updates;
    }
    while (this.updates < updates) this.step();
    this.findUnedited();
  }

  // The other run, which lacks the edits and nothing else.

  findUnedited() {
    const first = this.edits[0]?.at ?? Infinity;
    if (this.updates < first) this.unedited = null;
    if (this.updates < first || this.unedited?.updates === this.updates) return;
    if (this.unedited === null || this.unedited.updates > this.updates) {
      const kept = this.copies.findLast(({ updates }) => updates < first);
      const { updates, network } = kept ?? { updates: 0, network: this.start };
      this.unedited = { updates, network: network.copy() };
    }
    while (this.unedited.updates < this.updates) this.trainUnedited();
  }

  trainUnedited() {
    const { inputs, targets } = this.exampleOf(this.unedited.updates);
    this.unedited.network.train(inputs, targets);
    this.unedited.updates++;
  }

  followUnedited() {
    this.trainUnedited();
    const count = this.examples.inputs.length;
    if (this.updates % count !== 0) return;
    const epoch = this.updates / count;
    this.apart = this.apart.filter((line) => line.epoch < epoch);
    this.apart.push({ epoch, weights: this.differing() });
  }

  // How many weights are not the same numbers as without the edits.
  differing() {
    if (this.unedited === null) return 0;
    const others = this.unedited.network.weights;
    let count = 0;
    this.network.weights.forEach((rows, n) => {
      rows.forEach((row, i) => {
        for (let j = 0; j < row.length; j++) if (!Object.is(row[j], others[n][i][j])) count++;
      });
    });
    return count;
  }

  // The network as it was before its last update.
  beforeLast() {
    const now = this.updates;
    const unedited = this.unedited;
    this.goTo(now - 1);
    const before = this.network.copy();
    this.goTo(now);
    this.unedited = unedited;
    return before;
  }

  // How far one has been: back from there, the way there again is known.
  get farthest() {
    return Math.max(
      this.updates,
      this.copies.at(-1).updates,
      this.curve.at(-1).updates,
      this.edits.at(-1)?.at ?? 0,
      Math.max(-1, ...this.own.keys()) + 1,
    );
  }

  edit(layer, i, j, value) {
    this.forgetFuture();
    this.edits = this.edits.filter(
      (edit) => edit.at < this.updates || edit.layer !== layer || edit.i !== i || edit.j !== j,
    );
    const edit = { at: this.updates, layer, i, j, value };
    this.edits.push(edit);
    apply(this.network, edit);
    if (this.copies.at(-1).updates === this.updates) {
      this.copies.pop();
      this.keep();
    }
    this.curve.pop();
    this.measure();
    this.findUnedited();
  }

  learn(inputs, targets) {
    this.forgetFuture();
    this.own.set(this.updates, { inputs: [...inputs], targets: [...targets] });
    this.step();
  }

  // What comes after an edit is no longer what it was.
  forgetFuture() {
    const now = this.updates;
    this.edits = this.edits.filter(({ at }) => at <= now);
    for (const at of this.own.keys()) if (at >= now) this.own.delete(at);
    this.copies = this.copies.filter(({ updates }) => updates <= now);
    this.curve = this.curve.filter(({ updates }) => updates <= now);
    if (this.curve.at(-1).updates < now) this.measure();
    this.apart = this.apart.filter(({ epoch }) => epoch * this.examples.inputs.length <= now);
  }

  get isPlain() {
    return this.edits.length === 0 && this.own.size === 0;
  }
}

function apply(network, { layer, i, j, value }) {
  network.weights[layer][i][j] = value;
}

function weightsOf(network) {
  return network.weights.reduce((sum, rows) => sum + rows.length * rows[0].length, 0);
}

// What to say of a network whose weights, or outputs for these inputs, are such as no training wants.
function divergenceOf(network, inputs) {
  const isSmall = (row) => row.every((value) => Math.abs(value) < MOST_BOUNDED); // NaN is not
  if ([...network.weights.flat(), network.query(inputs)].every(isSmall)) return "";
  return "The training has diverged: its numbers leave all bounds. Go back, or take a smaller learning rate.";
}

// How far an edit has reached: two runs that were one number apart.
function apartOf(session) {
  if (session.unedited === null) return "";
  const all = grouped(weightsOf(session.network));
  const epochs = session.apart
    .slice(-4)
    .map(({ epoch, weights }) => ` · epoch ${epoch}: ${grouped(weights)}`);
  const now = grouped(session.differing());
  return `${now} of ${all} weights differ from the run without your edit${epochs.join("")}`;
}
