/* What comes in and what goes out: new networks, files and links. They act on the page. */

function makeNetwork(page, { data, csv, hidden, lr, bias, ...options }) {
  const examples = examplesNamed(page, data, data === "points" ? pointsFrom(csv) : null);
  const widths = hidden.split(/[-,\s]+/).map((text) => count("hidden neurons", text));
  const layers = [examples.inputs[0].length, ...widths, examples.targets[0].length];
  const given = { ...options, bias: bias === "yes" };
  const network = networkOf(layers, numberIn("learning rate", lr), given, examples);
  page.begin(new Session(network, examples), null);
  page.complain("");
}

function shareLink(page) {
  const link = linkOf(page);
  if (link === null) {
    page.complain(
      "A network that came from a file, or has trained too long, is not in a link: save it instead.",
    );
    return;
  }
  try {
    history.replaceState(null, "", link);
  } catch {
    // A frame in a notebook has no address of its own.
  }
  page.link.show(new URL(link, location.href).href);
}

function save({ network }) {
  const blob = new Blob([network.toJSON()], { type: "application/json" });
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: "network.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

async function openFile(page, file) {
  try {
    const text = await file.text();
    if (isRecord(text)) return await repeatRecord(page, text, dataOf(page));
    page.begin(openedIn(page, text), text);
    page.complain("");
  } catch (error) {
    page.complain(complaintOf(file, error));
  }
}

// An engine's own messages may quote lines of the file.
function complaintOf({ name }, { message }) {
  return `${name}: ${message}`.replace(/\s+/g, " ").slice(0, 300);
}

// A session with the network of a file; throws an Error of one line where there is none.
function openedIn(page, text) {
  const network = NeuralNetwork.fromJSON(text);
  checkSize(weightsOf(network));
  return new Session(network, examplesFor(page, network));
}

function examplesNamed({ given, payload }, name, points) {
  if (name === given.name) return given;
  if (name === "points" && points !== null) return pointsAs("points", points);
  if (Object.hasOwn(payload.points, name)) return presetAs(name, payload.points[name].points);
  const names = [given.name, ...Object.keys(payload.points), "points"];
  throw new Error(`data: got ${quoted(name)}, wants one of ${names.join(", ")}`);
}

// All data that the page has, that of the session first.
function dataOf(page) {
  const presets = Object.entries(page.payload.points).map(([name, { points }]) =>
    presetAs(name, points),
  );
  return [page.session.examples, page.given, ...presets];
}

// The data on the page, or other data of the page that has as many inputs and outputs.
function examplesFor(page, { inodes, onodes }) {
  const found = dataOf(page).find(
    ({ inputs, targets }) => inputs[0].length === inodes && targets[0].length === onodes,
  );
  if (found !== undefined) return found;
  throw new Error(
    `got a network of ${inodes} inputs and ${onodes} outputs, and this page has no such data`,
  );
}
