/* How the learning went: what is right and the loss against updates, and a handle that goes there. */

class CurveView {
  constructor(onGo) {
    const places = { click: (event) => onGo(this.updatesAt(event)) };
    this.canvas = element("canvas", { class: "curve", "aria-hidden": "true", ...places });
    this.scrubber = element("input", {
      id: "scrubber",
      class: "scrubber",
      type: "range",
      min: 0,
      value: 0,
      "aria-label": "Go to an update",
      input: () => onGo(Number(this.scrubber.value)),
    });
    this.legend = element("p", { class: "soft legend" });
    const head = element(
      "div",
      { class: "learning-head" },
      element("h2", {}, "Learning"),
      this.legend,
    );
    this.root = element("div", { class: "learning" }, head, this.canvas, this.scrubber);
  }

  updatesAt({ clientX }) {
    const { left, width } = this.canvas.getBoundingClientRect();
    return Math.round(limited((clientX - left) / width) * this.farthest);
  }

  draw({ curve, updates, farthest, examples }, palette, inPlace) {
    const scale = devicePixelRatio;
    if (!inPlace) {
      const { clientWidth, clientHeight } = this.canvas;
      Object.assign(this.canvas, { width: clientWidth * scale, height: clientHeight * scale });
    }
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const last = Math.max(farthest, 1);
    const across = (at) => 4 + ((width - 8) * at) / last;
    const down = (share) => height - 6 - (height - 12) * share;
    const highest = largestIn(curve.map(({ loss }) => loss));
    const line = (colour, dash, value) => {
      context.strokeStyle = `rgb(${colour})`;
      context.lineWidth = 1.6 * scale;
      context.setLineDash(dash);
      context.beginPath();
      for (const point of curve) context.lineTo(across(point.updates), down(value(point)));
      context.stroke();
    };
    line(palette.dim, [5 * scale, 4 * scale], ({ loss }) => Math.min(1, loss / highest));
    line(palette.ink, [], ({ right }) => right);
    context.fillStyle = `rgb(${palette.focus})`;
    context.fillRect(across(updates) - scale, 0, 2 * scale, height);
    this.farthest = farthest;
    this.scrubber.max = last;
    this.scrubber.value = updates;
    const what = examples.isPlane ? "points" : "test examples";
    write(
      this.legend,
      `right ——  loss - - -  over ${grouped(examples.test.inputs.length)} ${what}`,
    );
  }
}
