/* The plane of a network with two inputs: where its output is above one half, and the points; and a
   small plane in each hidden neuron. */

const PLANE = 24; // points along a side of a neuron's small plane
const LARGE_PLANE = 72; // and of the boundary; every third of them both ways is in the small planes, too

class PlaneView {
  constructor({ inputs, labels }, onPoint) {
    const lowest = Math.min(...inputs.map((row) => Math.min(...row)));
    const most = largestIn(inputs.flatMap((row) => [...row])) * 1.15;
    // The square that is shown.
    [this.low, this.high] = lowest >= 0 ? [-0.25, 1.25] : [-most, most];
    this.canvas = element("canvas", {
      id: "plane",
      class: "plane",
      width: LARGE_PLANE,
      height: LARGE_PLANE,
      role: "img",
      "aria-label": "The plane: where the output is above one half, and the points",
      click: (event) => onPoint(this.placeOf(event)),
    });
    this.context = this.canvas.getContext("2d");
    this.pixels = new ImageData(LARGE_PLANE, LARGE_PLANE);
    this.asked = element("circle", { class: "asked", r: 2.6 });
    this.points = element(
      "svg",
      { class: "points", viewBox: "0 0 100 100", "aria-hidden": "true" },
      inputs.map((place, n) => this.point(place, labels[n])),
      this.asked,
    );
    this.root = element("div", { class: "plane-box" }, this.canvas, this.points);
  }

  point(place, label) {
    const [x, y] = this.shareOf(place).map((share) => 100 * share);
    if (label === 1) return element("circle", { class: "one", cx: x, cy: y, r: 1.5 });
    const square = { x: x - 1.3, y: y - 1.3, width: 2.6, height: 2.6 };
    return element("rect", { class: "none", ...square });
  }

  // Where a point is in the square, from its left and from its top, as shares of its side.
  shareOf([x, y]) {
    const along = (value) => (value - this.low) / (this.high - this.low);
    return [along(x), 1 - along(y)];
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const along = (share) => this.low + (this.high - this.low) * Math.min(1, Math.max(0, share));
    return [
      along((event.clientX - box.left) / box.width),
      along(1 - (event.clientY - box.top) / box.height),
    ];
  }

  // The example that the network is shown, if there is to be one.
  mark(inputs) {
    this.asked.style.display = inputs === null ? "none" : "";
    if (inputs === null) return;
    const [x, y] = this.shareOf(inputs);
    this.asked.setAttribute("cx", 100 * x);
    this.asked.setAttribute("cy", 100 * y);
  }

  // The network's answers, point by point; what its neurons say in between goes to their small planes.
  draw(network, neurons, palette) {
    const [hidden] = network._engine.network;
    const [last] = network._engine.network.slice(-1);
    const half = network.output_activation === "tanh" ? 0 : 0.5;
    const [middle, most] = hidden.activation === "sigmoid" ? [0.5, 0.5] : [0, 1];
    const side = this.high - this.low;
    const place = new Float64Array(2);
    for (let row = 0, pixel = 0, small = 0; row < LARGE_PLANE; row++) {
      place[1] = this.high - ((row + 0.5) / LARGE_PLANE) * side;
      for (let column = 0; column < LARGE_PLANE; column++, pixel += 4) {
        place[0] = this.low + ((column + 0.5) / LARGE_PLANE) * side;
        network._forward(place);
        mix(palette, last.outputs[0] - half, 0.5, this.pixels.data, pixel);
        if (row % 3 !== 1 || column % 3 !== 1) continue;
        for (let j = 0; j < neurons.length; j++)
          mix(palette, hidden.outputs[j] - middle, most, neurons[j].pixels.data, small);
        small += 4;
      }
    }
    this.context.putImageData(this.pixels, 0, 0);
    for (const { context, pixels } of neurons) context.putImageData(pixels, 0, 0);
  }
}
