/* A drawn digit as the small digits were made: scaled to fill 32 x 32 cells, straightened, drawn with
   their pen, and counted in blocks of 4 x 4: so many of 16 cells have ink. */

const CELLS = 32;
const BLOCK = 4;
const PEN = 3.6; // cells
const STEEPEST = 0.6; // columns a row: what leans more was meant to

// Strokes are lists of {x, y}; the counts come row by row, 8 x 8, from 0 to 16.
function countsOf(strokes) {
  const lines = fitted(straightened(strokes), CELLS - PEN, CELLS / 2, CELLS / 2);
  const counts = Array.from({ length: (CELLS / BLOCK) ** 2 }, () => 0);
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      if (!isInked(lines, column + 0.5, row + 0.5)) continue;
      const block = Math.floor(row / BLOCK) * (CELLS / BLOCK) + Math.floor(column / BLOCK);
      counts[block]++;
    }
  }
  return counts;
}

// The same for pictures of another size, as MNIST's were made: grey at the edges of the pen, in a box of
// 20 of 28 pixels, its centre of mass in the middle; from 0 to 1, row by row.
function greysOf(strokes, rows, columns) {
  const lines = fitted(strokes, (20 / 28) * rows, rows / 2, columns / 2);
  const pen = rows / 11;
  const greys = (down, right) =>
    Array.from({ length: rows * columns }, (_, n) => {
      const [x, y] = [(n % columns) + 0.5 - right, Math.floor(n / columns) + 0.5 - down];
      const nearest = Math.min(...lines.map(([a, b]) => squaredDistance(a, b, x, y)));
      return Math.min(1, Math.max(0, 0.5 + pen / 2 - Math.sqrt(nearest)));
    });
  const [down, right] = offCentre(greys(0, 0), rows, columns);
  return greys(down, right);
}

function offCentre(greys, rows, columns) {
  let [sum, down, right] = [0, 0, 0];
  greys.forEach((grey, n) => {
    sum += grey;
    down += grey * (Math.floor(n / columns) + 0.5 - rows / 2);
    right += grey * ((n % columns) + 0.5 - columns / 2);
  });
  return [-Math.round(down / sum), -Math.round(right / sum)];
}

function segmentsOf(strokes) {
  return strokes.flatMap((stroke) =>
    stroke.length === 1 ? [[stroke[0], stroke[0]]] : stroke.slice(1).map((p, n) => [stroke[n], p]),
  );
}

// Sheared so that ink does not lean: by the moments of the line, each piece with its length.
function straightened(strokes) {
  let [sum, x, y] = [0, 0, 0];
  const pieces = segmentsOf(strokes).map(([a, b]) => ({
    length: Math.sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)) + 1e-9,
    x: (a.x + b.x) / 2,
    y: (a.y + b.y) / 2,
  }));
  for (const piece of pieces) {
    sum += piece.length;
    x += piece.length * piece.x;
    y += piece.length * piece.y;
  }
  let [together, down] = [0, 0];
  for (const piece of pieces) {
    together += piece.length * (piece.x - x / sum) * (piece.y - y / sum);
    down += piece.length * (piece.y - y / sum) * (piece.y - y / sum);
  }
  const slope = down > 0 ? together / down : 0;
  const lean = Math.abs(slope) < STEEPEST ? slope : 0;
  return strokes.map((stroke) => stroke.map((p) => ({ x: p.x - lean * p.y, y: p.y })));
}

// As high as there is room, or as wide; in the middle.
function fitted(strokes, room, middleDown, middleRight) {
  const points = strokes.flat();
  const [left, right] = rangeOf(points.map(({ x }) => x));
  const [top, bottom] = rangeOf(points.map(({ y }) => y));
  const scale = room / Math.max(right - left, bottom - top, 1e-9);
  const place = (value, low, high, middle) => (value - (low + high) / 2) * scale + middle;
  const moved = strokes.map((stroke) =>
    stroke.map((p) => ({
      x: place(p.x, left, right, middleRight),
      y: place(p.y, top, bottom, middleDown),
    })),
  );
  return segmentsOf(moved);
}

function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

function isInked(lines, x, y) {
  return lines.some(([a, b]) => squaredDistance(a, b, x, y) <= (PEN * PEN) / 4);
}

function squaredDistance(a, b, x, y) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length : 0;
  const t = along < 0 ? 0 : along > 1 ? 1 : along;
  const [px, py] = [x - a.x - t * dx, y - a.y - t * dy];
  return px * px + py * py;
}
