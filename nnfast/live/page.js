/* The page: what one does, and the frames. It is made by render({ model, el }), the form of anywidget, so
   that a widget is three lines for whoever wants one. */

const READ_EVERY = 100; // milliseconds between two texts while it plays: nobody reads faster
const SAYS_EVERY = 1000; // milliseconds between two announcements
const MOST_EXPLAINED = 40000; // weights; to take larger networks apart takes longer than a frame
const LONGEST_STORED = 1e5;

function render({ model, el }) {
  const page = new Page(model.get("payload"), el);
  page.open();
  return () => page.close();
}

class Page {
  constructor(payload, root) {
    this.payload = payload;
    this.root = root;
    this.given =
      payload.digits === null ? givenExamples(payload.examples) : unpacked(payload.digits);
    this.proof = new Proof(payload.proof);
    this.phase = PHASES.length;
    this.testPlace = 0;
    this.lastSaid = 0;
    this.build();
    this.followTheme();
  }

  build() {
    this.shownView = new ShownView(card("What the network is shown", "shown"), {
      onDrawn: (inputs, targets) => this.showDrawn(inputs, targets),
      onClear: () => this.showNothing(),
      onTest: () => this.showTest(),
      onTraining: () => this.showTraining(),
      onTarget: (k) => this.retarget(k),
      onLearn: () => this.learn(),
      onInput: (i) => this.chooseInput(i),
      onPoint: (place) => this.addPoint(place),
    });
    this.view = new NetworkView(element("div", { class: "net" }), {
      onNeuron: (j) => this.chooseNeuron(j),
      onOutput: (k) => this.chooseOutput(k),
      onPoint: (place) => this.addPoint(place),
    });
    this.curve = new CurveView((updates) => this.goTo(updates));
    this.motion = new Motion(this.view, {
      origin: () => this.shownView.origin(this.palette),
      onStage: (phase, reach) => this.drawNetwork(phase, reach),
    });
    this.doing = element("p", { class: "soft" });
    this.why = new WhyView(card("Why a weight moves", "why"), {
      onPhase: (phase) => this.setPhase(phase),
      onWeight: (layer, i, j) => this.chooseWeight(layer, i, j),
      onEdit: (value) => this.edit(value),
    });
    this.python = new PythonDialog();
    this.link = new LinkDialog();
    this.maker = new MakeDialog(this.given.name, this.payload.points, (fields) =>
      makeNetwork(this, fields),
    );
    this.buildControls();
    const alert = { class: "message", role: "alert", hidden: true };
    this.message = element("p", { id: "message", ...alert });
    this.diverged = element("p", { id: "diverged", ...alert });
    this.say = element("p", { class: "unseen", "aria-live": "polite" });
    this.root.replaceChildren(
      this.controls.header,
      this.controls.root,
      this.message,
      this.diverged,
      element("main", {}, this.shownView.root, this.networkCard(), this.why.root),
      this.say,
      this.python.root,
      this.link.root,
      this.maker.root,
      this.motion.canvas,
    );
    this.listen();
  }

  buildControls() {
    this.controls = new Controls({
      onNew: () => this.maker.root.showModal(),
      onPython: () => this.showScript(),
      onSave: () => save(this.session),
      onFile: (file) => openFile(this, file),
      onLink: () => shareLink(this),
      onTheme: () => this.turnTheme(),
      onPlay: () => this.toggle(),
      onStep: () => this.step(),
      onBack: () => this.back(),
      onSpeed: () => {
        this.player.due = 0;
      },
    });
    this.player = new Player(() => this.controls.speed.perSecond, {
      train: () => this.train(),
      draw: (now) => this.drawFrame(now),
      rest: (now) => this.motion.tick(now),
    });
  }

  networkCard() {
    const made = card("The network", "net-card");
    const head = element(
      "div",
      { class: "net-head" },
      element("h2", {}, "The network"),
      this.doing,
      element("label", { class: "soft" }, this.motion.switch, " motion"),
    );
    made.append(head, this.view.root, this.curve.root);
    return made;
  }

