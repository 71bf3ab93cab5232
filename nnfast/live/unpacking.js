/* Pictures from the text that `packing.py` made of them: an arithmetic code, whose frequencies are counted
   here as they were there. All of it is in whole numbers below the 53rd power of 2. */

const NEAR = [8, 3, 1]; // how much a level speaks for itself, for the next and for the one after that
const LEAST_RANGE = 0x400000000000; // the 46th power of 2

class ArithmeticCode {
  constructor(text, alphabet) {
    this.digits = Array.from(text, (letter) => alphabet.indexOf(letter));
    this.base = alphabet.length;
    this.at = 0;
    this.code = 0;
    this.range = 1;
  }

  // The next symbol; each has its frequency, and there are so many in total.
  next(frequencies, total) {
    while (this.range < LEAST_RANGE) {
      this.code = this.code * this.base + this.digits[this.at++];
      this.range *= this.base;
    }
    const unit = Math.floor(this.range / total);
    let symbol = 0;
    while (this.code >= unit * frequencies[symbol]) this.code -= unit * frequencies[symbol++];
    this.range = unit * frequencies[symbol];
    return symbol;
  }
}

// The levels of ink of each picture, row by row, from 0 to that of full ink.
function levelsFrom({ pixels, alphabet, labels, classes, levels, shape: [rows, columns] }) {
  const [size, full] = [rows * columns, levels.length - 1];
  const code = new ArithmeticCode(pixels, alphabet);
  const sums = Math.floor((3 * full) / 4) + 1;
  const contexts = sums + 9; // at a place: by what three neighbours have together, and by thirds of two
  const thirds = (ink) => Math.ceil((2 * ink) / full);
  const counts = new Uint32Array(classes * size * contexts * levels.length);
  const frequencies = new Float64Array(levels.length);
  return Array.from(labels, (label) => {
    const picture = new Uint8Array(size);
    for (let n = 0; n < size; n++) {
      const column = n % columns;
      const left = column > 0 ? picture[n - 1] : 0;
      const above = n >= columns ? picture[n - columns] : 0;
      const right = n >= columns && column < columns - 1 ? picture[n - columns + 1] : 0;
      const place = (label * size + n) * contexts;
      const one = (place + ((left + above + right) >> 2)) * levels.length;
      const two = (place + sums + 3 * thirds(left) + thirds(above)) * levels.length;
      let total = 0;
      for (let k = 0; k <= full; k++)
        total += frequencies[k] = 1 + counts[one + k] + counts[two + k];
      picture[n] = code.next(frequencies, total);
      for (const context of [one, two]) learn(counts, context, picture[n], full);
    }
    return picture;
  });
}

// No ink and full ink speak for themselves alone.
function learn(counts, context, level, full) {
  counts[context + level] += NEAR[0];
  if (level === 0 || level === full) return;
  for (let distance = 1; distance < NEAR.length; distance++) {
    const [lower, higher] = [level - distance, level + distance];
    if (lower > 0) counts[context + lower] += NEAR[distance];
    if (higher < full) counts[context + higher] += NEAR[distance];
  }
}
