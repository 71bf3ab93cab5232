/* The dialogs: the session in Python, a link to it, and a new network. */

const DIGITS_NETWORK = {
  hidden: "30",
  lr: "0.1",
  activation: "sigmoid",
  hidden_error: "split",
  optimizer: "sgd",
  bias: "no",
};

function dialog(id, title, ...children) {
  return element("dialog", { id, "aria-label": title }, element("h2", {}, title), ...children);
}

function closer() {
  return element(
    "button",
    { type: "button", click: (event) => event.target.closest("dialog").close() },
    "Close",
  );
}

class PythonDialog {
  constructor() {
    this.script = element("pre", { id: "script", tabindex: 0 });
    const copy = () => navigator.clipboard?.writeText(this.script.textContent);
    this.times = element("p", { class: "soft", id: "times" });
    this.root = dialog(
      "python-dialog",
      "This session in Python",
      element(
        "p",
        { class: "soft" },
        "It prints the digest of this page. Take nnref or nnfast: the bits are the same.",
      ),
      this.script,
      this.times,
      element("div", { class: "buttons" }, button("copy", "Copy", copy), closer()),
    );
  }
}

class LinkDialog {
  constructor() {
    this.text = element("input", { id: "link-text", readonly: true, "aria-label": "The link" });
    this.root = dialog(
      "link-dialog",
      "A link to this session",
      element(
        "p",
        { class: "soft" },
        "It holds the recipe: the network, the data, what was done. It opens where this page is.",
      ),
      this.text,
      element("div", { class: "buttons" }, closer()),
    );
  }

  show(link) {
    this.text.value = link;
    this.root.showModal();
    this.text.select();
  }
}

class MakeDialog {
  // Of the fields that are filled in, the page makes a network, or throws an Error that says why not.
  constructor(dataName, pointSets, onMake) {
    this.pointSets = pointSets;
    this.dataName = dataName;
    const text = (name, value) => element("input", { name, value, spellcheck: "false" });
    const choice = (name, values) =>
      element(
        "select",
        { name },
        values.map((value) => element("option", {}, value)),
      );
    const field = (label, input) => element("label", {}, element("span", {}, label), input);
    this.pasted = element("textarea", {
      name: "csv",
      rows: 4,
      placeholder: "x, y, 0 or 1",
      spellcheck: "false",
    });
    this.pasting = element(
      "label",
      { class: "wide", hidden: true },
      element("span", {}, "points as CSV: x, y, class"),
      this.pasted,
    );
    this.error = element("p", { class: "message wide", role: "alert", hidden: true });
    this.form = element(
      "form",
      { class: "maker", submit: (event) => this.make(event, onMake) },
      field("data", choice("data", [dataName, ...Object.keys(pointSets), "points"])),
      field("hidden neurons", text("hidden", DIGITS_NETWORK.hidden)),
      field("learning rate", text("lr", DIGITS_NETWORK.lr)),
      field("seed", text("seed", "1")),
      field("activation", choice("activation", ["sigmoid", "tanh", "relu"])),
      field("hidden errors", choice("hidden_error", ["split", "gradient"])),
      field("optimizer", choice("optimizer", ["sgd", "momentum", "adam"])),
      field("biases", choice("bias", ["no", "yes"])),
      this.pasting,
      this.error,
      element(
        "div",
        { class: "buttons wide" },
        element("button", { class: "go" }, "Make it"),
        closer(),
      ),
    );
    this.form.elements.data.addEventListener("change", () => this.suggest());
    this.root = dialog("make-dialog", "A new network", this.form);
  }

  // The network that suits the data that is chosen.
  suggest() {
    const { elements } = this.form;
    const name = elements.data.value;
    this.pasting.hidden = name !== "points";
    const usual =
      name === this.dataName
        ? DIGITS_NETWORK
        : (this.pointSets[name] ?? this.pointSets.circle).network;
    for (const [key, value] of Object.entries(usual)) elements[key].value = value;
  }

  make(event, onMake) {
    event.preventDefault();
    try {
      onMake(Object.fromEntries(new FormData(this.form)));
      this.error.hidden = true;
      this.root.close();
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
    }
  }
}