  listen() {
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.onScroll = () => this.view.placeLines(this.chosen);
    document.addEventListener("scroll", this.onScroll, true);
    this.resized = new ResizeObserver(() => this.recolour());
    this.resized.observe(this.view.root);
    this.darkness = matchMedia("(prefers-color-scheme: dark)");
    this.darkness.addEventListener("change", () => this.followTheme());
  }

  // Beginning.

  open() {
    try {
      const recipe = location.hash.length > 1 ? location.hash : this.stored();
      if (recipe) this.begin(this.sessionOf(readLink(recipe)), null);
      else this.beginAsGiven();
    } catch (error) {
      this.beginAsGiven();
      this.complain(`The link: ${error.message}`);
    }
    globalThis.nnfast = Object.defineProperty({ NeuralNetwork }, "network", {
      get: () => this.session.network,
      enumerable: true,
    });
  }

  close() {
    this.player.close();
    this.resized.disconnect();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("scroll", this.onScroll, true);
  }

  beginAsGiven() {
    const { network, link } = this.payload;
    if (network === null) this.begin(this.sessionOf(readLink(link)), null);
    else this.begin(new Session(NeuralNetwork.fromJSON(network), this.given), network);
  }

  sessionOf(asked) {
    return sessionFor(asked, examplesNamed(this, asked.data, asked.points));
  }

  // Text is that of the file that the network came from, if it came from one.
  begin(session, text) {
    const { network, examples } = session;
    this.pause();
    this.session = session;
    this.start = { network: session.start, text };
    this.source = "training";
    const hidden = [network.hnodes].flat()[0];
    const [neuron, i] = [Math.min(3, hidden - 1), Math.min(20, network.inodes - 1)];
    this.chosen = { neuron, output: 0, layer: 0, i, j: neuron };
    this.proof.begin(session, isPythons(this, session));
    this.controls.about.textContent = describe(session);
    this.view.build(network, examples);
    this.why.build(network);
    this.shownView.build(session, this.payload.digits?.levels ?? null);
    this.refresh();
  }

  // The recipe is kept for a notebook that builds its frames anew. Many frames share one store, so
  // each has a key: a notebook gives every output a name of its own. A browser may forbid to store
  // anything, to a page from disk for one.

  get storedAs() {
    return `nnfast live ${this.payload.id} ${globalThis.name}`;
  }

  stored() {
    try {
      return sessionStorage.getItem(this.storedAs);
    } catch {
      return null;
    }
  }

  store() {
    const link = linkOf(this);
    try {
      if (link === null || link.length > LONGEST_STORED) sessionStorage.removeItem(this.storedAs);
      else sessionStorage.setItem(this.storedAs, link);
    } catch {
      // as above
    }
  }

  // Training.

  toggle() {
    if (this.player.isPlaying) this.pause();
    else this.play();
  }

  play() {
    this.player.start();
    this.lastRead = 0;
    this.controls.showPlaying(true);
    this.showTraining();
  }

  pause() {
    if (!this.player.isPlaying) return;
    this.player.stop();
    this.controls.showPlaying(false);
    this.refresh();
  }

  step() {
    this.pause();
    this.session.step();
    this.showMoved();
  }

  learn() {
    this.pause();
    if (this.shown.targets === undefined) return;
    this.session.learn(this.shown.inputs, this.shown.targets);
    this.showMoved();
  }

  showMoved() {
    this.phase = PHASES.length;
    this.showTraining();
    this.motion.play(1, PHASES.length);
  }

  back() {
    this.goTo(Math.max(0, this.session.updates - 1));
  }

  goTo(updates) {
    this.pause();
    this.session.goTo(updates);
    this.showTraining();
  }

  edit(value) {
    this.pause();
    const { layer, i, j } = this.chosen;
    this.session.edit(layer, i, j, value);
    this.refresh();
  }

