/* What flows through the network, seen flowing: signals forward, errors back, one thing at a time.

   It is drawn above the page. The page itself is complete before anything moves; while something does,
   the network is shown as far as it is known by then. */

const TAKES = { ask: 550, errors: 500, back: 550, deltas: 450, steps: 450, moved: 900 }; // milliseconds
const STAGGER = 0.4; // of that time, between the first to set out and the last
const TAIL = 0.1; // of the way
const LEAST = 0.02; // of the largest; what is smaller is not seen to flow

class Motion {
  // The origin is where the inputs come from, a rectangle and a picture; onStage draws a phase as far as
  // it has got.
  constructor(view, { origin, onStage }) {
    Object.assign(this, { view, origin, onStage });
    this.canvas = element("canvas", { class: "motion", "aria-hidden": "true", hidden: true });
    this.context = this.canvas.getContext("2d");
    this.stages = [];
    this.switch = element("input", { id: "motion", type: "checkbox" });
    this.switch.checked = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  // With the next frames, the phases from first to last.
  play(first, last) {
    this.stop();
    const { lesson } = this.view.seen;
    if (!this.switch.checked || lesson === null) return;
    const layers = lesson.layers.length;
    for (let phase = first; phase <= last; phase++) this.stages.push(...stagesOf(phase, layers));
  }

  stop() {
    this.stages = [];
    this.began = null;
    this.canvas.hidden = true;
  }

  tick(now) {
    if (this.stages.length === 0) return;
    const [{ phase, reach, n }] = this.stages;
    if (this.began === null) {
      this.began = now;
      this.onStage(phase, reach);
    }
    const share = (now - this.began) / TAKES[PHASES[phase - 1]];
    if (share < 1) this.draw(phase, n, share);
    else {
      this.began = null;
      this.stages.shift();
      if (this.stages.length > 0) return;
      this.stop();
      this.onStage(phase, Infinity);
    }
  }

  draw(phase, n, share) {
    const scale = devicePixelRatio;
    const { clientWidth, clientHeight } = document.documentElement;
    Object.assign(this.canvas, { width: clientWidth * scale, height: clientHeight * scale });
    this.canvas.hidden = false;
    this.context.scale(scale, scale);
    this.context.lineCap = "round";
    this.context.imageSmoothingEnabled = false;
    if (phase === ASK && n === 0) this.drawInputs(share);
    else if (phase === ASK) this.drawFlows(phase, n, share);
    else if (phase === ERRORS) this.drawMissing(share);
    else if (phase === BACK) this.drawFlows(phase, n, share);
    else if (phase === MOVED) this.drawMoved(1 - share);
  }

  // Every hidden neuron is shown the same: the picture, or the point.
  drawInputs(share) {
    const { rect, picture } = this.origin();
    const { canvases, plane, seen } = this.view;
    canvases.forEach((canvas, j) => {
      const part = eased(late(share, j / canvases.length));
      if (part === 0) return;
      const to = this.view.inSight(canvas);
      if (to === null) return;
      const box = ["left", "top", "width", "height"].map((side) =>
        between(rect[side], to[side], part),
      );
      if (picture) return this.context.drawImage(picture, ...box);
      const [x, y] = plane.shareOf(seen.shown.inputs);
      this.disc(box[0] + x * box[2], box[1] + y * box[3], between(5, 3, part));
    });
  }

  disc(x, y, radius) {
    const { context } = this;
    context.fillStyle = `rgb(${this.view.seen.palette.focus})`;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  // Between each two neurons: its colour is the sign, its width the size of what flows.
  drawFlows(phase, n, share) {
    this.eachFlow(phase, n, (from, to, size, place) => {
      const part = late(share, phase === BACK ? 1 - place : place);
      if (part === 0 || part === 1) return;
      const along = (at) => {
        const way = eased(limited(at));
        return [0, 1].map((axis) => between(from[axis], to[axis], phase === BACK ? 1 - way : way));
      };
      this.line(along(part - TAIL), along(part), 1 + 5 * size);
    });
  }

  // From what each output says to what it should say.
  drawMissing(share) {
    const { outputs, seen } = this.view;
    const { lesson } = seen;
    const said = lesson.layers.at(-1).outputs;
    outputs.forEach(({ fill }, k) => {
      const bar = fill.parentElement.getBoundingClientRect();
      const at = (value) => [bar.left + bar.width * limited(value), bar.top + bar.height / 2];
      const now = between(said[k], lesson.targets[k], eased(Math.min(1, 1.5 * share)));
      this.colour(lesson.targets[k] - said[k]);
      this.line(at(said[k]), at(now), bar.height / 2);
    });
  }

  // What each weight moves by, fading away into the weight.
  drawMoved(strength) {
    const { canvases, examples, seen } = this.view;
    const { layers } = seen.lesson;
    this.context.globalAlpha = eased(strength);
    for (let n = 1; n < layers.length; n++) {
      this.eachFlow(MOVED, n, (from, to, size) => this.line(from, to, 0.3 + 2.5 * size));
    }
    if (examples.isPlane) return;
    this.changes ??= document.createElement("canvas");
    this.view.eachImage(layers[0].weight_changes, (pixels, j) => {
      Object.assign(this.changes, { width: pixels.width, height: pixels.height });
      this.changes.getContext("2d").putImageData(pixels, 0, 0);
      const to = this.view.inSight(canvases[j]);
      if (to) this.context.drawImage(this.changes, to.left, to.top, to.width, to.height);
    });
  }

  // Visit what is seen to flow between layer n - 1 and n, with its ends and its place in the order of going.
  eachFlow(phase, n, visit) {
    const { layers, seen } = this.view;
    const ends = [n - 1, n].map((at) => layers[at].map((one) => this.view.inSight(one)));
    const flows = ends[0].map((_, j) =>
      ends[1].map((_end, k) => flowOf(seen.lesson, phase, n, j, k)),
    );
    const largest = Math.max(...flows.map(largestIn));
    flows.forEach((row, j) =>
      row.forEach((flow, k) => {
        const size = Math.abs(flow) / largest;
        const [from, to] = [ends[0][j], ends[1][k]];
        if (!(size > LEAST && from && to)) return;
        this.colour(flow);
        visit(
          [from.right, from.top + from.height / 2],
          [to.left, to.top + to.height / 2],
          size,
          j / flows.length,
        );
      }),
    );
  }

  colour(value) {
    const { plus, minus } = this.view.seen.palette;
    this.context.strokeStyle = `rgb(${value < 0 ? minus : plus})`;
  }

  line(from, to, width) {
    const { context } = this;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }
}

// The stages of a phase: signals go from layer to layer, and errors back; all else is everywhere at once.
// Reach is the number of layers that have got there.
function stagesOf(phase, layers) {
  if (phase === ASK) return Array.from({ length: layers }, (_, n) => ({ phase, reach: n, n }));
  if (phase !== BACK) return [{ phase, reach: Infinity }];
  return Array.from({ length: layers - 1 }, (_, n) => ({ phase, reach: n, n: layers - 1 - n }));
}

// The share of its own way of what sets out at a place between the first, 0, and the last, 1.
function late(share, place) {
  return limited((share - STAGGER * place) / (1 - STAGGER));
}

function eased(share) {
  return share * share * (3 - 2 * share);
}

function between(from, to, share) {
  return from + (to - from) * share;
}
