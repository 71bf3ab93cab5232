/* Playing: the frames, and the training that fits into them. First a frame is drawn; what is left of it
   when the browser has painted is for training. */

const FRAME = 12; // milliseconds after its beginning a frame's training makes way for the next ...
const LEAST_TRAINING = 2; // ... but so many it has, however long the drawing took
const TIMED_UPDATES = 20; // fewer say little of how long one takes

class Player {
  // Speed gives updates a second; train makes one update; draw and rest are for each frame, while it
  // plays and while it does not.
  constructor(speed, { train, draw, rest }) {
    Object.assign(this, { speed, trainOnce: train, draw, rest, isPlaying: false });
    this.painted = new MessageChannel();
    this.painted.port2.onmessage = () => this.train();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.painted.port1.close();
  }

  start() {
    Object.assign(this, { isPlaying: true, due: 1, last: null });
  }

  stop() {
    this.isPlaying = false;
  }

  tick(now) {
    this.frame = requestAnimationFrame((next) => this.tick(next));
    if (!this.isPlaying) return this.rest(now);
    this.due += ((now - (this.last ?? now)) / 1000) * this.speed() || 0;
    this.last = now;
    this.draw(now);
    this.painted.port1.postMessage(null);
  }

  train() {
    if (!this.isPlaying) return;
    const started = performance.now();
    const until = Math.max(this.last + FRAME, started + LEAST_TRAINING);
    let done = 0;
    while (this.due >= 1) {
      this.trainOnce();
      this.due--;
      done++;
      if (performance.now() > until) break;
    }
    this.due = Math.min(this.due, 1); // what was not done in time is let go
    if (done >= TIMED_UPDATES) this.microseconds = (1000 * (performance.now() - started)) / done;
  }
}