  train() {
    this.session.step();
    this.proof.compare();
  }

  // What is seen, in every frame; what is read, less often.
  drawFrame(now) {
    if (now - this.lastRead < READ_EVERY) {
      this.view.move();
      return;
    }
    this.lastRead = now;
    this.draw(true);
    this.showNumbers();
    if (now - this.lastSaid > SAYS_EVERY) this.announce(now);
  }

  // Choosing.

  setPhase(phase) {
    this.pause();
    this.phase = phase;
    this.refresh();
    this.motion.play(phase, phase);
  }

  chooseNeuron(j) {
    const { layer } = this.chosen;
    Object.assign(this.chosen, { neuron: j }, layer === 0 ? { j } : layer === 1 ? { i: j } : {});
    this.refresh();
  }

  chooseOutput(k) {
    this.chosen.output = k;
    if (this.session.network.weights.length === 2) {
      Object.assign(this.chosen, { layer: 1, i: this.chosen.neuron, j: k });
    }
    this.refresh();
  }

  chooseInput(i) {
    Object.assign(this.chosen, { layer: 0, i, j: this.chosen.neuron });
    this.refresh();
  }

  chooseWeight(layer, i, j) {
    Object.assign(this.chosen, { layer, i, j });
    if (layer === 0) this.chosen.neuron = j;
    if (layer === 1) this.chosen.neuron = i;
    if (layer === this.session.network.weights.length - 1) this.chosen.output = j;
    this.view.reveal(this.chosen.neuron);
    this.refresh();
  }

  key(event) {
    const { key, target } = event;
    if (target !== document.body && !this.root.contains(target)) return;
    if (key === "Escape" && !target.closest("dialog")) this.pause();
    if (target.closest("input, textarea, select, dialog")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isButton = target.closest("button") !== null;
    if (key === "Backspace") this.back();
    else if (/^[1-6]$/.test(key)) this.setPhase(Number(key));
    else if (isButton) return;
    else if (key === " ") this.toggle();
    else if (key === "Enter" || key === "ArrowRight") this.step();
    else if (key === "ArrowLeft") this.back();
    else return;
    event.preventDefault();
  }

  // What the network is shown.

  showTraining() {
    this.source = "training";
    this.shownView.forgetStrokes();
    this.refresh();
  }

  showTest() {
    this.pause();
    const { test } = this.session.examples;
    if (this.source === "test") this.testPlace = (this.testPlace + 1) % test.inputs.length;
    this.source = "test";
    this.shownView.forgetStrokes();
    this.refresh();
  }

  showDrawn(inputs, targets = this.source === "drawn" ? this.shown.targets : undefined) {
    this.pause();
    this.showOwn({ inputs, targets }, "drawn by you");
  }

  showNothing() {
    this.pause();
    const inputs = new Float64Array(this.session.network.inodes).fill(0.01);
    this.showOwn({ inputs, targets: undefined }, "nothing drawn yet");
  }

  retarget(k) {
    const targets = new Float64Array(this.session.network.onodes).fill(0.01);
    targets[k] = 0.99;
    const { inputs } = this.shown;
    this.showOwn({ inputs, targets }, this.source === "drawn" ? this.caption : "with your target");
  }

  showOwn(shown, caption) {
    Object.assign(this, { source: "drawn", shown, caption });
    this.refresh();
  }

  // Training's is that of the last update, so that one sees why a weight moved; at first, of the next.
  look() {
    const { session } = this;
    const { examples, updates, edits } = session;
    this.did = false;
    if (this.source === "training") {
      this.did = updates > 0 && !edits.some(({ at }) => at === updates);
      this.shown = session.exampleOf(this.did ? updates - 1 : updates);
      const { place } = this.shown;
      this.caption =
        place === undefined
          ? "an example of yours"
          : captionOf("training", place, examples, examples);
    } else if (this.source === "test") {
      const { inputs, targets } = examples.test;
      this.shown = { inputs: inputs[this.testPlace], targets: targets[this.testPlace] };
      this.caption = captionOf("test", this.testPlace, examples.test, examples);
    }
  }

  addPoint([x, y]) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    const label = Number(this.shownView.pointClass.value);
    const points = [...pointsOf(this.session.examples), [x, y, label]];
    const { network, text } = this.start;
    this.begin(new Session(network.copy(), pointsAs("points", points)), text);
  }

