/* What stands above everything: the session in a line, buttons, how far the training is, the digest. */

const SPEEDS = [
  { label: "1 a second", perSecond: 1 },
  { label: "5 a second", perSecond: 5 },
  { label: "60 a second", perSecond: 60 },
  { label: "600 a second", perSecond: 600 },
  { label: "full speed", perSecond: Infinity },
];

class Controls {
  constructor(hooks) {
    this.about = element("span", { class: "soft", id: "about" });
    this.buildOpener(hooks.onFile);
    const theme = button("theme", "◐", hooks.onTheme);
    theme.setAttribute("aria-label", "Light or dark");
    this.header = element(
      "header",
      {},
      element("h1", {}, "nnfast live"),
      this.about,
      element(
        "div",
        { class: "tools" },
        button("new", "New…", hooks.onNew),
        button("python", "Python", hooks.onPython),
        button("save", "Save", hooks.onSave),
        button("open", "Open…", () => this.opener.click()),
        button("link", "Link", hooks.onLink),
        theme,
      ),
      this.opener,
    );
    this.buildSpeed(hooks.onSpeed);
    this.playButton = button("play", "", hooks.onPlay);
    this.playButton.classList.add("go");
    this.showPlaying(false);
    this.updates = element("b", { id: "updates" }, "0");
    this.rest = element("span");
    this.status = element("span", { class: "status" }, this.updates, this.rest);
    this.digest = element("output", { id: "digest", class: "digest" });
    this.proof = element("span", { id: "proof" });
    this.root = element(
      "section",
      { class: "controls", "aria-label": "Training" },
      this.playButton,
      button("step", "+1 update", hooks.onStep),
      button("back", "↶ Back", hooks.onBack),
      element("label", { class: "soft speed" }, "speed ", this.slider, this.speedText),
      element("span", { class: "grow" }),
      this.status,
      element("span", { class: "grow" }),
      element("span", {}, this.digest, " ", this.proof),
    );
  }

  buildOpener(onFile) {
    const open = () => {
      const [file] = this.opener.files;
      this.opener.value = ""; // the same file may be opened again
      if (file !== undefined) onFile(file);
    };
    this.opener = element("input", {
      id: "file",
      type: "file",
      accept: ".json,application/json",
      "aria-label": "Open a network",
      class: "unseen",
      tabindex: -1,
      change: open,
    });
  }

  buildSpeed(onSpeed) {
    const last = SPEEDS.length - 1;
    this.speedText = element("span", {}, SPEEDS[last].label);
    this.slider = element("input", {
      id: "speed",
      type: "range",
      min: 0,
      max: last,
      value: last,
      "aria-label": "Speed",
      "aria-valuetext": SPEEDS[last].label,
      input: () => {
        this.speedText.textContent = this.speed.label;
        this.slider.setAttribute("aria-valuetext", this.speed.label);
        onSpeed();
      },
    });
  }

  get speed() {
    return SPEEDS[Number(this.slider.value)];
  }

  showPlaying(isPlaying) {
    this.playButton.textContent = isPlaying ? "❚❚ Pause" : "▶ Play";
    this.playButton.setAttribute("aria-pressed", isPlaying);
  }

  showNumbers({ updates, examples, curve, network }, proof) {
    this.updates.textContent = grouped(updates);
    const epoch = grouped(Math.floor(updates / examples.inputs.length));
    const { loss, right } = curve.findLast((at) => at.updates <= updates);
    const unit = updates === 1 ? "update" : "updates";
    this.rest.textContent = ` ${unit} · epoch ${epoch} · loss ${short(loss)} · test ${percent(right)}`;
    const digest = network.digest();
    this.digest.textContent = digest.slice(0, 12);
    this.digest.title = digest;
    const [words, kind] = proof.words;
    this.proof.textContent = words;
    this.proof.className = `proof ${kind}`;
  }
}
