/* Whether Python has the same bits: it wrote its digests along the way into the page. */

class Proof {
  constructor({ every, digests, microseconds }) {
    this.every = every;
    this.digests = digests;
    this.microseconds = microseconds;
    this.parted = null;
  }

  // Begin with a network: Python has trained it if it was this one, on the data that it wrote here.
  begin(session, isPythonsData) {
    this.parted = null;
    this.agreed = [0]; // after how many updates it was compared, and was the same
    this.session = session;
    this.isProved =
      isPythonsData &&
      this.digests.length > 0 &&
      session.start.digest().startsWith(this.digests[0]);
  }

  get last() {
    return (this.digests.length - 1) * this.every;
  }

  // Look at a network, if Python has a digest for this many updates.
  compare({ updates, network } = this.session) {
    if (!this.isProved || !this.session.isPlain || this.agreed.includes(updates)) return;
    if (updates % this.every !== 0 || updates > this.last) return;
    if (network.digest().startsWith(this.digests[updates / this.every])) this.agreed.push(updates);
    else this.parted ??= updates;
  }

  // Look at those too that the session came through, of which it keeps copies.
  compareAll() {
    const { copies, updates } = this.session;
    for (const copy of copies) if (copy.updates <= updates) this.compare(copy);
    this.compare();
  }

  // In a few words, and whether they are good or bad news.
  get words() {
    const { updates, isPlain } = this.session;
    if (!isPlain) return ["edited: see Python", ""];
    if (!this.isProved) return ["see Python", ""];
    if (this.parted !== null && updates >= this.parted) {
      return [`✗ parts from Python by update ${grouped(this.parted)}`, "bad"];
    }
    if (updates > this.last) return [`Python went to ${grouped(this.last)}`, ""];
    const last = Math.max(...this.agreed.filter((count) => count <= updates));
    if (last === updates) return ["✓ the bits of Python", "good"];
    return [`✓ as in Python at ${grouped(last)}`, "good"];
  }

  // What Python had, and how long an update takes, here and there.
  times(here) {
    const parts = Object.entries({ ...this.microseconds, "this browser": here })
      .filter(([, time]) => time > 0)
      .map(([name, time]) => `${name} ${short(time)} µs`);
    return this.pythons + (parts.length === 0 ? "" : `An update takes: ${parts.join(", ")}.`);
  }

  get pythons() {
    const { updates, isPlain } = this.session;
    if (!this.isProved || !isPlain) return "";
    const place = Math.min(Math.floor(updates / this.every), this.digests.length - 1);
    const after =
      place === 0 ? "before any update" : `after ${grouped(place * this.every)} updates`;
    return `Python had the digest ${this.digests[place]} ${after}. `;
  }
}

// Whether it is what Python has trained. The digest at the beginning does not tell: under another learning
// rate or rule a network begins with the same weights.
function isPythons(page, { start, examples }) {
  if (examples !== page.given) return false;
  const { network, link } = page.payload;
  const pythons =
    network === null ? page.sessionOf(readLink(link)).start : NeuralNetwork.fromJSON(network);
  return start.toJSON() === pythons.toJSON();
}
