/* What comes in and what goes out: new networks, files and links. They act on the page. */

function makeNetwork(page, { data, csv, hidden, lr, bias, ...options }) {
  const examples = page.examplesOf(data, data === "points" ? pointsFrom(csv) : null);
  const widths = hidden.split(/[-,\s]+/).map((text) => count("hidden neurons", text));
  const network = new NeuralNetwork(
    examples.inputs[0].length,
    widths.length === 1 ? widths[0] : widths,
    examples.targets[0].length,
    Number(lr),
    { ...options, bias: bias === "yes" },
  );
  page.begin(new Session(network, examples), null);
  page.complain("");
}

function shareLink(page) {
  const link = linkOf(page);
  if (link === null) {
    page.complain("A network that came from a file is not in a link: save it instead.");
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
    const network = NeuralNetwork.fromJSON(text);
    page.begin(new Session(network, examplesFor(page, network)), text);
    page.complain("");
  } catch (error) {
    page.complain(`${file.name}: ${error.message}`.slice(0, 300));
  }
}

// All data that the page has, that of the session first.
function dataOf(page) {
  const presets = Object.entries(page.payload.points).map(([name, { points }]) =>
    pointsAs(name, points),
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
