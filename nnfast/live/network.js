/* The network once more, in JavaScript: the bits of nnref and nnfast, in every browser.

   The contract. In ECMA-262 a number has 64 bits, and each + - * / and Math.sqrt is rounded by itself,
   as IEEE-754 says: the same operations in the same order give the same bits in every engine. So this
   file repeats those of nnref, file by file, under the same names. Read it beside them. The order of
   the additions and all brackets are part of the definition; without brackets, a + b + c adds from the
   left, and the formatter leaves none that say only that. It must not use what ECMA-262 leaves to
   the engine (Math.exp, log, tanh, pow, hypot, the operator **), nor Float32Array, nor Math.max where a
   zero has a sign. tests/test_twin.py compares it with nnref, byte by byte, in V8, and for
   .ci/browser in other engines and in browsers; tools/mutants shows that it would notice a change.

   It is a classic script that needs no build step and defines one global name, NeuralNetwork: the class
   of both packages, with their names, defaults and errors. There is no float32, no schedule and no
   early stopping. No update makes a typed array. */

globalThis.NeuralNetwork = (() => {
  "use strict";

  // nnref/article.py. A network is a list of layers; weights[i * fan_out + j] links input i to
  // neuron j. What flows through a layer is written to its own arrays.

  function query(network, inputs) {
    forward(network, inputs);
    return network.at(-1).outputs;
  }

  function forward(network, inputs) {
    for (const layer of network) {
      // hidden_inputs = inputs @ weights_input_hidden; final_inputs in the same way
      weighted_sums(inputs, layer.weights, layer.biases, layer.signals);
      // hidden_outputs = sigmoid(hidden_inputs); final_outputs in the same way
      activate(layer.activation, layer.signals, layer.outputs);
      keep(layer.outputs, layer.mask, layer.kept);
      inputs = layer.kept;
    }
  }

  function weighted_sums(inputs, weights, biases, sums) {
    if (biases === null) sums.fill(0.0);
    else sums.set(biases);
    for (let i = 0, at = 0; i < inputs.length; i++) {
      const x = inputs[i];
      for (let j = 0; j < sums.length; j++, at++) sums[j] += x * weights[at];
    }
  }

  // What dropout leaves of outputs, or of the errors that are sent back to them. Without a mask, kept
  // is the outputs themselves.
  function keep(outputs, mask, kept) {
    if (mask === null) return;
    for (let j = 0; j < mask.length; j++) kept[j] = outputs[j] * mask[j];
  }

  function backward(network, targets, loss, hidden_error) {
    const last = network.length - 1;
    const { activation, outputs, errors, deltas } = network[last];
    // output_errors = targets - final_outputs
    for (let k = 0; k < errors.length; k++) errors[k] = targets[k] - outputs[k];
    output_deltas(loss, activation, outputs, targets, errors, deltas);
    for (let n = last; n > 0; n--) {
      const before = network[n - 1];
      // hidden_errors = weights_hidden_output @ output_errors
      const sent_back = hidden_error === "split" ? network[n].errors : network[n].deltas;
      recombined(network[n].weights, sent_back, before.errors);
      keep(before.errors, before.mask, before.errors);
      // hidden_deltas = hidden_errors * hidden_outputs * (1 - hidden_outputs)
      times_slope(before.activation, before.outputs, before.errors, before.deltas);
    }
  }

  function recombined(weights, errors, sums) {
    for (let j = 0, at = 0; j < sums.length; j++) {
      let total = 0.0;
      for (let k = 0; k < errors.length; k++, at++) total += weights[at] * errors[k];
      sums[j] = total;
    }
  }

  function train(network, inputs, targets, lr, loss, hidden_error) {
    forward(network, inputs);
    backward(network, targets, loss, hidden_error);
    let layer_inputs = inputs;
    for (const layer of network) {
      // weights += lr * errors * outputs * (1 - outputs) * the layer's inputs
      add_flow(layer.weights, layer.biases, layer_inputs, layer.deltas, lr, layer.steps);
      layer_inputs = layer.kept;
    }
  }

  function moved(weights, inputs, steps) {
    for (let i = 0, at = 0; i < inputs.length; i++) {
      const x = inputs[i];
      for (let j = 0; j < steps.length; j++, at++) weights[at] += x * steps[j];
    }
  }

  // nnref/dropout.py. Four words are a counter, and then what Philox makes of it.

  const WORDS = new Uint32Array(4);

  function philox(words, left, right) {
    let a = words[0];
    let b = words[1];
    let c = words[2];
    let d = words[3];
    for (let turn = 0; turn < 10; turn++) {
      const first = high_half(0xcd9e8d57, c) ^ b ^ left;
      const third = high_half(0xd2511f53, a) ^ d ^ right;
      b = Math.imul(0xcd9e8d57, c);
      d = Math.imul(0xd2511f53, a);
      a = first;
      c = third;
      left = (left + 0x9e3779b9) | 0;
      right = (right + 0xbb67ae85) | 0;
    }
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
  }

  // The upper 32 of the 64 bits of a product, from products of 16 bits by 16.
  function high_half(x, y) {
    const x_high = x >>> 16;
    const x_low = x & 0xffff;
    const y_high = y >>> 16;
    const y_low = y & 0xffff;
    const middle = x_high * y_low + ((x_low * y_low) >>> 16);
    const other = x_low * y_high + (middle & 0xffff);
    return x_high * y_high + (middle >>> 16) + (other >>> 16);
  }

  function find_mask(mask, rate, [left, right], update, example, layer) {
    const [threshold, scale] = [(rate * 4294967296.0) >>> 0, 1.0 / (1.0 - rate)];
    for (let j = 0; j < mask.length; j++) {
      if (j % 4 === 0) {
        WORDS[0] = j / 4;
        WORDS[1] = layer;
        WORDS[2] = example;
        WORDS[3] = update;
        philox(WORDS, left, right);
      }
      mask[j] = WORDS[j % 4] < threshold ? 0.0 : scale;
    }
  }

  // nnref/neurons.py

  function relu(x) {
    return x <= 0.0 ? 0.0 : x;
  }

  function softmax(signals, outputs) {
    const largest = largest_of(signals);
    for (let k = 0; k < signals.length; k++) outputs[k] = exp(signals[k] - largest);
    const total = total_of(outputs);
    for (let k = 0; k < signals.length; k++) outputs[k] /= total;
  }

  function largest_of(values) {
    let largest = values[0];
    for (const value of values) if (value > largest) largest = value;
    return largest;
  }

  function total_of(values) {
    let total = 0.0;
    for (const value of values) total += value;
    return total;
  }

  const ACTIVATION = { sigmoid, tanh, relu, exponential: exp, identity: (x) => x };

  function activate(activation, signals, outputs) {
    if (activation === "softmax") return softmax(signals, outputs);
    const f = ACTIVATION[activation];
    for (let j = 0; j < signals.length; j++) outputs[j] = f(signals[j]);
  }

  // Each error times its neuron's slope, given by the output.
  const TIMES_SLOPE = {
    sigmoid: (e, o) => e * (o * (1.0 - o)),
    tanh: (e, o) => e * (1.0 - o * o),
    relu: (e, o) => (o <= 0.0 ? 0.0 : e),
    exponential: (e, o) => e * o,
    identity: (e) => e,
  };

  function times_slope(activation, outputs, errors, deltas) {
    if (activation === "softmax") {
      let shared = 0.0;
      for (let k = 0; k < errors.length; k++) shared += errors[k] * outputs[k];
      for (let k = 0; k < errors.length; k++) deltas[k] = outputs[k] * (errors[k] - shared);
      return;
    }
    const f = TIMES_SLOPE[activation];
    for (let j = 0; j < errors.length; j++) deltas[j] = f(errors[j], outputs[j]);
  }

  function loss_of(loss, { activation, signals, errors }, targets) {
    if (loss === "cross_entropy") return cross_entropy(activation, signals, targets);
    if (loss === "poisson") return poisson(signals, targets, errors);
    return squared_error(errors);
  }

  function squared_error(errors) {
    let total = 0.0;
    for (const error of errors) total += error * error;
    return 0.5 * total;
  }

  function cross_entropy(activation, signals, targets) {
    let total = 0.0;
    if (activation === "sigmoid") {
      for (let k = 0; k < signals.length; k++) {
        const x = signals[k];
        total += relu(x) - x * targets[k] + log(1.0 + exp(-Math.abs(x)));
      }
      return total;
    }
    const largest = largest_of(signals);
    let exponentials = 0.0;
    for (const x of signals) exponentials += exp(x - largest);
    const log_sum = log(exponentials);
    for (let k = 0; k < signals.length; k++) {
      const [x, t] = [signals[k], targets[k]];
      if (largest - x !== Infinity) total += t * (largest - x + log_sum);
      else if (t > 0.0) total += t * largest - t * x + t * log_sum;
    }
    return total;
  }

  function poisson(signals, targets, errors) {
    let total = 0.0;
    for (let k = 0; k < signals.length; k++) {
      const [t, e] = [targets[k], errors[k]];
      if (e === -Infinity) total += Infinity;
      else if (t > 0.0) total += t * (log(t) - signals[k]) - e;
      else total -= e;
    }
    return total;
  }

  function output_deltas(loss, activation, outputs, targets, errors, deltas) {
    if (loss === "squared_error") return times_slope(activation, outputs, errors, deltas);
    if (activation !== "softmax") return deltas.set(errors);
    const total = total_of(targets);
    for (let k = 0; k < deltas.length; k++) deltas[k] = targets[k] - outputs[k] * total;
  }

  // nnref/functions.py. There the constants are in hexadecimal.

  const LN2_HIGH = 0.6931471803691238;
  const LN2_LOW = 1.9082149292705877e-10;
  const LOG2_E = 1.4426950408889634;
  const TO_WHOLE = 6755399441055744.0;
  const [EXP_LOWEST, EXP_HIGHEST] = [-746.0, 710.0];
  const SQRT_HALF = 0.7071067811865476;

  // 2^k for -1074 <= k <= 1023 at k + 1074, by doubling: exact.
  const POWERS_OF_TWO = new Float64Array(2098);
  for (let at = 0, power = 5e-324; at < 2098; at++, power *= 2.0) POWERS_OF_TWO[at] = power;

  function exp(x) {
    if (x < EXP_LOWEST) x = EXP_LOWEST;
    if (x > EXP_HIGHEST) x = EXP_HIGHEST;
    if (Number.isNaN(x)) return x;
    const k = whole(x * LOG2_E);
    const half = whole(k * 0.5);
    return (1.0 + rest_of(x, k)) * two_to(half) * two_to(k - half);
  }

  function whole(x) {
    return x + TO_WHOLE - TO_WHOLE;
  }

  // nnref's _reduced has the k, too.
  function rest_of(x, k) {
    const high = x - k * LN2_HIGH;
    const low = k * LN2_LOW;
    const r = high - low;
    const r2 = r * r;
    const r4 = r2 * r2;
    const terms_2_to_5 = 1 / 2 + r * (1 / 6) + r2 * (1 / 24 + r * (1 / 120));
    const terms_6_to_9 = 1 / 720 + r * (1 / 5040) + r2 * (1 / 40320 + r * (1 / 362880));
    const terms_10_to_13 =
      1 / 3628800 + r * (1 / 39916800) + r2 * (1 / 479001600 + r * (1 / 6227020800));
    const tail = terms_2_to_5 + r4 * (terms_6_to_9 + r4 * terms_10_to_13);
    return high + (r2 * tail - low);
  }

  function two_to(k) {
    return POWERS_OF_TWO[k + 1074];
  }

  function log(x) {
    if (x < 0.0) return NaN;
    if (x === 0.0) return -Infinity;
    if (x === Infinity || Number.isNaN(x)) return x;
    let [m, k] = frexp(x);
    if (m < SQRT_HALF) [m, k] = [2.0 * m, k - 1];
    const f = m - 1.0;
    const s = f / (2.0 + f);
    const z = s * s;
    const z2 = z * z;
    const z4 = z2 * z2;
    const terms_3_to_9 = 2 / 3 + z * (2 / 5) + z2 * (2 / 7 + z * (2 / 9));
    const terms_11_to_17 = 2 / 11 + z * (2 / 13) + z2 * (2 / 15 + z * (2 / 17));
    const terms_19_to_23 = 2 / 19 + z * (2 / 21) + z2 * (2 / 23);
    const tail = z * (terms_3_to_9 + z4 * (terms_11_to_17 + z4 * terms_19_to_23));
    const half_square = 0.5 * f * f;
    return k * LN2_HIGH - (half_square - (s * (half_square + tail) + k * LN2_LOW) - f);
  }

  const BITS = new DataView(new ArrayBuffer(8));

  // x = m * 2^k with 1/2 <= m < 1, for a finite x above 0: Python's math.frexp.
  function frexp(x) {
    if (x < 2.2250738585072014e-308) {
      const [m, k] = frexp(x * 18014398509481984); // 2^54
      return [m, k - 54];
    }
    BITS.setFloat64(0, x);
    const high = BITS.getUint32(0);
    BITS.setUint32(0, (high & 0x000fffff) | 0x3fe00000);
    return [BITS.getFloat64(0), (high >>> 20) - 1022];
  }

  function sigmoid(x) {
    return 1.0 / (1.0 + exp(-x));
  }

  function tanh(x) {
    if (x < -20.0) x = -20.0;
    if (x > 20.0) x = 20.0;
    if (Number.isNaN(x)) return x;
    const k = whole(2.0 * x * LOG2_E);
    const scale = two_to(k);
    const t = scale * rest_of(2.0 * x, k) + (scale - 1.0);
    return t / (t + 2.0);
  }

  function artanh(y) {
    return 0.5 * log((1.0 + y) / (1.0 - y));
  }

  function logit(y) {
    return log(y / (1.0 - y));
  }

  // nnref/updates.py. A batch's flows are added up in a layer's sums, example by example, before any
  // weight moves.

  const ALWAYS_1 = Float64Array.of(1.0);

  function add_flow(weights, biases, inputs, deltas, rate, steps) {
    for (let j = 0; j < steps.length; j++) steps[j] = rate * deltas[j];
    moved(weights, inputs, steps);
    // A bias is a weight whose input is always 1.
    if (biases !== null) moved(biases, ALWAYS_1, steps);
  }

  function shrunk(weights, lr, decay) {
    const keep = 1.0 - lr * decay;
    for (let at = 0; at < weights.length; at++) weights[at] *= keep;
  }

  function downhill(direction, weights, decay) {
    for (let at = 0; at < weights.length; at++) direction[at] -= decay * weights[at];
  }

  function momentum(settings, lr, weights, direction, velocity) {
    const mu = settings.momentum;
    for (let at = 0; at < weights.length; at++) {
      const v = mu * velocity[at] + direction[at];
      velocity[at] = v;
      weights[at] += lr * (settings.nesterov ? direction[at] + mu * v : v);
    }
  }

  function adam({ beta1, beta2, epsilon }, lr, weights, direction, first, second, powers) {
    const root = Math.sqrt(1.0 - powers[1]);
    const rate = (lr / (1.0 - powers[0])) * root;
    const shift = epsilon * root;
    for (let at = 0; at < weights.length; at++) {
      const d = direction[at];
      const m = beta1 * first[at] + (1.0 - beta1) * d;
      const v = beta2 * second[at] + (1.0 - beta2) * (d * d);
      first[at] = m;
      second[at] = v;
      weights[at] += (rate * m) / (Math.sqrt(v) + shift);
    }
  }

  // nnref/backquery.py

  function backquery(network, targets) {
    let outputs = targets;
    for (const { weights, biases, activation, fan_in } of [...network].reverse()) {
      const signals = outputs.map(SIGNAL_FOR[activation]);
      if (biases !== null) signals.forEach((x, j) => (signals[j] = x - biases[j]));
      outputs = new Float64Array(fan_in);
      recombined(weights, signals, outputs);
      rescale(outputs);
    }
    return outputs;
  }

  const SIGNAL_FOR = { sigmoid: logit, tanh: artanh, softmax: log, exponential: log };
  SIGNAL_FOR.identity = SIGNAL_FOR.relu = (x) => x;

  function rescale(values) {
    let low = values[0];
    let high = values[0];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    for (let i = 0; i < values.length; i++) {
      values[i] = low === high ? 0.5 : ((values[i] - low) / (high - low)) * 0.98 + 0.01;
    }
  }

  // nnref/scores.py

  function score(output_activation, outputs, targets) {
    if (["identity", "exponential"].includes(output_activation)) return r_squared(outputs, targets);
    const threshold = output_activation === "tanh" ? 0.0 : 0.5;
    const yes = (values) => Array.from(values, (value) => value > threshold);
    const classes =
      targets[0].length > 1 && targets.every((row) => yes(row).filter(Boolean).length === 1);
    const answer = classes ? largest : (row) => String(yes(row));
    const right = outputs.filter((row, n) => answer(row) === answer(targets[n]));
    return right.length / targets.length;
  }

  function largest(values) {
    let best = 0;
    for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
    return best;
  }

  function r_squared(outputs, targets) {
    let missed = 0.0;
    let spread = 0.0;
    for (let column = 0; column < targets[0].length; column++) {
      const mean = total_of(targets.map((row) => row[column])) / targets.length;
      for (let n = 0; n < targets.length; n++) {
        const error = targets[n][column] - outputs[n][column];
        const distance = targets[n][column] - mean;
        missed += error * error;
        spread += distance * distance;
      }
    }
    if (spread === 0.0) return missed === 0.0 ? 1.0 : 0.0;
    return 1.0 - missed / spread;
  }

  // nnref/engine.py: the article over many examples.

  class Engine {
    constructor(description, arrays) {
      this.seen = UNTRAINED;
      this.updates = 0; // counted only with dropout, which draws by it
      this.description = description;
      this.arrays = arrays;
      this.network = shapes_of(description).map(([fan_in, fan_out], n) => ({
        fan_in,
        activation: activations_of(description)[n],
        weights: arrays.get(`weights.${n}`),
        biases: arrays.get(`biases.${n}`) ?? null,
        ...Object.fromEntries(COMPUTED.map((name) => [name, new Float64Array(fan_out)])),
        // What a batch adds up.
        weight_sums: new Float64Array(fan_in * fan_out),
        bias_sums: description.bias ? new Float64Array(fan_out) : null,
      }));
      for (const layer of this.network) [layer.mask, layer.kept] = [null, layer.outputs];
      this.seed = [description.seed & 0xffffffffn, description.seed >> 32n].map(Number);
      this.inputs = this.with_mask({ outputs: new Float64Array(description.inodes) }, 0);
      this.thinned = this.network.map((layer, n) => this.with_mask(layer, n + 1));
    }

    // The same layer, counted from 0, the inputs, with the mask that training gives it, if it drops any.
    with_mask(layer, n) {
      const { dropout, input_dropout, hnodes } = this.description;
      const rate = n === 0 ? input_dropout : n <= hnodes.length ? dropout : 0.0;
      if (rate === 0.0) return { ...layer, mask: null };
      const width = layer.outputs.length;
      return { ...layer, rate, mask: new Float64Array(width), kept: new Float64Array(width) };
    }

    // What dropout leaves of an example's inputs; it finds the masks of the hidden layers too.
    thin(inputs, example) {
      [this.inputs, ...this.thinned].forEach(({ rate, mask }, n) => {
        if (mask !== null) find_mask(mask, rate, this.seed, this.updates, example, n);
      });
      const { mask, kept } = this.inputs;
      keep(inputs, mask, kept);
      return mask === null ? inputs : kept;
    }

    // The loss of one example that the next update would lower.
    training_loss(inputs, targets) {
      const last = this.thinned.at(-1);
      forward(this.thinned, this.thin(inputs, 0));
      for (let k = 0; k < last.errors.length; k++) last.errors[k] = targets[k] - last.outputs[k];
      return loss_of(this.description.loss, last, targets);
    }

    evaluate(inputs, targets, outputs, loss) {
      const last = this.network.at(-1);
      for (let n = 0; n < inputs.length; n++) {
        outputs[n] = Float64Array.from(query(this.network, inputs[n]));
        for (let k = 0; k < last.errors.length; k++) {
          last.errors[k] = targets[n][k] - last.outputs[k];
        }
        loss += loss_of(this.description.loss, last, targets[n]);
      }
      return loss;
    }

    fit(inputs, targets, sample_weight, order, batch_size, lr, loss) {
      for (let first = 0; first < inputs.length; first += batch_size) {
        const stop = Math.min(first + batch_size, inputs.length);
        loss = this.train(inputs, targets, sample_weight, order, first, stop, lr, loss);
      }
      return loss;
    }

    // One update, by the examples first to stop - 1 of the order.
    train(inputs, targets, sample_weight, order, first, stop, lr, loss) {
      const rules = this.description;
      const is_sgd = rules.optimizer.name === "sgd";
      const is_online = is_sgd && rules.optimizer.weight_decay === 0.0 && stop - first === 1;
      const rate = (is_sgd ? lr : 1.0) / (stop - first);
      if (!is_online) this.start_sums(lr);
      for (let place = first; place < stop; place++) {
        const at = order === null ? place : order[place];
        const weight = sample_weight === null ? 1.0 : sample_weight[at];
        const kept = drops(rules) ? this.thin(inputs[at], place - first) : inputs[at];
        if (is_online) {
          train(this.thinned, kept, targets[at], lr * weight, rules.loss, rules.hidden_error);
        } else this.add_example(kept, targets[at], rate * weight);
        loss += weight * loss_of(rules.loss, this.network.at(-1), targets[at]);
      }
      if (!is_online) this.finish(lr);
      if (drops(rules)) this.updates++;
      return loss;
    }

    start_sums(lr) {
      const { name, weight_decay } = this.description.optimizer;
      for (const { weights, biases, weight_sums, bias_sums } of this.network) {
        if (name === "sgd") {
          weight_sums.set(weights);
          if (weight_decay !== 0.0) shrunk(weight_sums, lr, weight_decay);
          bias_sums?.set(biases);
        } else {
          weight_sums.fill(0.0);
          bias_sums?.fill(0.0);
        }
      }
    }

    add_example(inputs, targets, rate) {
      const { loss, hidden_error } = this.description;
      forward(this.thinned, inputs);
      backward(this.thinned, targets, loss, hidden_error);
      let layer_inputs = inputs;
      for (const { weight_sums, bias_sums, kept, deltas, steps } of this.thinned) {
        add_flow(weight_sums, bias_sums, layer_inputs, deltas, rate, steps);
        layer_inputs = kept;
      }
    }

    // Move the weights by what has been added up.
    finish(lr) {
      const { optimizer, bias } = this.description;
      if (optimizer.name === "adam") {
        const powers = this.arrays.get("beta_powers");
        powers[0] *= optimizer.beta1;
        powers[1] *= optimizer.beta2;
      }
      for (let n = 0; n < this.network.length; n++) {
        const { weight_sums, bias_sums } = this.network[n];
        this.updated(`weights.${n}`, weight_sums, lr, optimizer.weight_decay);
        if (bias) this.updated(`biases.${n}`, bias_sums, lr, 0.0);
      }
    }

    updated(name, sums, lr, decay) {
      const { optimizer } = this.description;
      const weights = this.arrays.get(name);
      if (optimizer.name === "sgd") return weights.set(sums);
      if (decay !== 0.0) downhill(sums, weights, decay);
      const slots = SLOTS[optimizer.name].map((slot) => this.arrays.get(`${slot}.${name}`));
      if (optimizer.name === "momentum") return momentum(optimizer, lr, weights, sums, ...slots);
      adam(optimizer, lr, weights, sums, ...slots, this.arrays.get("beta_powers"));
    }

    see(inputs) {
      for (const example of inputs) this.seen = widened(this.seen, example);
    }
  }

  // nnref/common/arguments.py and examples.py: what is wrong is refused before anything changes, by a
  // RangeError where Python has a ValueError.

  function shown(value) {
    let text = String(value);
    if (typeof value === "string") text = `'${value.replace(/\s+/g, " ")}'`;
    else if (typeof value === "bigint" || Number.isInteger(value)) text = `${value}`;
    else if (typeof value === "number") text = written(value);
    else if (is_sequence(value)) text = `[${Array.from(value.slice(0, 6), shown).join(", ")}]`;
    else if (typeof value === "object" && value !== null) text = "an object";
    return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
  }

  function is_sequence(value) {
    return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  }

  const FINITE = { holds: Number.isFinite, wants: "a finite number" };
  const POSITIVE = { holds: (x) => x > 0.0 && x < Infinity, wants: "a finite number above 0" };
  const NOT_NEGATIVE = {
    holds: (x) => x >= 0.0 && x < Infinity,
    wants: "a finite number of at least 0",
  };
  const PROBABILITY = { holds: (x) => x >= 0.0 && x <= 1.0, wants: "a number from 0 to 1" };

  function between(low, high) {
    const wants = `a number between ${low} and ${high}, both excluded`;
    return { holds: (x) => x > low && x < high, wants };
  }

  function from_to_below(low, high) {
    const wants = `a number from ${general(low, 6)} to below ${general(high, 6)}`;
    return { holds: (x) => x >= low && x < high, wants };
  }

  function number_within(name, value, within) {
    if (typeof value !== "number") throw wrong_type(name, value, within.wants);
    if (!within.holds(value)) throw wrong_value(name, value, within.wants);
    return value;
  }

  function positive_int(name, value) {
    const wants = "a whole number of at least 1";
    if (!Number.isInteger(value)) throw wrong_type(name, value, wants);
    if (value < 1) throw wrong_value(name, value, wants);
    return value;
  }

  function flag(name, value) {
    if (typeof value !== "boolean") throw wrong_type(name, value, "true or false");
    return value;
  }

  function one_of(name, value, choices) {
    const wants = choices.map((choice) => `'${choice}'`).join(" or ");
    if (typeof value !== "string") throw wrong_type(name, value, wants);
    if (!choices.includes(value)) throw wrong_value(name, value, wants);
    return value;
  }

  function wrong_type(name, value, wants) {
    return new TypeError(`${name}: got ${shown(value)}, wants ${wants}`);
  }

  function wrong_value(name, value, wants) {
    return new RangeError(`${name}: got ${shown(value)}, wants ${wants}`);
  }

  function float_list(name, values, width, within, numbers = new Float64Array(width)) {
    if (!is_sequence(values)) throw wrong_type(name, values, `a sequence of ${width} numbers`);
    for (let i = 0; i < values.length; i++) {
      if (typeof values[i] !== "number") throw wrong_type(`${name}[${i}]`, values[i], "a number");
    }
    if (values.length !== width) {
      throw new RangeError(`${name}: got ${values.length} numbers, wants ${width}`);
    }
    for (let i = 0; i < width; i++) {
      if (within && !within.holds(values[i])) {
        throw new RangeError(`${name}[${i}]: got ${written(values[i])}, wants ${within.wants}`);
      }
    }
    numbers.set(values);
    return numbers;
  }

  function float_rows(name, rows, width, within) {
    if (!is_sequence(rows)) throw wrong_type(name, rows, `rows of ${width} numbers`);
    return Array.from(rows, (row, n) => float_list(`${name}[${n}]`, row, width, within));
  }

  // The options given, with the defaults of the others; undefined counts as not given.
  function with_defaults(name, options, defaults) {
    const given = { ...defaults };
    for (const [option, value] of Object.entries(options)) {
      if (!Object.hasOwn(defaults, option)) {
        throw new TypeError(`${name}() got an unexpected option '${option}'`);
      }
      if (value !== undefined) given[option] = value;
    }
    return given;
  }

  // nnref/common/description.py and optimizers.py

  const ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity"];
  const OUTPUT_ACTIVATIONS = ["sigmoid", "tanh", "identity", "softmax", "exponential"];
  const LOSSES = ["squared_error", "cross_entropy", "poisson"];
  const INITS = ["uniform", "scaled_normal", "glorot_uniform", "he_normal"];
  const MOST_WEIGHTS = 268435456;
  const DEFAULTS = {
    activation: "sigmoid",
    output_activation: "sigmoid",
    loss: "squared_error",
    hidden_error: "split",
    bias: false,
    optimizer: "sgd",
    init: "uniform",
    bias_init: "zeros",
    dropout: 0.0,
    input_dropout: 0.0,
    seed: null,
    dtype: "float64",
  };
  const OPTIONS = Object.keys(DEFAULTS).filter((name) => name !== "dtype");
  const DESCRIPTION = ["inodes", "hnodes", "onodes", "lr", ...OPTIONS];
  const OPTIMIZERS = {
    sgd: { weight_decay: 0.0 },
    momentum: { momentum: 0.9, nesterov: false, weight_decay: 0.0 },
    adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 },
  };
  const SLOTS = { sgd: [], momentum: ["velocity"], adam: ["first_moment", "second_moment"] };
  const SETTINGS = {
    weight_decay: from_to_below(0.0, Infinity),
    momentum: from_to_below(0.0, 1.0),
    beta1: from_to_below(0.0, 1.0),
    beta2: from_to_below(0.0, 1.0),
    epsilon: from_to_below(2.2250738585072014e-308, Infinity),
  };

  const DROPOUT_RATE = from_to_below(0.0, 1.0);
  const drops = ({ dropout, input_dropout }) => dropout > 0.0 || input_dropout > 0.0;

  function describe(inodes, hnodes, onodes, lr, options) {
    const given = with_defaults("NeuralNetwork", options, DEFAULTS);
    refuse_float32(given.dtype);
    const hidden = Array.from(is_sequence(hnodes) ? hnodes : [hnodes]);
    const description = {
      inodes: positive_int("inodes", inodes),
      hnodes: hidden.map((width) => positive_int("hnodes", width)),
      onodes: positive_int("onodes", onodes),
      lr: number_within("lr", lr, POSITIVE),
      activation: activation_per_layer(given.activation, hidden.length),
      output_activation: one_of("output_activation", given.output_activation, OUTPUT_ACTIVATIONS),
      loss: one_of("loss", given.loss, LOSSES),
      hidden_error: one_of("hidden_error", given.hidden_error, ["split", "gradient"]),
      bias: flag("bias", given.bias),
      optimizer: optimizer_named(given.optimizer),
      init: one_of("init", given.init, INITS),
      bias_init: one_of("bias_init", given.bias_init, ["zeros", "drawn"]),
      dropout: number_within("dropout", given.dropout, DROPOUT_RATE),
      input_dropout: number_within("input_dropout", given.input_dropout, DROPOUT_RATE),
      seed: seed_of(given.seed),
    };
    refuse_what_cannot_be(description);
    return description;
  }

  function refuse_float32(dtype) {
    if (one_of("dtype", dtype, ["float64", "float32"]) === "float32") {
      throw new RangeError("dtype: got 'float32', wants 'float64': only nnfast in Python has both");
    }
  }

  function activation_per_layer(value, layers) {
    if (!is_sequence(value)) return Array(layers).fill(one_of("activation", value, ACTIVATIONS));
    const names = Array.from(value, (name) => one_of("activation", name, ACTIVATIONS));
    if (names.length === layers) return names;
    throw new RangeError(
      `activation: got ${names.length} names, wants one name or ${layers}, one per hidden layer`,
    );
  }

  function refuse_what_cannot_be(description) {
    const { output_activation: output, loss, bias, bias_init, onodes, dropout } = description;
    const weights = shapes_of(description).reduce((sum, shape) => sum + shape[0] * shape[1], 0);
    const refuse = (text) => {
      throw new RangeError(text);
    };
    if (weights > MOST_WEIGHTS) {
      refuse(`inodes, hnodes, onodes: got ${weights} weights, wants at most ${MOST_WEIGHTS}`);
    }
    if (bias_init === "drawn" && !bias) {
      refuse("bias_init: got 'drawn' without bias, wants bias=True too");
    }
    if (dropout > 0.0 && description.hnodes.length === 0) {
      refuse(
        `dropout: got ${written(dropout)} without a hidden layer, whose neurons it drops; wants ` +
          "hnodes too, or 0, with input_dropout for the inputs",
      );
    }
    if (loss === "cross_entropy" && !["sigmoid", "softmax"].includes(output)) {
      refuse(
        `loss: got 'cross_entropy' with output_activation='${output}', but it takes outputs ` +
          "between 0 and 1: wants output_activation 'sigmoid' or 'softmax', or loss 'squared_error'",
      );
    }
    if (loss === "poisson" && output !== "exponential") {
      refuse(
        `loss: got 'poisson' with output_activation='${output}', but it takes outputs above 0: ` +
          "wants output_activation 'exponential', or loss 'squared_error'",
      );
    }
    if (output === "softmax" && onodes === 1) {
      refuse(
        "output_activation: got 'softmax' with onodes=1, a single output that is always 1; " +
          "wants at least 2 outputs, or 'sigmoid'",
      );
    }
  }

  // A seed beyond 2^53 - 1 is no exact number: it comes as a BigInt or as text, and is kept as BigInt.
  function seed_of(value) {
    const drawn = () => BigInt(Math.floor(Math.random() * 4294967296));
    if (value === null) return (drawn() << 32n) | drawn();
    const is_text = typeof value === "string" && /^[0-9]{1,20}$/.test(value);
    if (typeof value === "bigint" || Number.isSafeInteger(value) || is_text) {
      const seed = BigInt(value);
      if (seed >= 0n && seed < 1n << 64n) return seed;
    }
    const wants =
      "null or a whole number from 0 to 2**64 - 1, as a BigInt or as text from 2**53 on";
    const is_number = ["number", "bigint"].includes(typeof value);
    throw (is_number ? wrong_value : wrong_type)("seed", value, wants);
  }

  function optimizer_named(value) {
    const entries = typeof value === "string" ? { name: value } : value;
    const names = Object.keys(OPTIMIZERS);
    const wants = `${names.map((name) => `'${name}'`).join(" or ")}, or an object with a name and settings`;
    if (typeof entries !== "object" || entries === null)
      throw wrong_type("optimizer", value, wants);
    if (!names.includes(entries.name)) throw wrong_value("optimizer", entries.name, wants);
    const defaults = { name: entries.name, ...OPTIMIZERS[entries.name] };
    const optimizer = with_defaults(entries.name, entries, defaults);
    for (const [name, setting] of Object.entries(optimizer)) {
      if (name === "nesterov") flag(name, setting);
      else if (name !== "name") number_within(name, setting, SETTINGS[name]);
    }
    return Object.freeze(optimizer);
  }

  function shapes_of({ inodes, hnodes, onodes }) {
    const sizes = [inodes, ...hnodes, onodes];
    return sizes.slice(1).map((fan_out, n) => [sizes[n], fan_out]);
  }

  function activations_of(description) {
    return [...description.activation, description.output_activation];
  }

  // The shape of every array that training changes, by its name in a model file, in its order there.
  function array_shapes(description) {
    const learned = shapes_of(description).flatMap((shape, n) => [
      [`weights.${n}`, shape],
      ...(description.bias ? [[`biases.${n}`, shape.slice(1)]] : []),
    ]);
    const { name: optimizer } = description.optimizer;
    const kept = SLOTS[optimizer].flatMap((slot) =>
      learned.map(([name, shape]) => [`${slot}.${name}`, shape]),
    );
    const powers = optimizer === "adam" ? [["beta_powers", [2]]] : [];
    return new Map([...learned, ...kept, ...powers]);
  }

  function layer_names({ hnodes }) {
    const hidden = hnodes.map((_, n) => (hnodes.length === 1 ? "hidden" : `hidden_${n + 1}`));
    return ["input", ...hidden, "output"];
  }

  // nnref/common/randomness.py, and what it takes from Python: random.Random(seed).random, which is the
  // Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded by the seed's 32-bit words.

  function first_numbers(description, arrays) {
    const draw = random(description.seed);
    const normal = normals(draw);
    const is_normal = ["scaled_normal", "he_normal"].includes(description.init);
    const kinds = description.bias_init === "drawn" ? ["weights", "biases"] : ["weights"];
    for (const kind of kinds) {
      shapes_of(description).forEach((_, layer) => {
        const scale = scale_of(description, layer);
        const numbers = arrays.get(`${kind}.${layer}`);
        for (let at = 0; at < numbers.length; at++) {
          numbers[at] = (is_normal ? normal() : draw() - 0.5) * scale;
        }
      });
    }
  }

  function scale_of({ init, activation, ...sizes }, layer) {
    const [fan_in, fan_out] = shapes_of(sizes)[layer];
    if (init === "scaled_normal") return 1.0 / Math.sqrt(fan_in);
    if (init === "he_normal") return Math.sqrt(2.0 / fan_in);
    if (init === "uniform") return 1.0;
    // As in scikit-learn, the hidden neurons decide; for the outputs, those before them.
    const factor = activation.slice(0, layer + 1).at(-1) === "sigmoid" ? 2.0 : 6.0;
    return 2.0 * Math.sqrt(factor / (fan_in + fan_out));
  }

  function normals(draw) {
    let spare = null;
    return () => {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      for (;;) {
        const u = 2.0 * draw() - 1.0;
        const v = 2.0 * draw() - 1.0;
        const s = u * u + v * v;
        if (0.0 < s && s < 1.0) {
          const factor = Math.sqrt((-2.0 * log(s)) / s);
          spare = v * factor;
          return u * factor;
        }
      }
    };
  }

  function epoch_order(examples, seed, epoch) {
    const draw = random(seed_from(`order of epoch ${epoch} from seed ${seed}`));
    const order = Array.from({ length: examples }, (_, place) => place);
    for (let last = examples - 1; last > 0; last--) {
      const other = Math.floor(draw() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  function random(seed) {
    const key = [];
    for (let rest = seed; rest > 0n || key.length === 0; rest >>= 32n) {
      key.push(Number(rest & 0xffffffffn));
    }
    const state = seeded(key);
    let used = 624;
    function word() {
      if (used === 624) {
        renew(state);
        used = 0;
      }
      let y = state[used++];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      return (y ^ (y >>> 18)) >>> 0;
    }
    return () => {
      const [a, b] = [word() >>> 5, word() >>> 6];
      return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
    };
  }

  function seeded(key) {
    const state = new Uint32Array(624);
    const mixed = (i, factor) => Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), factor);
    state[0] = 19650218;
    for (let i = 1; i < 624; i++) state[i] = mixed(i, 1812433253) + i;
    let i = 1;
    const next = () => {
      if (++i === 624) {
        state[0] = state[623];
        i = 1;
      }
    };
    for (let k = Math.max(624, key.length), j = 0; k > 0; k--, j = (j + 1) % key.length) {
      state[i] = (state[i] ^ mixed(i, 1664525)) + key[j] + j;
      next();
    }
    for (let k = 623; k > 0; k--) {
      state[i] = (state[i] ^ mixed(i, 1566083941)) - i;
      next();
    }
    state[0] = 0x80000000;
    return state;
  }

  function renew(state) {
    for (let i = 0; i < 624; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
      state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
  }

  // Python seeds with a text by its characters and their SHA-512, read as one number.
  function seed_from(text) {
    let seed = 0n;
    for (const character of text) seed = (seed << 8n) | BigInt(character.charCodeAt(0));
    return (seed << 512n) | sha512(seed, text.length);
  }

  // SHA-512 and SHA-256 (FIPS 180-4). Their constants are the first bits after the point of the cube
  // roots of the first 80 primes, and of the square roots of the first 8.

  const PRIMES = [];
  for (let n = 2; PRIMES.length < 80; n++) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);
  const LOW_64 = (1n << 64n) - 1n;
  const CUBE_ROOTS = PRIMES.map((prime) => root_of(prime, 3n) & LOW_64);
  const SQUARE_ROOTS = PRIMES.slice(0, 8).map((prime) => root_of(prime, 2n) & LOW_64);

  // The root of a prime times 2^64, rounded down, bit by bit.
  function root_of(prime, degree) {
    const power = BigInt(prime) << (64n * degree);
    let root = 0n;
    for (let bit = 1n << 69n; bit > 0n; bit >>= 1n) {
      let product = 1n;
      for (let n = 0n; n < degree; n++) product *= root | bit;
      if (product <= power) root |= bit;
    }
    return root;
  }

  // Of at most 111 bytes, read as one number: they are one block.
  function sha512(bytes, count) {
    const turned = (x, n) => (x >> n) | ((x << (64n - n)) & LOW_64);
    const block = (((bytes << 8n) | 0x80n) << BigInt(8 * (127 - count))) | BigInt(8 * count);
    const w = Array.from({ length: 16 }, (_, t) => (block >> BigInt(64 * (15 - t))) & LOW_64);
    let [a, b, c, d, e, f, g, h] = SQUARE_ROOTS;
    for (let t = 0; t < 80; t++) {
      if (t >= 16) {
        const [x, y] = [w[t - 15], w[t - 2]];
        const s0 = turned(x, 1n) ^ turned(x, 8n) ^ (x >> 7n);
        const s1 = turned(y, 19n) ^ turned(y, 61n) ^ (y >> 6n);
        w.push((w[t - 16] + s0 + w[t - 7] + s1) & LOW_64);
      }
      const choice = (e & f) ^ (~e & g);
      const s1 = turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n);
      const t1 = h + s1 + choice + CUBE_ROOTS[t] + w[t];
      const t2 = (turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & LOW_64, c, b, a, (t1 + t2) & LOW_64];
    }
    const sums = [a, b, c, d, e, f, g, h].map((x, n) => (x + SQUARE_ROOTS[n]) & LOW_64);
    return sums.reduce((digest, sum) => (digest << 64n) | sum, 0n);
  }

  function sha256(bytes) {
    const padded = new DataView(new ArrayBuffer(((bytes.length + 8) >> 6) * 64 + 64));
    new Uint8Array(padded.buffer).set(bytes);
    padded.setUint8(bytes.length, 0x80);
    padded.setUint32(padded.byteLength - 8, bytes.length / 536870912);
    padded.setUint32(padded.byteLength - 4, bytes.length * 8);
    const sums = Int32Array.from(SQUARE_ROOTS, (root) => Number(root >> 32n));
    const k = Int32Array.from(CUBE_ROOTS, (root) => Number(root >> 32n));
    const w = new Int32Array(64);
    for (let start = 0; start < padded.byteLength; start += 64) {
      for (let t = 0; t < 16; t++) w[t] = padded.getInt32(start + 4 * t);
      add_block(sums, k, w);
    }
    return Array.from(sums, (sum) => (sum >>> 0).toString(16).padStart(8, "0")).join("");
  }

  function add_block(sums, k, w) {
    for (let t = 16; t < 64; t++) {
      const [x, y] = [w[t - 15], w[t - 2]];
      const s0 = turned_32(x, 7) ^ turned_32(x, 18) ^ (x >>> 3);
      const s1 = turned_32(y, 17) ^ turned_32(y, 19) ^ (y >>> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = sums;
    for (let t = 0; t < 64; t++) {
      const choice = (e & f) ^ (~e & g);
      const s1 = turned_32(e, 6) ^ turned_32(e, 11) ^ turned_32(e, 25);
      const t1 = (h + s1 + choice + k[t] + w[t]) | 0;
      const s0 = turned_32(a, 2) ^ turned_32(a, 13) ^ turned_32(a, 22);
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((x, n) => (sums[n] += x));
  }

  const turned_32 = (x, n) => (x >>> n) | (x << (32 - n));

  // nnref/common/seen_range.py

  const UNTRAINED = {
    examples: 0,
    low: Infinity,
    high: -Infinity,
    highest_low: -Infinity,
    lowest_high: Infinity,
  };
  const [FEWEST_EXAMPLES, BEYOND, SHORT, POINT] = [100, 0.5, 0.1, 2];

  function widened(seen, example) {
    const [low, high] = lowest_and_highest(example);
    return {
      examples: seen.examples + 1,
      low: Math.min(seen.low, low),
      high: Math.max(seen.high, high),
      highest_low: Math.max(seen.highest_low, low),
      lowest_high: Math.min(seen.lowest_high, high),
    };
  }

  // No negative zero: the result must not depend on which zero came first.
  function lowest_and_highest(example) {
    let [low, high] = [Infinity, -Infinity];
    for (const number of example) {
      if (number < low) low = number;
      if (number > high) high = number;
    }
    return [low + 0.0, high + 0.0];
  }

  function is_like(seen, example) {
    const [low, high] = lowest_and_highest(example);
    if (seen.examples < FEWEST_EXAMPLES || low > high) return true;
    const width = seen.high - seen.low;
    const is_within = seen.low - BEYOND * width <= low && high <= seen.high + BEYOND * width;
    const spans =
      low <= seen.highest_low + SHORT * width && seen.lowest_high - SHORT * width <= high;
    return is_within && (example.length <= POINT || spans);
  }

  function complaint(seen, example) {
    const [low, high] = lowest_and_highest(example);
    const is_point = example.length <= POINT;
    const unlike = [];
    const limits = (side, limit) =>
      `all are ${side} ${general(limit, 4)}, unlike those of any training example`;
    if (high > seen.high) unlike.push("some of these are larger");
    if (low < seen.low) unlike.push("some of these are smaller");
    if (low > seen.highest_low && !is_point) unlike.push(limits("above", seen.highest_low));
    if (high < seen.lowest_high && !is_point) unlike.push(limits("below", seen.lowest_high));
    return (
      `inputs: the network was trained on numbers from ${general(seen.low, 4)} to ` +
      `${general(seen.high, 4)}, but ${unlike.join(", and ")}. Scale these inputs as you scaled ` +
      "the training examples, or the answer may mean nothing."
    );
  }

  // Numbers as Python writes them: repr(x), the fewest digits that are read as x; and format(x, ".4g"),
  // which rounds ties to even, where toExponential rounds them up.

  function written(x) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
    const [digits, exponent] = Math.abs(x).toExponential().replace(".", "").split("e");
    const text = laid_out(digits, Number(exponent), 16);
    return sign_of(x) + (/[.e]/.test(text) ? text : `${text}.0`);
  }

  function general(x, precision) {
    if (!Number.isFinite(x)) return written(x);
    let [digits, exponent] = Math.abs(x)
      .toExponential(precision - 1)
      .split("e");
    const exact = Math.abs(x).toExponential(60);
    const rest = exact.slice(precision + 1, exact.indexOf("e"));
    const is_even = "02468".includes(exact.slice(0, precision + 1).at(-1));
    if (/^50*$/.test(rest) && is_even)
      [digits, exponent] = [exact.slice(0, precision + 1), exact.split("e")[1]];
    digits = digits.replace(".", "").replace(/0+$/, "") || "0";
    return sign_of(x) + laid_out(digits, Number(exponent), precision);
  }

  function sign_of(x) {
    return x < 0 || Object.is(x, -0) ? "-" : "";
  }

  function laid_out(digits, exponent, most) {
    if (exponent < -4 || exponent >= most) {
      const point = digits.length > 1 ? "." : "";
      const size = String(Math.abs(exponent)).padStart(2, "0");
      return `${digits[0]}${point}${digits.slice(1)}e${exponent < 0 ? "-" : "+"}${size}`;
    }
    if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
    const whole_part = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
    return digits.length > exponent + 1
      ? `${whole_part}.${digits.slice(exponent + 1)}`
      : whole_part;
  }

  // nnfast/exchange/json.py

  const FORMAT = "nnfast network as JSON, version 1";
  const KEYS = ["format", "network", "dtype", "epochs", "reach", "arrays"];
  const ADDED = { bias_init: "zeros", dropout: 0.0, input_dropout: 0.0 };
  const NOT_FINITE = { __proto__: null, NaN, Infinity, "-Infinity": -Infinity };

  // A BigInt stands for a whole number of Python's; any other number is a float there.
  function json_of(network) {
    const { bias_init, dropout, input_dropout, ...entries } = network._description;
    const { inodes, hnodes, onodes, seed } = entries;
    const sizes = { inodes: BigInt(inodes), hnodes: hnodes.map(BigInt), onodes: BigInt(onodes) };
    delete entries.seed;
    const added = { bias_init, dropout, input_dropout };
    for (const [name, before] of Object.entries(ADDED)) {
      if (added[name] === before) delete added[name];
    }
    const { examples, ...range } = network._engine.seen;
    const head = {
      format: FORMAT,
      network: { ...entries, ...sizes, ...added, seed },
      dtype: "float64",
      epochs: BigInt(network.epochs),
      ...(drops(network._description) ? { updates: BigInt(network._engine.updates) } : {}),
      reach: examples ? { examples: BigInt(examples), ...range } : null,
    };
    const arrays = Array.from(array_shapes(network._description), ([name, shape]) => {
      const lines = rows_of(network._arrays.get(name), shape)
        .map((row) => `[${Array.from(row, number_text).join(", ")}]`)
        .join(",\n      ");
      return `    "${name}": ${shape.length === 1 ? lines : `[\n      ${lines}\n    ]`}`;
    });
    const opened = json_text(head, "\n").slice(0, -2);
    return `${opened},\n  "arrays": {\n${arrays.join(",\n")}\n  }\n}\n`;
  }

  function json_text(value, line) {
    if (typeof value === "number") return number_text(value);
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const [opens, closes] = Array.isArray(value) ? "[]" : "{}";
    const entries = Object.entries(value).map(
      ([key, entry]) =>
        `${line}  ${opens === "[" ? "" : `"${key}": `}${json_text(entry, `${line}  `)}`,
    );
    return entries.length ? `${opens}${entries.join(",")}${line}${closes}` : opens + closes;
  }

  const number_text = (x) => (Number.isFinite(x) ? written(x) : `"${x}"`);

  function read_json(text) {
    // Or JSON.parse would round a seed to 53 bits.
    const quoted = text.replace(/("seed"\s*:\s*)([0-9]+)(?![0-9.eE])/g, '$1"$2"');
    const entries = JSON.parse(quoted);
    if (entries?.format !== FORMAT) throw wrong_value("format", entries?.format, `'${FORMAT}'`);
    object_with("the object", entries, "updates" in entries ? [...KEYS, "updates"] : KEYS);
    const description = described(entries.network);
    object_with("the object", entries, drops(description) ? [...KEYS, "updates"] : KEYS);
    refuse_float32(entries.dtype);
    const { epochs, updates = 0, reach } = entries;
    for (const [name, count] of Object.entries({ epochs, updates })) {
      if (!Number.isSafeInteger(count) || count < 0) {
        throw wrong_value(name, count, "a whole number of at least 0");
      }
    }
    const seen = seen_in(reach);
    const shapes = array_shapes(description);
    const values = object_with("arrays", entries.arrays, [...shapes.keys()]);
    const arrays = Array.from(shapes, ([name, shape]) => [
      name,
      array_from(name, numbers_in(name, values[name]), shape),
    ]);
    return [description, new Map(arrays), epochs, seen, updates];
  }

  function described(entries) {
    const name = "the network's description";
    const odd = odd_keys({ ...ADDED, ...object_at(name, entries) }, DESCRIPTION);
    if (odd) throw new RangeError(`${name} lacks or should not have: ${odd}`);
    const { inodes, hnodes, onodes, lr, ...options } = entries;
    if (options.seed === null) throw wrong_type("seed", null, "a whole number");
    for (const [list, value] of [
      ["hnodes", hnodes],
      ["activation", options.activation],
    ]) {
      if (!Array.isArray(value)) throw wrong_type(list, value, "a list");
    }
    const settings = OPTIMIZERS[object_at("optimizer", options.optimizer).name] ?? {};
    if (odd_keys(options.optimizer, ["name", ...Object.keys(settings)])) {
      throw wrong_value("optimizer", options.optimizer, "a name and all its settings");
    }
    return describe(inodes, hnodes, onodes, lr, options);
  }

  function seen_in(entries) {
    if (entries === null) return UNTRAINED;
    const { examples, ...range } = object_with("reach", entries, Object.keys(UNTRAINED));
    if (!Number.isSafeInteger(examples) || examples < 1) {
      throw new RangeError(`reach: got ${shown(examples)} examples, wants a whole number above 0`);
    }
    for (const number of Object.values(range)) number_within("reach", number, FINITE);
    return { ...UNTRAINED, ...entries };
  }

  function object_with(name, entries, keys) {
    const odd = odd_keys(object_at(name, entries), keys);
    if (odd) throw new RangeError(`${name}: got one that lacks, or should not have, ${odd}`);
    return entries;
  }

  function object_at(name, entries) {
    if (typeof entries === "object" && entries !== null && !is_sequence(entries)) return entries;
    throw wrong_type(name, entries, "a JSON object");
  }

  function odd_keys(entries, keys) {
    const found = Object.keys(entries);
    const odd = [...new Set([...found, ...keys])].filter(
      (key) => !(found.includes(key) && keys.includes(key)),
    );
    return odd.length ? shown(odd.sort().join(", ")) : "";
  }

  // JSON's numbers, and the texts for those that it does not have.
  function numbers_in(name, values) {
    if (!Array.isArray(values)) return values;
    return values.map((value) => {
      if (Array.isArray(value)) return numbers_in(name, value);
      if (value !== Infinity && value !== -Infinity) return NOT_FINITE[value] ?? value;
      throw new RangeError(`${name}: got a number too large for float64`);
    });
  }

  function array_from(name, values, shape) {
    if (shape.length === 1) return float_list(name, values, shape[0]);
    const rows = float_rows(name, values, shape[1]);
    if (rows.length !== shape[0]) {
      throw new RangeError(`${name}: got ${rows.length} rows, wants ${shape[0]}`);
    }
    const matrix = new Float64Array(shape[0] * shape[1]);
    rows.forEach((row, i) => matrix.set(row, i * shape[1]));
    return matrix;
  }

  // The rows of a matrix, which share its numbers; a vector as one row.
  function rows_of(array, shape) {
    const width = shape.at(-1);
    const starts = Array.from({ length: array.length / width }, (_, i) => i * width);
    return starts.map((start) => array.subarray(start, start + width));
  }

  // nnref/explanation: update.py, rules.py, markup.py and story.py.

  const COMPUTED = ["signals", "outputs", "errors", "deltas", "steps"];

  class LayerExplanation {
    constructor(numbers) {
      Object.assign(this, numbers);
    }

    article_name(attribute) {
      const { name, before } = this;
      if (attribute === "mask") return `${before}_mask`;
      if (attribute === "inputs" && this.mask.length) return `${before}_kept`;
      if (attribute === "inputs") return before === "input" ? "inputs" : `${before}_outputs`;
      if (["signals", "outputs"].includes(attribute)) {
        const layer = name === "output" ? "final" : name;
        return `${layer}_${attribute === "signals" ? "inputs" : "outputs"}`;
      }
      if (["errors", "deltas", "steps"].includes(attribute)) return `${name}_${attribute}`;
      if (attribute.includes("bias")) return `${attribute}_${name}`;
      return `${attribute}_${before}_${name}`;
    }

    to_dict() {
      const names = this.mask.length ? ["mask", "inputs"] : [];
      names.push("weights", ...COMPUTED, "weight_changes", "new_weights");
      if (this.biases.length) names.push("biases", "bias_changes", "new_biases");
      const entries = names.map((name) => [this.article_name(name), this[name]]);
      for (const [slot, matrix] of Object.entries(this.slots)) {
        entries.push([this.article_name(slot), matrix]);
      }
      for (const [slot, vector] of Object.entries(this.bias_slots)) {
        entries.push([this.article_name(`bias_${slot}`), vector]);
      }
      return Object.fromEntries(entries);
    }
  }

  class Explanation {
    constructor(numbers) {
      Object.assign(this, numbers);
    }

    // Every number by its name in the article.
    to_dict() {
      const { inputs, targets, loss, lr } = this;
      return Object.assign({ inputs, targets, loss, lr }, ...this.layers.map((l) => l.to_dict()));
    }

    // What the errors, deltas and steps of layer n mean.
    backward_note(n) {
      const { layers, loss_function, hidden_error, optimizer } = this;
      const is_last = n === layers.length - 1;
      const masked = !is_last && layers[n + 1].mask.length ? [MASK_NOTE] : [];
      const notes = [
        is_last
          ? "The error of an output is its target minus the output."
          : HIDDEN_ERROR_NOTES[hidden_error],
        ...masked,
        is_last && loss_function in LOSS_NAMES
          ? `With ${LOSS_NAMES[loss_function]}, the slope of the activation cancels out.`
          : DELTA_NOTES[layers[n].activation],
      ];
      if (optimizer.name !== "sgd") {
        notes.push(`${capital(optimizer.name)} applies the learning rate later, in the update.`);
      }
      return notes.join(" ");
    }

    // How its biases move; empty without biases.
    update_note(n) {
      const { layers, optimizer } = this;
      if (layers[n].biases.length === 0) return "";
      const decay = optimizer.weight_decay ? ", without weight decay" : "";
      const own = n < layers.length - 1 ? "j" : "k";
      const name = named(layers[n], "biases", own);
      return `The bias ${name} moves like a weight whose input is always 1${decay}.`;
    }

    // Why a weight of layer n moved as it did, as sentences in HTML; unless named, the one that did most.
    story(n, i, j) {
      return story_of(this, n, i, j);
    }
  }

  function taken_apart(network, after, inputs, targets, loss) {
    const { hnodes, optimizer, lr, hidden_error, bias, ...rules } = network._description;
    const names = layer_names({ hnodes });
    const shapes = array_shapes(network._description);
    const rows = (of, name) => rows_of(of._arrays.get(name), shapes.get(name)).map((r) => [...r]);
    const changes = (name) => {
      const old = rows(network, name);
      return rows(after, name).map((row, i) => row.map((w, j) => w - old[i][j]));
    };
    const slots = (name) =>
      SLOTS[optimizer.name].map((slot) => [slot, rows(after, `${slot}.${name}`)]);
    const { inputs: senders, thinned } = after._engine;
    const layers = thinned.map((layer, n) => {
      const [weights, biases] = [`weights.${n}`, `biases.${n}`];
      const { mask, kept } = n ? thinned[n - 1] : senders;
      return new LayerExplanation({
        name: names[n + 1],
        before: names[n],
        activation: layer.activation,
        mask: mask === null ? [] : [...mask],
        inputs: n || mask !== null ? [...kept] : inputs,
        ...Object.fromEntries(COMPUTED.map((name) => [name, [...layer[name]]])),
        weights: rows(network, weights),
        weight_changes: changes(weights),
        new_weights: rows(after, weights),
        slots: Object.fromEntries(slots(weights)),
        biases: bias ? rows(network, biases)[0] : [],
        bias_changes: bias ? changes(biases)[0] : [],
        new_biases: bias ? rows(after, biases)[0] : [],
        bias_slots: Object.fromEntries(bias ? slots(biases).map(([s, [row]]) => [s, row]) : []),
      });
    });
    const numbers = { inputs, targets, loss, hidden_error, lr, optimizer, layers };
    return new Explanation({ ...numbers, loss_function: rules.loss });
  }

  const LOSS_NAMES = { cross_entropy: "the cross-entropy", poisson: "the Poisson loss" };
  const HIDDEN_ERROR_NOTES = {
    split:
      "The errors of the next layer flow back through the weights and add up. This is the " +
      "article's rule.",
    gradient:
      "The deltas of the next layer flow back through the weights and add up. This is the chain " +
      "rule.",
  };
  const MASK_NOTE = "Each is then multiplied by its neuron's mask: a dropped neuron has no error.";
  const DELTA_NOTES = {
    sigmoid:
      "The delta is the error times the slope of the sigmoid, which is small where the output is " +
      "near 0 or 1.",
    tanh:
      "The delta is the error times the slope of tanh, which is small where the output is near " +
      "-1 or 1.",
    relu: "The delta is the error where relu lets the signal through, and 0 where it does not.",
    identity: "The slope is 1, so the delta is the error itself.",
    softmax:
      "When one output of softmax grows, the others shrink. So each delta depends on all errors, " +
      "through the sum s.",
    exponential: "The slope of the exponential is the output, so the delta is their product.",
  };

  const sent_back = ({ hidden_error }) => (hidden_error === "split" ? "errors" : "deltas");

  function named(layer, attribute, ...indices) {
    return layer.article_name(attribute) + indices.map((index) => `[${index}]`).join("");
  }

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  const [MINUS, TIMES] = ["\u2212", "\u00d7"];

  const code = (text) => `<code>${text}</code>`;

  function number(x) {
    if (x === 0.0) return "0";
    return general(x, 4)
      .replace(/e\+?(-?)0?(\d)/, "e$1$2")
      .replaceAll("-", MINUS);
  }

  const value = (x) => `<span title="${written(x)}">${number(x)}</span>`;

  function factor(x) {
    return `<span title="${written(x)}">${x < 0.0 ? `(${number(x)})` : number(x)}</span>`;
  }

  function signed_value(x) {
    const colour = x > 0.0 ? "positive" : x < 0.0 ? "negative" : "zero";
    return `<b class="${colour}" title="${written(x)}">${x > 0.0 ? "+" : ""}${number(x)}</b>`;
  }

  function story_of(explanation, n, i, j) {
    const layer = explanation.layers[n];
    const [most_i, most_j] = most_moved(layer.weight_changes);
    [i, j] = [i ?? most_i, j ?? most_j];
    const is_most = i === most_i && j === most_j;
    if (is_most && layer.weight_changes[i][j] === 0.0)
      return "<p>No weight of this layer moves.</p>";
    const reasons = [arithmetic(explanation, n, i, j), direction_of(layer, i, j)];
    if (pull(layer, i, j) !== 0.0) reasons.push(...origin(explanation, n, j, layer.deltas[j]));
    const listed = reasons.map((sentence) => `<li>${sentence}</li>`).join("");
    return `<p>${move(layer, i, j, is_most)}</p><ul>${listed}</ul>`;
  }

  // NaN counts as farthest from 0.
  function most_moved(changes) {
    let [most, at] = [-1, [0, 0]];
    changes.forEach((row, i) => {
      row.forEach((change, j) => {
        const magnitude = Number.isNaN(change) ? Infinity : Math.abs(change);
        if (magnitude > most) [most, at] = [magnitude, [i, j]];
      });
    });
    return at;
  }

  const pull = (layer, i, j) => sign(layer.inputs[i]) * sign(layer.deltas[j]);
  const sign = (x) => (x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0);

  function move(layer, i, j, is_most) {
    const change = layer.weight_changes[i][j];
    const verb = change > 0.0 ? "rises" : change < 0.0 ? "falls" : "goes";
    return (
      `${code(named(layer, "weights", i, j))} ${is_most ? "moves the most: it " : ""}${verb} from ` +
      `${value(layer.weights[i][j])} to ${value(layer.new_weights[i][j])}, ` +
      `a change of ${signed_value(change)}.`
    );
  }

  function arithmetic({ layers, optimizer }, n, i, j) {
    const layer = layers[n];
    const names = [named(layer, "inputs", i), named(layer, "steps", j)];
    const flow = product_of(names, [layer.inputs[i], layer.steps[j]]);
    if (optimizer.name === "sgd") {
      if (optimizer.weight_decay === 0.0) {
        return `The change is ${flow}: the input of the weight times the step of its neuron.`;
      }
      return `Weight decay shrinks the weight a little. Then the weight moves by ${flow}.`;
    }
    const kept = Object.entries(layer.slots)
      .map(([slot, rows]) => `${code(named(layer, slot, i, j))}, now ${signed_value(rows[i][j])}`)
      .join(" and ");
    return (
      `${capital(optimizer.name)} moves the weight by what it carries over from update to ` +
      `update: ${kept}. To this, the example contributes ${flow}.`
    );
  }

  function direction_of(layer, i, j) {
    const [x, delta] = [layer.inputs[i], layer.deltas[j]];
    const [source, name] = [code(named(layer, "inputs", i)), code(named(layer, "deltas", j))];
    if (pull(layer, i, j) === 0.0) {
      return (
        `This example pulls the weight neither way: ${source} is ${value(x)} and ${name} is ` +
        `${signed_value(delta)}.`
      );
    }
    const weight = pull(layer, i, j) > 0.0 ? "larger" : "smaller";
    return (
      `The output of ${neuron(layer, j)} should be ${wanted(delta)}: ${name} is ` +
      `${signed_value(delta)}. Since ${source} is ${x > 0.0 ? "above" : "below"} 0, a ${weight} ` +
      `weight ${delta > 0.0 ? "raises" : "lowers"} it.`
    );
  }

  function origin(explanation, n, j, delta) {
    const layer = explanation.layers[n];
    const after = explanation.layers[n + 1];
    if (after === undefined) return [target_of(explanation, layer, j, delta)];
    const attribute = sent_back(explanation);
    const [error, sent, weights] = [layer.errors[j], after[attribute], after.weights[j]];
    const part = (k) => sign(error) * weights[k] * sent[k];
    let k = 0;
    for (let other = 1; other < sent.length; other++) if (part(other) > part(k)) k = other;
    const names = [named(after, "weights", j, k), named(after, attribute, k)];
    const sentence =
      `${code(named(layer, "errors", j))} is ${signed_value(error)}, and ` +
      `${sent.length > 1 ? "the largest part of it" : "it"} comes from ${neuron(after, k)}, ` +
      `whose output should be ${wanted(sent[k])}: ${product_of(names, [weights[k], sent[k]])}.`;
    return [sentence, ...origin(explanation, n + 1, k, sent[k])];
  }

  function target_of(explanation, layer, k, delta) {
    const error = layer.errors[k];
    const sentence =
      `${capital(neuron(layer, k))} gives ${value(layer.outputs[k])} and its target is ` +
      `${value(explanation.targets[k])}, so ${code(named(layer, "errors", k))} is ` +
      `${signed_value(error)}.`;
    if (sign(error) * sign(delta) >= 0.0) return sentence;
    return (
      `${sentence} Its delta has the opposite sign: the outputs of softmax always add up to 1, and ` +
      "here the errors of the others weigh more."
    );
  }

  const wanted = (delta) => (delta > 0.0 ? "higher" : "lower");
  const product_of = (names, [x, y]) =>
    `${names.map(code).join(` ${TIMES} `)} = ${factor(x)} ${TIMES} ${factor(y)}`;

  const neuron = (layer, j) => `${layer.name} neuron ${j}`;

  // nnref/common/training.py

  const FIT_DEFAULTS = {
    epochs: 1,
    batch_size: 1,
    shuffle: false,
    sample_weight: null,
    validation: null,
    callback: null,
    schedule: null,
    patience: null,
  };

  function planned(network, inputs, targets, options) {
    const given = with_defaults("fit", options, FIT_DEFAULTS);
    for (const name of ["schedule", "patience"]) {
      if (given[name] !== null) {
        const got = shown(given[name]);
        throw new RangeError(
          `${name}: got ${got}, wants null: only the packages in Python have it`,
        );
      }
    }
    if (given.callback !== null && typeof given.callback !== "function") {
      throw wrong_type("callback", given.callback, "a function or null");
    }
    const examples = examples_for(network, "inputs", inputs, "targets", targets);
    return {
      ...given,
      ...examples,
      ...weighed(given.sample_weight, examples.inputs.length),
      epochs: positive_int("epochs", given.epochs),
      batch_size: Math.min(positive_int("batch_size", given.batch_size), examples.inputs.length),
      shuffle: flag("shuffle", given.shuffle),
      validation: given.validation === null ? null : validation_for(network, given.validation),
    };
  }

  function examples_for(network, inputs_name, inputs, targets_name, targets) {
    const examples = {
      inputs: float_rows(inputs_name, inputs, network.inodes, FINITE),
      targets: float_rows(targets_name, targets, network.onodes, network._target_range),
    };
    const [count, wanted_count] = [examples.targets.length, examples.inputs.length];
    if (count !== wanted_count) {
      throw new RangeError(
        `${targets_name}: got ${count} rows, wants ${wanted_count}, one for each row of ${inputs_name}`,
      );
    }
    if (count === 0) throw new RangeError(`${inputs_name}: got no examples, wants at least 1`);
    return examples;
  }

  function weighed(sample_weight, count) {
    if (sample_weight === null) return { sample_weight, total_weight: count };
    const weights = float_list("sample_weight", sample_weight, count, NOT_NEGATIVE);
    const total_weight = total_of(weights);
    if (total_weight > 0.0 && total_weight < Infinity)
      return { sample_weight: weights, total_weight };
    throw new RangeError(
      `sample_weight: got a sum of ${written(total_weight)}, wants a finite sum above 0`,
    );
  }

  function validation_for(network, pair) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw wrong_type("validation", pair, "a pair [inputs, targets] or null");
    }
    return examples_for(network, "validation inputs", pair[0], "validation targets", pair[1]);
  }

  function carried_out(plan, network) {
    const history = { loss: [], validation_loss: [], validation_score: [], complaint: "" };
    for (let epoch = 0; epoch < plan.epochs; epoch++) {
      const before = network.copy();
      run_epoch(plan, network, epoch, history);
      const loss = history.loss.at(-1);
      if (!Number.isFinite(loss)) {
        network._put_back(before);
        history.complaint =
          `loss: got ${written(loss)} in epoch ${epoch + 1} of this call, so training has ` +
          "diverged; it stops, and the network is as it was before that epoch. Try a smaller " +
          "learning rate, and inputs scaled to about 0 to 1";
        break;
      }
      if (plan.callback !== null && plan.callback(network, history) === true) break;
    }
    return history;
  }

  function run_epoch(plan, network, epoch, history) {
    const { inputs, targets, sample_weight, batch_size } = plan;
    const engine = network._engine;
    const order = plan.shuffle ? epoch_order(inputs.length, network.seed, network.epochs) : null;
    const seen_before = engine.seen;
    if (epoch === 0) engine.see(inputs);
    const loss = engine.fit(inputs, targets, sample_weight, order, batch_size, network.lr, 0.0);
    if (epoch === 0) count_once(engine, seen_before, inputs.length);
    network._epochs++;
    history.loss.push(loss / plan.total_weight);
    if (plan.validation === null) return;
    const { inputs: asked, targets: wanted_outputs } = plan.validation;
    const outputs = [];
    const validation_loss = engine.evaluate(asked, wanted_outputs, outputs, 0.0);
    history.validation_loss.push(validation_loss / asked.length);
    history.validation_score.push(score(network.output_activation, outputs, wanted_outputs));
  }

  // Examples that have shown nothing new are probably those of an earlier call.
  function count_once(engine, before, count) {
    const { examples, ...range } = before;
    if (Object.entries(range).every(([name, limit]) => engine.seen[name] === limit)) {
      engine.seen = { ...before, examples: Math.max(examples, count) };
    }
  }

  // nnref/common/network.py, parameters.py and described.py: the class.

  class NeuralNetwork {
    constructor(inodes, hnodes, onodes, lr, options = {}) {
      const description = describe(inodes, hnodes, onodes, lr, options);
      const arrays = new Map();
      for (const [name, shape] of array_shapes(description)) {
        arrays.set(name, new Float64Array(shape.reduce((size, width) => size * width)));
      }
      arrays.get("beta_powers")?.fill(1.0);
      first_numbers(description, arrays);
      this._become(description, arrays, 0, UNTRAINED, 0);
    }

    _become(description, arrays, epochs, seen, updates) {
      this._description = description;
      this._arrays = arrays;
      this._epochs = epochs;
      this._engine = new Engine(description, arrays);
      [this._engine.seen, this._engine.updates] = [seen, updates];
      this._inputs = new Float64Array(description.inodes);
      this._targets = new Float64Array(description.onodes);
      const names = layer_names(description);
      const shapes = array_shapes(description);
      [this._weights, this._biases] = [[], []];
      for (let n = 0; n < names.length - 1; n++) {
        const [weights, biases] = [`weights.${n}`, `biases.${n}`];
        this._weights.push(rows_of(arrays.get(weights), shapes.get(weights)));
        this._name(`weights_${names[n]}_${names[n + 1]}`, weights, this._weights[n]);
        if (!description.bias) continue;
        this._biases.push(arrays.get(biases));
        this._name(`biases_${names[n + 1]}`, biases, this._biases[n]);
      }
      return this;
    }

    // Let an array be read and set by its name in the article.
    _name(attribute, name, numbers) {
      const set = (values) => this._store([[name, this._checked(attribute, name, values)]]);
      Object.defineProperty(this, attribute, { get: () => numbers, set, enumerable: true });
    }

    copy() {
      const arrays = Array.from(this._arrays, ([name, numbers]) => [name, numbers.slice()]);
      return Object.create(NeuralNetwork.prototype)._become(
        this._description,
        new Map(arrays),
        this._epochs,
        this._engine.seen,
        this._engine.updates,
      );
    }

    // One example.

    query(inputs) {
      const outputs = query(this._engine.network, float_list("inputs", inputs, this.inodes));
      return Array.from(outputs);
    }

    // As query, unchecked and without a new array: what each layer says stays in its outputs.
    _forward(inputs) {
      forward(this._engine.network, inputs);
    }

    // What nnref.UnlikeInputsWarning says of an example that is unlike those trained on, or "".
    complaintAbout(inputs) {
      const example = float_list("inputs", inputs, this.inodes);
      return is_like(this._engine.seen, example) ? "" : complaint(this._engine.seen, example);
    }

    train(inputs, targets) {
      const [examples, wanted] = [[this._inputs], [this._targets]];
      float_list("inputs", inputs, this.inodes, FINITE, this._inputs);
      float_list("targets", targets, this.onodes, this._target_range, this._targets);
      this._engine.see(examples);
      this._engine.train(examples, wanted, null, null, 0, 1, this.lr, 0.0);
    }

    explain(inputs, targets) {
      const after = this.copy();
      after.train(inputs, targets);
      const example = [after._inputs, after._targets];
      const loss = this._engine.training_loss(...example);
      return taken_apart(this, after, ...example.map((numbers) => Array.from(numbers)), loss);
    }

    backquery(targets) {
      const checked = float_list("targets", targets, this.onodes, this._answer_range);
      return Array.from(backquery(this._engine.network, checked));
    }

    // Many examples.

    predict(inputs) {
      const examples = float_rows("inputs", inputs, this.inodes);
      return examples.map((example) => Array.from(query(this._engine.network, example)));
    }

    // As in Python, but complaint is the text of the warning where training has diverged, else "".
    fit(inputs, targets, options = {}) {
      return carried_out(planned(this, inputs, targets, options), this);
    }

    // The numbers.

    get weights() {
      return this._weights;
    }

    set weights(matrices) {
      this._set_all("weights", "matrices", this._weights.length, matrices);
    }

    get biases() {
      return this._biases;
    }

    set biases(vectors) {
      this._set_all("biases", "vectors", this._biases.length, vectors);
    }

    _set_all(kind, shape, count, arrays) {
      if (!is_sequence(arrays)) throw wrong_type(kind, arrays, `a sequence of ${count} ${shape}`);
      if (arrays.length !== count) {
        throw new RangeError(`${kind}: got ${arrays.length} ${shape}, wants ${count}`);
      }
      const checked = (values, n) => this._checked(`${kind}[${n}]`, `${kind}.${n}`, values);
      this._store(Array.from(arrays, (values, n) => [`${kind}.${n}`, checked(values, n)]));
    }

    _checked(argument, name, values) {
      return array_from(argument, values, array_shapes(this._description).get(name));
    }

    _store(checked) {
      for (const [name, numbers] of checked) this._arrays.get(name).set(numbers);
      this._engine.seen = UNTRAINED; // a range says nothing of them
    }

    _put_back(copy) {
      for (const [name, numbers] of copy._arrays) this._arrays.get(name).set(numbers);
      this._epochs = copy._epochs;
      this._engine.seen = copy._engine.seen;
      this._engine.updates = copy._engine.updates;
    }

    digest() {
      const learned = [...this._arrays].filter(([name]) => /^(weights|biases)/.test(name));
      const count = learned.reduce((sum, [, numbers]) => sum + numbers.length, 0);
      const bytes = new DataView(new ArrayBuffer(8 * count));
      let at = 0;
      for (const [, numbers] of learned) {
        for (const number of numbers) {
          if (Number.isNaN(number)) bytes.setUint32(at + 4, 0x7ff80000, true);
          else bytes.setFloat64(at, number, true);
          at += 8;
        }
      }
      return sha256(new Uint8Array(bytes.buffer));
    }

    // The text that nnfast.exchange.export_json writes, to the byte; fromJSON reads it.
    toJSON() {
      return json_of(this);
    }

    static fromJSON(text) {
      return Object.create(NeuralNetwork.prototype)._become(...read_json(text));
    }

    // The description.

    get hnodes() {
      const { hnodes } = this._description;
      return hnodes.length === 1 ? hnodes[0] : hnodes;
    }

    get activation() {
      const names = this._description.activation;
      return new Set(names).size === 1 ? names[0] : names;
    }

    get lr() {
      return this._description.lr;
    }

    set lr(value) {
      const lr = number_within("lr", value, POSITIVE);
      this._description = { ...this._description, lr };
    }

    get epochs() {
      return this._epochs;
    }

    get _target_range() {
      return { cross_entropy: PROBABILITY, poisson: NOT_NEGATIVE }[this.loss] ?? FINITE;
    }

    get _answer_range() {
      const ranges = { identity: FINITE, exponential: POSITIVE, tanh: between(-1, 1) };
      return ranges[this.output_activation] ?? between(0, 1);
    }
  }

  for (const name of DESCRIPTION.filter((entry) => !(entry in NeuralNetwork.prototype))) {
    const get = function () {
      return this._description[name];
    };
    Object.defineProperty(NeuralNetwork.prototype, name, { get });
  }

  return NeuralNetwork;
})();
