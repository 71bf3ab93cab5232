"""Mutants of the twin in JavaScript, for which nothing is built."""

from mutant import TWIN, TWIN_CONTRACT, TWIN_EXPLAIN, TWIN_JSON, TWIN_REFUSALS, Mutant


def bit(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of the arithmetic."""
    return Mutant(f"twin: {name}", old, new, TWIN)


def json(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what is written as JSON, or read."""
    return Mutant(f"twin: {name}", old, new, TWIN_JSON)


def sentence(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what an explanation or a warning says."""
    return Mutant(f"twin: {name}", old, new, TWIN_EXPLAIN)


def refusal(name: str, old: str, new: str) -> Mutant:
    """Return a mutant of what is refused."""
    return Mutant(f"twin: {name}", old, new, TWIN_REFUSALS)


MUTANTS = {
    "nnfast/live/network.js": [
        # article
        bit(
            "weighted sums in another order",
            "sums[j] += x * weights[at]",
            "sums[j] = x * weights[at] + sums[j] * (1 + 2e-16)",
        ),
        bit(
            "weighted sums from the last input on",
            "for (let i = 0, at = 0; i < inputs.length; i++) {\n      const x = inputs[i];\n"
            "      for (let j = 0; j < sums.length; j++, at++) sums[j] += x * weights[at];",
            "for (let i = inputs.length - 1; i >= 0; i--) {\n      const x = inputs[i];\n"
            "      for (let j = 0, at = i * sums.length; j < sums.length; j++, at++)\n"
            "        sums[j] += x * weights[at];",
        ),
        bit("biases after the sum", "else sums.set(biases);", "else sums.fill(-0.0);"),
        bit(
            "errors with the sign turned",
            "errors[k] = targets[k] - outputs[k];",
            "errors[k] = outputs[k] - targets[k];",
        ),
        bit(
            "split as gradient",
            'hidden_error === "split" ? network[n].errors',
            'hidden_error === "split" ? network[n].deltas',
        ),
        bit(
            "errors recombined from the last on",
            "for (let k = 0; k < errors.length; k++, at++) total += weights[at] * errors[k];",
            "for (let k = errors.length - 1; k >= 0; k--) total += weights[at + k] * errors[k];\n"
            "      at += errors.length;",
        ),
        bit(
            "steps multiplied last",
            "weights[at] += x * steps[j];",
            "weights[at] += x * 3 * (steps[j] / 3);",
        ),
        bit("a step subtracted", "weights[at] += x * steps[j];", "weights[at] -= -x * -steps[j];"),
        # dropout
        bit("dropout: nine rounds", "turn < 10", "turn < 9"),
        bit(
            "dropout: halves of a product exchanged",
            "(x_low * y_low) >>> 16",
            "(x_low * y_low) & 0xffff",
        ),
        bit("dropout: a carry lost", "+ (other >>> 16);", "+ 0;"),
        bit("dropout: another carry lost", "(middle & 0xffff);", "0;"),
        bit("dropout: one key for all rounds", "(left + 0x9e3779b9) | 0", "left"),
        bit(
            "dropout: half of the seed",
            "description.seed >> 32n]",
            "description.seed & 0xffffffffn]",
        ),
        bit(
            "dropout: layer and example exchanged",
            "WORDS[1] = layer;",
            "WORDS[1] = example;",
        ),
        bit("dropout: kept ones as they are", "1.0 / (1.0 - rate)];", "1.0];"),
        bit(
            "dropout: one mask for a batch",
            "this.thin(inputs[at], place - first)",
            "this.thin(inputs[at], 0)",
        ),
        bit("dropout: no update counted", "if (drops(rules)) this.updates++;", ""),
        bit(
            "dropout: errors of dropped neurons",
            "keep(before.errors, before.mask, before.errors);",
            "",
        ),
        bit(
            "dropout: answers too",
            "const outputs = query(this._engine.network,",
            "const outputs = query(this._engine.thinned,",
        ),
        bit(
            "dropout: a copy draws from the beginning",
            "this._engine.updates,\n      );",
            "0,\n      );",
        ),
        bit(
            "dropout: going back, but not to the same draws",
            "this._engine.updates = copy._engine.updates;",
            "",
        ),
        json(
            "dropout: the updates forgotten",
            "updates: BigInt(network._engine.updates)",
            "updates: 0n",
        ),
        json("dropout: the updates not read", "epochs, seen, updates];", "epochs, seen, 0];"),
        sentence(
            "dropout: the loss of the whole network",
            "forward(this.thinned, this.thin(inputs, 0));",
            "forward(this.network, inputs);",
        ),
        sentence(
            "dropout: nothing said of it", "layers[n + 1].mask.length ? [MASK_NOTE] : []", "[]"
        ),
        refusal(
            "dropout: without hidden layers",
            "dropout > 0.0 && description.hnodes.length === 0",
            "false",
        ),
        # neurons
        # ECMA-262 gives it the same bits; the contract forbids it all the same.
        Mutant(
            "twin: relu by Math.max",
            "return x <= 0.0 ? 0.0 : x;",
            "return Math.max(x, 0.0);",
            TWIN_CONTRACT,
        ),
        bit("relu lets -0.0 through", "return x <= 0.0 ? 0.0 : x;", "return x < 0.0 ? 0.0 : x;"),
        bit("relu's slope at 0", "o <= 0.0 ? 0.0 : e", "o < 0.0 ? 0.0 : e"),
        bit(
            "softmax without its shift",
            "outputs[k] = exp(signals[k] - largest);",
            "outputs[k] = exp(signals[k]);",
        ),
        bit("softmax by a reciprocal", "outputs[k] /= total;", "outputs[k] *= 1.0 / total;"),
        bit("the slope of sigmoid without brackets", "e * (o * (1.0 - o))", "e * o * (1.0 - o)"),
        bit(
            "the slope of tanh in another form", "e * (1.0 - o * o)", "e * ((1.0 - o) * (1.0 + o))"
        ),
        bit(
            "the slope of softmax multiplied out",
            "outputs[k] * (errors[k] - shared)",
            "outputs[k] * errors[k] - outputs[k] * shared",
        ),
        bit(
            "the squared error halved in each term",
            "total += error * error;\n    return 0.5 * total;",
            "total += 0.1 * error * (5.0 * error);\n    return total;",
        ),
        bit(
            "cross-entropy with log and exp of another sign",
            "log(1.0 + exp(-Math.abs(x)))",
            "log(1.0 + exp(x)) - relu(x)",
        ),
        bit(
            "cross-entropy: brackets dropped",
            "t * (largest - x + log_sum)",
            "(t * (largest - x) + t * log_sum)",
        ),
        bit(
            "cross-entropy beyond all floats",
            "if (largest - x !== Infinity) total",
            "if (true) total",
        ),
        bit(
            "poisson's deviance in another order",
            "t * (log(t) - signals[k]) - e",
            "t * log(t) - t * signals[k] - e",
        ),
        bit(
            "poisson's deviance beyond all floats",
            "if (e === -Infinity) total += Infinity;\n      else if",
            "if",
        ),
        bit(
            "deltas of softmax without the targets' sum",
            "targets[k] - outputs[k] * total",
            "targets[k] - outputs[k]",
        ),
        # functions
        bit(
            "Math.exp",
            "    const half = whole(k * 0.5);\n    return",
            "    const half = whole(k * 0.5);\n    return Math.exp(x) ||",
        ),
        bit("Math.tanh", "return t / (t + 2.0);", "return Math.tanh(x);"),
        bit(
            "Math.log",
            "    const half_square",
            "    if (x > 2) return Math.log(x);\n    const half_square",
        ),
        bit(
            "a power by **",
            "return POWERS_OF_TWO[k + 1074];",
            "return 2.0 ** (k / 3) * 2.0 ** (k - k / 3);",
        ),
        bit(
            "exp: ln 2 in one part",
            "LN2_HIGH = 0.6931471803691238",
            "LN2_HIGH = 0.6931471805599453",
        ),
        bit(
            "exp: two additions swapped",
            "return high + (r2 * tail - low);",
            "return high - low + r2 * tail;",
        ),
        bit(
            "exp: a bracket dropped",
            "1 / 2 + r * (1 / 6) + r2 * (1 / 24 + r * (1 / 120))",
            "1 / 2 + (r * (1 / 6) + r2 * (1 / 24 + r * (1 / 120)))",
        ),
        bit(
            "exp: scaled in one step",
            "two_to(half) * two_to(k - half)",
            "(two_to(half) * two_to(k - half))",
        ),
        bit(
            "exp: the lower bound",
            "EXP_LOWEST, EXP_HIGHEST] = [-746.0",
            "EXP_LOWEST, EXP_HIGHEST] = [-740.0",
        ),
        bit("exp: the upper bound", "-746.0, 710.0]", "-746.0, 709.0]"),
        bit(
            "log: a bracket dropped",
            "(half_square - (s * (half_square + tail) + k * LN2_LOW) - f)",
            "(half_square - s * (half_square + tail) + k * LN2_LOW - f)",
        ),
        bit(
            "log: Gregory's series, two terms swapped",
            "2 / 3 + z * (2 / 5) + z2 * (2 / 7 + z * (2 / 9))",
            "2 / 3 + (z * (2 / 5) + z2 * (2 / 7 + z * (2 / 9)))",
        ),
        bit(
            "log: of subnormal numbers", "if (x < 2.2250738585072014e-308) {", "if (x === 5e-324) {"
        ),
        bit("log: the mantissa's range", "SQRT_HALF = 0.7071067811865476", "SQRT_HALF = 0.7071"),
        bit(
            "sigmoid as e**x / (1 + e**x)",
            "return 1.0 / (1.0 + exp(-x));",
            "return exp(x) / (1.0 + exp(x));",
        ),
        bit(
            "tanh: the largest terms first",
            "scale * rest_of(2.0 * x, k) + (scale - 1.0)",
            "scale * rest_of(2.0 * x, k) + scale - 1.0",
        ),
        bit("tanh: bounded too early", "if (x > 20.0) x = 20.0;", "if (x > 10.0) x = 10.0;"),
        bit(
            "artanh as a difference",
            "0.5 * log((1.0 + y) / (1.0 - y))",
            "0.5 * (log(1.0 + y) - log(1.0 - y))",
        ),
        bit("logit as a difference", "return log(y / (1.0 - y));", "return log(y) - log(1.0 - y);"),
        # updates
        bit(
            "steps of the next example's rate", "rate * deltas[j]", "deltas[j] * rate * (1 + 1e-15)"
        ),
        bit(
            "biases left where they are", "if (biases !== null) moved(biases, ALWAYS_1, steps);", ""
        ),
        bit(
            "weight decay after the step",
            "const keep = 1.0 - lr * decay;",
            "const keep = 1.0 / (1.0 + lr * decay);",
        ),
        bit(
            "weight decay added",
            "direction[at] -= decay * weights[at];",
            "direction[at] += decay * weights[at];",
        ),
        bit(
            "momentum: two additions swapped",
            "const v = mu * velocity[at] + direction[at];",
            "const v = mu * (velocity[at] + direction[at]);",
        ),
        bit(
            "Nesterov: the old velocity",
            "direction[at] + mu * v : v",
            "direction[at] + mu * (mu * velocity[at] + direction[at]) * 1.0000001 : v",
        ),
        bit(
            "Adam: two divisions and two roots",
            "(rate * m) / (Math.sqrt(v) + shift)",
            "rate / root * m / (Math.sqrt(v) / root + epsilon)",
        ),
        bit(
            "Adam: a rate in another order",
            "(lr / (1.0 - powers[0])) * root",
            "lr * root / (1.0 - powers[0])",
        ),
        bit("Adam: a bracket dropped", "(1.0 - beta2) * (d * d)", "(1.0 - beta2) * d * d"),
        bit(
            "Adam: powers of the other beta",
            "powers[0] *= optimizer.beta1;",
            "powers[0] *= optimizer.beta2;",
        ),
        # backquery, scores, engine
        bit(
            "backquery without biases",
            "signals.forEach((x, j) => (signals[j] = x - biases[j]))",
            "signals.forEach(() => 0)",
        ),
        bit(
            "backquery rescaled in another order",
            "((values[i] - low) / (high - low)) * 0.98 + 0.01",
            "((values[i] - low) * 0.98) / (high - low) + 0.01",
        ),
        bit(
            "a score of the last of equals",
            "values[k] > values[best]",
            "values[k] >= values[best]",
        ),
        bit(
            "R squared from one mean",
            "total_of(targets.map((row) => row[column])) / targets.length",
            "total_of(targets.map((row) => row[0])) / targets.length",
        ),
        bit("a batch's mean of a full batch", "/ (stop - first);", "/ inputs.length;"),
        bit(
            "a sample weight left out of the loss",
            "loss += weight * loss_of(rules.loss",
            "loss += loss_of(rules.loss",
        ),
        bit(
            "a sample weight left out of a batch", "targets[at], rate * weight", "targets[at], rate"
        ),
        bit(
            "a sample weight left out online",
            "targets[at], lr * weight, rules",
            "targets[at], lr, rules",
        ),
        bit("sums that are not cleared", "bias_sums?.fill(0.0);", ""),
        bit(
            "weight decay for biases too",
            "bias_sums, lr, 0.0)",
            "bias_sums, lr, optimizer.weight_decay)",
        ),
        # randomness and digests
        bit(
            "Marsaglia's method: the spare one first",
            "spare = v * factor;\n          return u * factor;",
            "spare = u * factor;\n          return v * factor;",
        ),
        bit(
            "glorot: the factor of the next layer",
            "activation.slice(0, layer + 1).at(-1)",
            "activation.slice(0, layer + 2).at(-1)",
        ),
        bit("weights drawn from -1 to 0", "draw() - 0.5", "draw() - 1.0"),
        bit(
            "an order drawn by rounding up",
            "Math.floor(draw() * (last + 1))",
            "Math.floor(draw() * last)",
        ),
        bit(
            "the twister: 52 bits",
            "word() >>> 5, word() >>> 6]",
            "word() >>> 5, (word() >>> 7) * 2]",
        ),
        bit("the twister: an offset", "(i + 397) % 624", "(i + 396) % 624"),
        bit("the twister: a key's place left out", "+ key[j] + j;", "+ key[j];"),
        bit(
            "a seed of 32 bits",
            "rest > 0n || key.length === 0; rest >>= 32n",
            "key.length === 0; rest >>= 32n",
        ),
        bit(
            "an order of another text",
            "`order of epoch ${epoch} from seed ${seed}`",
            "`order of epoch ${epoch} of seed ${seed}`",
        ),
        bit("SHA-512: a rotation", "turned(e, 41n)", "turned(e, 40n)"),
        bit("SHA-256: a shift for a rotation", "(x >>> 3)", "(x >> 3)"),
        bit(
            "SHA-256: a block too few",
            "((bytes.length + 8) >> 6) * 64 + 64",
            "(bytes.length >> 6) * 64 + 64",
        ),
        bit("the digest: NaN as it comes", "0x7ff80000, true", "0xfff80000, true"),
        bit(
            "the digest: the other end first",
            "bytes.setFloat64(at, number, true)",
            "bytes.setFloat64(at, number, false)",
        ),
        bit("the digest without biases", "/^(weights|biases)/", "/^weights/"),
        # numbers as text, JSON
        bit("a tie rounded up", "if (/^50*$/.test(rest) && is_even)", "if (false)"),
        bit(
            "exponents of one digit",
            'padStart(2, "0");\n      return `${digits[0]}',
            'padStart(1, "0");\n      return `${digits[0]}',
        ),
        bit("a whole number without .0", "/[.e]/.test(text) ? text : `${text}.0`", "text"),
        bit("no minus before a zero", 'x < 0 || Object.is(x, -0) ? "-"', 'x < 0 ? "-"'),
        json("a seed of 53 bits", '/("seed"\\s*:\\s*)([0-9]+)(?![0-9.eE])/g', '/("no seed")(x)/g'),
        json(
            "NaN as null",
            'Number.isFinite(x) ? written(x) : `"${x}"`',
            "Number.isFinite(x) ? written(x) : null",
        ),
        json(
            "bias_init always",
            "if (added[name] === before) delete added[name];",
            "if (added[name] === before && name !== 'bias_init') delete added[name];",
        ),
        json(
            "the range forgotten",
            "const seen = seen_in(reach);",
            "const seen = (seen_in(reach), UNTRAINED);",
        ),
        json(
            "the epochs forgotten",
            "return [description, new Map(arrays), epochs, seen, updates];",
            "return [description, new Map(arrays), 0, seen, updates];",
        ),
        json(
            "an infinity for 1e999",
            "if (value !== Infinity && value !== -Infinity) return",
            "if (value !== NaN) return",
        ),
        json(
            "what lacks nothing but has too much",
            "!(found.includes(key) && keys.includes(key))",
            "!found.includes(key)",
        ),
        # explanations and warnings
        sentence(
            "steps of the last example",
            "weight_changes: changes(weights)",
            "weight_changes: rows(after, weights)",
        ),
        sentence("the least moved weight", "if (magnitude > most)", "if (magnitude >= most)"),
        sentence(
            "the smallest part of an error",
            "if (part(other) > part(k)) k = other;",
            "if (part(other) < part(k)) k = other;",
        ),
        sentence(
            "a pull by the input alone",
            "sign(layer.inputs[i]) * sign(layer.deltas[j])",
            "sign(layer.inputs[i])",
        ),
        sentence("softmax's opposite sign unsaid", "sign(error) * sign(delta) >= 0.0", "true"),
        sentence("brackets left out", "x < 0.0 ? `(${number(x)})` : number(x)", "number(x)"),
        sentence("an exponent of two digits", '.replace(/e\\+?(-?)0?(\\d)/, "e$1$2")', ""),
        sentence(
            "a range that only shrinks",
            "low: Math.min(seen.low, low)",
            "low: Math.max(seen.low, low)",
        ),
        sentence(
            "a negative zero in the range", "return [low + 0.0, high + 0.0];", "return [low, high];"
        ),
        sentence(
            "a point treated as a picture",
            "POINT] = [100, 0.5, 0.1, 2]",
            "POINT] = [100, 0.5, 0.1, 1]",
        ),
        sentence("warned of after 99 examples", "POINT] = [100,", "POINT] = [99,"),
        sentence(
            "examples counted twice",
            "examples: Math.max(examples, count)",
            "examples: examples + count",
        ),
        sentence("a range kept for other weights", "this._engine.seen = UNTRAINED; // a", "// a"),
        # refusals
        refusal("NaN to train on", "holds: Number.isFinite", "holds: () => true"),
        refusal("a loss for any output", 'loss === "poisson" && output', "false && output"),
        refusal("options of any name", "if (!Object.hasOwn(defaults, option))", "if (false)"),
        refusal("a schedule that does nothing", "if (given[name] !== null)", "if (false)"),
        refusal("float32 that is float64", '=== "float32") {', '=== "no") {'),
        refusal(
            "weights stored before all are checked",
            "const checked = (values, n) =>",
            'const checked = (values, n) => (this._arrays.get("weights.0")[0] = 7) &&',
        ),
    ],
}
