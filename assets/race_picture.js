// The live race: for each strategy the median of its runs so far with their middle half, which grow from left to right and
// follow new runs smoothly. The points come through ask_again.js; between two messages everything moves here.

const PICTURES = (window.nasExplorerPictures ??= new Map()); // name -> {picture, message, played}
const SWEEP = 2000; // milliseconds in which the curves grow from left to right
const EASE = 150; // milliseconds in which a curve has gone most of the way to where new runs move it
const LEFT = 58, TOP = 48, BOTTOM = 44, MARGIN = 24, WIDE = 640; // as the chart that takes its place has them

class RacePicture {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.frames = []; // when each picture was drawn
    this.observer = new ResizeObserver(() => this.draw(performance.now()));
  }

  show(data) {
    this.observer.observe(this.root);
    if (data.name !== this.data?.name) Object.assign(this, { runs: data.racers.map(() => []), curves: null, began: 0, message: null });
    this.data = data;
    this.draw(performance.now());
  }

  // message: {runs: [[racer, trials[], values[]], …], note, over}; a run's values hold from their trial to the next.
  take(message) {
    const count = this.runs.flat().length;
    for (const [racer, xs, ys] of message.runs.slice(count)) this.runs[racer].push({ xs, ys, all: this.expand(xs, ys) });
    this.message = message;
    if (message.runs.length > count || !this.goals) this.goals = this.runs.map((runs) => this.band(runs));
    this.canvas.setAttribute("aria-label", this.words());
    const now = performance.now();
    if (message.runs.length) this.began ||= now;
    if (!this.going) {
      this.going = true;
      this.last = now;
      this.frame(now);
    }
  }

  expand(xs, ys) {
    const all = new Float64Array(this.data.trials).fill(NaN);
    xs.forEach((x, i) => all.fill(ys[i], x - 1));
    return all;
  }

  // [low, middle, high] at every trial: quartiles and median, between ranks in proportion.
  band(runs) {
    const out = [0.25, 0.5, 0.75].map(() => new Float64Array(this.data.trials).fill(NaN));
    for (let t = 0; t < this.data.trials; t++) {
      const values = runs.map((run) => run.all[t]).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
      if (!values.length) continue;
      [0.25, 0.5, 0.75].forEach((q, k) => {
        const place = q * (values.length - 1), i = Math.floor(place);
        out[k][t] = values[i] + (place - i) * ((values[i + 1] ?? values[i]) - values[i]);
      });
    }
    return out;
  }

  // One picture after another as long as anything moves.
  frame(now) {
    const moves = this.step(now);
    this.draw(now);
    this.frames.push(now);
    if (moves && this.root.isConnected) {
      requestAnimationFrame((next) => this.frame(next));
      return;
    }
    this.going = false;
    if (this.message.over) PICTURES.get(this.data.name)?.played?.();
  }

  // Move the curves towards their goals; true while they are on their way, or are still growing.
  step(now) {
    const share = this.still.matches ? 1 : 1 - Math.exp(-(now - this.last) / EASE);
    this.last = now;
    let far = 0;
    this.curves ??= this.goals.map((goal) => goal.map((line) => line.slice()));
    this.goals.forEach((goal, r) => goal.forEach((line, k) => line.forEach((value, t) => {
      const curve = this.curves[r][k];
      const was = Number.isNaN(curve[t]) ? value : curve[t];
      curve[t] = was + share * (value - was);
      far = Math.max(far, Math.abs(value - curve[t]) || 0);
    })));
    return far > 0.005 || (this.began && this.pen(now) < this.data.trials);
  }

  // The trial up to which the curves have grown.
  pen(now) {
    if (!this.began) return 0;
    return this.still.matches ? this.data.trials : Math.min(1, (now - this.began) / SWEEP) * this.data.trials;
  }

  words() {
    const ends = this.data.racers.map(({ title }, r) => {
      const middle = this.goals[r][1].at(-1);
      return Number.isNaN(middle) ? `${title}: nothing yet` : `${title}: median ${middle.toFixed(2)} %`;
    });
    return `The race as it runs. ${this.message.note}. ${ends.join(", ")}.`;
  }

  draw(now) {
    const { data, canvas, root } = this;
    const [wide, high] = [root.clientWidth, root.clientHeight];
    if (!data || !wide || !high) return;
    const ratio = fit(canvas);
    const theme = pageTheme(root);
    const c = canvas.getContext("2d");
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, wide, high);
    const longest = Math.max(data.optimum.title.length * 13, ...data.racers.map(({ title }) => title.length * 17));
    const right = wide >= WIDE ? Math.min(300, MARGIN + 0.56 * longest) : MARGIN;
    this.box = { x: LEFT, y: TOP, w: wide - LEFT - right, h: high - TOP - BOTTOM };
    this.brush = new CanvasPen(c, theme, ratio, 0, []);
    this.axes(theme);
    this.lines(c, this.pen(now));
    this.names(this.pen(now), wide >= WIDE);
  }

  x(trial) {
    return this.box.x + ((trial - 1) / (this.data.trials - 1)) * this.box.w;
  }

  y(value) {
    const [low, high] = this.data.limits;
    return this.box.y + (1 - (value - low) / (high - low)) * this.box.h;
  }

  axes(theme) {
    const { box, data, brush } = this;
    const across = ticks(1, data.trials, box.w / 90).filter((v) => v > 1);
    const up = ticks(...data.limits, box.h / 45);
    for (const value of up) {
      const y = Math.round(this.y(value)) + 0.5;
      brush.line([[box.x, y], [box.x + box.w, y]], theme.line);
      brush.text(tickLabel(value, up), box.x - 8, y + 4, { align: "right", colour: theme.pale });
    }
    brush.line([[box.x, box.y + box.h + 0.5], [box.x + box.w, box.y + box.h + 0.5]], theme.line);
    for (const value of [1, ...across]) brush.text(String(value), this.x(value), box.y + box.h + 18, { align: "center", colour: theme.pale });
    brush.text(data.x, box.x + box.w / 2, box.y + box.h + 36, { align: "center", colour: theme.pale });
    brush.text(data.y, 16, box.y + box.h / 2, { align: "center", turn: true, colour: theme.pale });
    if (this.message) brush.text(this.message.note, box.x, 16, { size: 13 });
  }

  lines(c, pen) {
    const { box, data, brush } = this;
    brush.within(box.x, box.y, box.w, box.h + 1, () => {
      brush.line([[box.x, this.y(data.optimum.value)], [box.x + box.w, this.y(data.optimum.value)]], data.optimum.colour, 2, [2, 3]);
      c.globalAlpha = 0.22;
      data.racers.forEach(({ colour }, r) => this.runs[r].forEach((run) => brush.line(this.steps(run.xs, run.ys, pen), colour)));
      if (this.curves) data.racers.forEach(({ colour }, r) => this.area(c, this.curves[r], colour, pen));
      c.globalAlpha = 1;
      if (this.curves) data.racers.forEach(({ colour, dash }, r) => brush.line(this.course(this.curves[r][1], pen), colour, 3.5, dash));
    });
  }

  steps(xs, ys, pen) {
    const out = [];
    xs.forEach((x, i) => {
      if (x > pen) return;
      if (i) out.push([this.x(x), this.y(ys[i - 1])]);
      out.push([this.x(x), this.y(ys[i])]);
    });
    if (out.length) out.push([this.x(Math.max(1, pen)), out.at(-1)[1]]);
    return out;
  }

  // The corners of a curve with a value for every trial, up to the pen.
  course(values, pen) {
    const out = [];
    for (let t = 0; t < Math.min(pen, values.length); t++) {
      if (Number.isNaN(values[t])) continue;
      if (out.length && values[t] !== values[t - 1]) out.push([this.x(t + 1), this.y(values[t - 1])]);
      if (!out.length || values[t] !== values[t - 1]) out.push([this.x(t + 1), this.y(values[t])]);
    }
    if (out.length) out.push([this.x(Math.max(1, pen)), out.at(-1)[1]]);
    return out;
  }

  area(c, [low, , high], colour, pen) {
    const corners = [...this.course(high, pen), ...this.course(low, pen).reverse()];
    if (!corners.length) return;
    c.fillStyle = colour;
    c.beginPath();
    corners.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.fill();
  }

  // At the ends of the curves where there is room, without touching each other, else above them.
  names(pen, ends) {
    const { box, data, brush } = this, dark = Number(isDark(brush.theme.background));
    if (!ends) {
      let x = box.x;
      for (const { title, letters } of data.racers) {
        brush.text(title, x, 36, { colour: letters[dark], size: 13, weight: 600 });
        x += 12 + title.length * 7;
      }
      return;
    }
    const at = Math.min(this.data.trials, Math.max(1, Math.floor(pen)));
    const labels = data.racers
      .map(({ title, letters }, r) => ({ title, letters, size: 17, y: this.y(this.curves?.[r][1][at - 1]), x: this.x(Math.max(1, pen)) }))
      .filter(({ y }) => pen && Number.isFinite(y));
    labels.push({ ...data.optimum, size: 13, y: this.y(data.optimum.value), x: box.x + box.w });
    labels.sort((a, b) => a.y - b.y);
    labels.forEach((label, i) => {
      if (i && labels[i - 1].x > label.x - 200) label.y = Math.max(label.y, labels[i - 1].y + 24);
      brush.text(label.title, label.x + 6, label.y + 5, { colour: label.letters[dark], size: label.size, weight: 600 });
    });
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".race");
  const picture = (root.picture ??= new RacePicture(root));
  const entry = PICTURES.get(data.name) ?? {};
  PICTURES.set(data.name, Object.assign(entry, { picture }));
  picture.show(data);
  if (entry.message) picture.take(entry.message);
  return () => {
    picture.observer.disconnect();
    if (PICTURES.get(data.name)?.picture === picture) PICTURES.delete(data.name);
  };
}
