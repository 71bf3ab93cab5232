/* Why a weight moved: the six phases of one update, and the chain of reasons as sentences. */

class WhyView {
  constructor(root, { onPhase, onWeight, onEdit }) {
    this.root = root;
    this.onEdit = onEdit;
    this.onWeight = onWeight;
    this.title = element("h2", {}, "Why did this weight move?");
    this.phases = PHASES.map((name, n) =>
      element(
        "button",
        {
          type: "button",
          class: "phase",
          title: `Phase ${n + 1} of 6`,
          click: () => onPhase(n + 1),
        },
        name,
      ),
    );
    this.buildChooser();
    this.change = element("p", { class: "change" });
    this.formula = element("div", {
      class: "formula",
      role: "group",
      "aria-label": "The formula of this phase, with its numbers",
    });
    this.story = element("div", { class: "story" });
    this.rules = element("div", { class: "rules" });
    this.apart = element("p", { class: "soft", id: "apart" });
    this.error = element("p", { class: "bad", id: "weight-error", role: "alert" });
    root.append(
      this.title,
      element(
        "div",
        { class: "phases", role: "group", "aria-label": "Phases of the update" },
        this.phases,
      ),
      element("div", { class: "which" }, this.layer, "[", this.row, "][", this.column, "]"),
      element("div", { class: "edit" }, this.number, this.ulp(-1, "−1 ulp"), this.ulp(1, "+1 ulp")),
      this.error,
      this.apart,
      this.change,
      this.formula,
      this.story,
      this.rules,
    );
  }

  // Which weight it is, and its number.
  buildChooser() {
    this.layer = element("select", { "aria-label": "Which weights", change: () => this.choose() });
    this.row = this.index("from neuron");
    this.column = this.index("to neuron");
    this.number = element("input", {
      id: "weight",
      class: "weight",
      "aria-label": "The weight; edit it",
      spellcheck: "false",
      autocomplete: "off",
      change: () => this.typed(),
      keydown: (event) => this.key(event),
    });
  }

  // A button to the next float64, one unit in the last place away.
  ulp(direction, text) {
    const title = `The next float64 ${direction > 0 ? "above" : "below"}`;
    const click = () => this.onEdit(neighbour(this.value, direction));
    return element("button", { type: "button", title, click }, text);
  }

  index(label) {
    return element("input", {
      type: "number",
      min: 0,
      "aria-label": label,
      change: () => this.choose(),
    });
  }

  build(network) {
    const names = Object.keys(network).filter((name) => name.startsWith("weights_"));
    this.shapes = network.weights.map((rows) => [rows.length, rows[0].length]);
    this.layer.replaceChildren(...names.map((name, n) => element("option", { value: n }, name)));
  }

  choose() {
    const layer = Number(this.layer.value);
    const [rows, columns] = this.shapes[layer];
    const within = (input, most) =>
      Math.min(most - 1, Math.max(0, Math.trunc(Number(input.value)) || 0));
    this.onWeight(layer, within(this.row, rows), within(this.column, columns));
  }

  typed() {
    const text = this.number.value.trim().replace(MINUS, "-");
    const value = text === "" ? NaN : Number(text);
    if (Number.isFinite(value)) this.onEdit(value);
    else this.number.value = exact(this.value);
    this.error.textContent = Number.isFinite(value)
      ? ""
      : `The weight: got ${JSON.stringify(text.slice(0, 20))}, wants a finite number.`;
  }

  key(event) {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    this.onEdit(this.value + direction * (event.shiftKey ? 0.1 : 0.01));
  }

  show({ network, lesson, other, did, phase, chosen, caption, whyNot }) {
    const { layer: n, i, j } = chosen;
    this.value = network.weights[n][i][j];
    this.layer.value = n;
    this.row.value = i;
    this.column.value = j;
    [this.row.max, this.column.max] = this.shapes[n].map((size) => size - 1);
    if (document.activeElement !== this.number) this.number.value = exact(this.value);
    this.number.title = exact(this.value);
    this.title.textContent = did ? "Why did this weight move?" : "Why would this weight move?";
    this.phases.forEach((button, at) => button.setAttribute("aria-pressed", at + 1 === phase));
    if (lesson === null) {
      this.change.replaceChildren(whyNot);
      for (const part of [this.formula, this.story, this.rules]) part.replaceChildren();
      this.formula.hidden = true;
      return;
    }
    this.formula.hidden = false;
    const layer = lesson.layers[n];
    this.change.replaceChildren(...(phase < 6 ? [caption] : this.moved(layer, i, j, caption)));
    this.formula.replaceChildren(...formulaOf(phase, lesson, chosen));
    this.story.innerHTML = phase < 6 ? "" : lesson.story(n, i, j);
    this.showFull();
    this.rules.replaceChildren(
      ...(phase < 6 || other === null ? [] : this.bothRules(lesson, other, chosen)),
    );
  }

  // The twin's sentences have all digits where they are pointed at; here where they have the focus.
  showFull() {
    for (const number of this.story.querySelectorAll("[title]")) {
      number.classList.add("number");
      number.tabIndex = 0;
      if (number.classList.contains("positive")) number.classList.add("plus");
      if (number.classList.contains("negative")) number.classList.add("minus");
    }
  }

  moved(layer, i, j, caption) {
    const change = layer.weight_changes[i][j];
    return [
      element("strong", { class: "size" }, chip(change, { signed: true })),
      " ",
      chip(layer.weights[i][j], { plain: true }),
      " → ",
      chip(layer.new_weights[i][j], { plain: true }),
      element("span", { class: "about" }, caption),
    ];
  }

  bothRules(lesson, other, { layer, i, j }) {
    const of = (hidden_error) => (lesson.hidden_error === hidden_error ? lesson : other);
    return [
      ["split", "the article's rule"],
      ["gradient", "the chain rule"],
    ].map(([name, title]) =>
      element(
        "div",
        {},
        element("b", {}, title),
        chip(of(name).layers[layer].weight_changes[i][j], { signed: true }),
      ),
    );
  }
}

// The same network and weights under the rule that it does not have.
function underOtherRule(network) {
  const names = ["split", "gradient"].map((name) => `"hidden_error": "${name}"`);
  if (network.hidden_error === "gradient") names.reverse();
  return NeuralNetwork.fromJSON(network.toJSON().replace(...names));
}
