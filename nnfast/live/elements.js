/* What all parts of the page are made of: elements, numbers, colours. */

// An element; of its properties, a function listens, and what no element knows is an attribute.
function element(tag, properties = {}, ...children) {
  const made = SVG_TAGS.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name === "html") made.innerHTML = value;
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function button(id, text, click) {
  return element("button", { id, type: "button", click }, text);
}

// A text, only where it is another than the one that is there.
function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// A message, which takes no room where there is none.
function tell(place, text) {
  write(place, text);
  place.hidden = text === "";
}

function limited(share) {
  return share > 0 ? Math.min(1, share) : 0;
}

// What somebody gave, short enough for a message.
function quoted(text) {
  return JSON.stringify(text.slice(0, 40));
}

const SVG_TAGS = new Set(["svg", "path", "g", "circle", "line", "text", "polyline", "rect"]);
const MINUS = "\u2212";

// A number with four digits; all of them where it has the focus, or is pointed at.
function chip(value, options = {}) {
  const text = (options.signed && value > 0 ? "+" : "") + short(value);
  const kind = options.plain ? "" : value > 0 ? " plus" : value < 0 ? " minus" : "";
  return element("span", { class: `number${kind}`, tabindex: 0, title: exact(value) }, text);
}

function short(value) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text =
    size >= 1e-4 && size < 1e5
      ? trimmed(value.toPrecision(4))
      : value.toExponential(3).replace("e+", "e");
  return text.replace("-", MINUS).replace("e-", `e${MINUS}`);
}

// A number where there is little room.
function brief(value) {
  const text = Math.abs(value) < 1000 ? value.toFixed(2) : value.toExponential(0);
  return text.replace("+", "").replace("-", MINUS);
}

function trimmed(text) {
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

function exact(value) {
  return Object.is(value, -0) ? "-0" : String(value);
}

function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

// The next number above or below: one unit in the last place.
function neighbour(value, direction) {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return direction * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 === direction > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

// The colours of the page, as numbers that pictures are mixed from.
function paletteOf(root) {
  const style = getComputedStyle(root);
  const read = (name) => {
    const text = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  };
  return {
    plus: read("--plus"),
    minus: read("--minus"),
    ground: read("--cell"),
    ink: read("--ink"),
    dim: read("--dim"),
    focus: read("--focus"),
  };
}

// From the ground to the colour of the sign, as strong as the number is beside the largest.
function mix(palette, value, largest, pixels, at) {
  const colour = value < 0 ? palette.minus : palette.plus;
  const share = Math.min(1, Math.abs(value) / largest);
  blend(palette.ground, colour, Number.isNaN(share) ? 0 : share, pixels, at);
}

function blend(from, to, share, pixels, at) {
  for (let c = 0; c < 3; c++) pixels[at + c] = from[c] + (to[c] - from[c]) * share;
  pixels[at + 3] = 255;
}

function largestIn(values) {
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > largest && size < Infinity) largest = size;
  }
  return largest || 1;
}

// One of many is in the order of the tab key; the arrows move on from there.
function rove(container, items, columns, choose) {
  container.addEventListener("keydown", (event) => {
    const at = items().indexOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() }[
      event.key
    ];
    if (at < 0 || step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = items()[at + step];
    if (next === undefined) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    choose?.(at + step);
  });
}

function card(label, kind) {
  return element("section", { class: `card ${kind}`, "aria-label": label });
}