  // Showing.

  refresh() {
    this.motion.stop();
    this.lesson = null;
    this.other = null;
    this.look();
    if (!this.player.isPlaying) this.takeApart();
    this.proof.compareAll();
    this.draw();
    this.showNumbers();
    this.store();
    this.announce(performance.now());
  }

  takeApart() {
    const { session, shown } = this;
    if (shown.targets === undefined || weightsOf(session.network) > MOST_EXPLAINED) return;
    const before = this.did ? session.beforeLast() : session.network;
    this.lesson = before.explain(shown.inputs, shown.targets);
    this.other = underOtherRule(before).explain(shown.inputs, shown.targets);
  }

  // In place: nothing has moved or got another size since it was drawn last.
  draw(inPlace = false) {
    if (this.session === undefined) return;
    if (this.player.isPlaying) this.look();
    const { session, shown, chosen, caption, did, lesson, other, palette } = this;
    const { network } = session;
    const { isPlaying } = this.player;
    const phase = lesson === null ? PHASES.length : this.phase;
    const now = this.drawNetwork(phase, Infinity, inPlace);
    const outputs = lesson !== null && phase < PHASES.length ? lesson.layers.at(-1).outputs : now;
    const complaint =
      this.source === "drawn" && !isPlaying ? network.complaintAbout(shown.inputs) : "";
    const isAfter = did && lesson !== null && phase === PHASES.length;
    const said = { outputs, isAfter, complaint };
    this.shownView.draw({ shown, caption, chosen, palette, isPlaying, ...said });
    this.why.show({ network, lesson, other, did, phase, chosen, caption, whyNot: this.whyNot() });
    this.curve.draw(session, palette, inPlace);
  }

  drawNetwork(phase, reach, inPlace = false) {
    const { session, shown, chosen, lesson, palette } = this;
    const { network } = session;
    const { isPlaying } = this.player;
    const how = { phase, reach, palette, isPlaying, inPlace };
    write(this.doing, lesson === null ? "" : SAID[PHASES[phase - 1]]);
    this.view.root.dataset.phase = PHASES[phase - 1];
    return this.view.draw({ network, shown, chosen, lesson, ...how });
  }

  whyNot() {
    if (this.player.isPlaying) return "Pause to see why it moved.";
    if (this.shown.targets !== undefined) {
      return "This network is too large for the page to take its updates apart.";
    }
    return "Choose a target to see what an update from this would do.";
  }

  showNumbers() {
    this.controls.showNumbers(this.session, this.proof);
    tell(this.diverged, divergenceOf(this.session.network, this.shown.inputs));
    write(this.why.apart, apartOf(this.session));
  }

  // For a screen reader, and for whoever reads the script: not with every frame.
  announce(now) {
    this.lastSaid = now;
    write(this.say, this.controls.status.textContent);
    this.python.script.textContent = scriptOf(this);
  }

  showScript() {
    this.announce(performance.now());
    write(this.python.times, this.proof.times(this.player.microseconds));
    this.python.root.showModal();
  }

  complain(text) {
    tell(this.message, text);
  }

  recolour() {
    this.palette = paletteOf(this.root);
    this.draw();
  }

  followTheme() {
    document.documentElement.dataset.theme = this.darkness.matches ? "dark" : "light";
    this.recolour();
  }

  turnTheme() {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === "dark" ? "light" : "dark";
    this.recolour();
  }
}
