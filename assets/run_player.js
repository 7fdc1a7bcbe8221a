// One run, played: a cursor through its trainings that moves everything on the instrument together. Top left the course
// of the run with its family tree, below it the shares of the options; top right the map of the space, below it the last
// trainings and the incumbent. What the cursor does not change is drawn once for each size and theme.

const WHOLE = 14; // seconds in which a run plays at speed 1
const REVEALS = 10000; // milliseconds in which the rest of the page comes, also on a busy machine
const PAD = { left: 62, right: 10, top: 20, bottom: 34 };
const PAST = "#7f8794", LINE = "#0072B2", FOCUS = "#D55E00";

class RunPlayer {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.slider = this.find(".at");
    this.slider.oninput = () => this.pause() || this.go(Number(this.slider.value));
    this.find(".back").onclick = () => this.pause() || this.go(this.at - 1);
    this.find(".on").onclick = () => this.pause() || this.go(this.at + 1);
    this.find(".play").onclick = () => (this.playing ? this.pause() : this.play());
    this.source = this.find(".source");
    this.source.onchange = () => this.rest();
    for (const name of [".course", ".shares"]) {
      const canvas = this.find(name);
      canvas.onpointerdown = (e) => canvas.setPointerCapture(e.pointerId) ?? this.scrub(canvas, e);
      canvas.onpointermove = (e) => e.buttons && this.scrub(canvas, e);
    }
    this.opened = document.activeElement?.getAttribute("role") === "tab"; // then all of the instrument is to be seen
    this.observer = new ResizeObserver(() => this.rest());
    for (const part of [root, ...root.querySelectorAll("canvas")]) this.observer.observe(part);
  }

  show(data) {
    const same = this.data?.name === data.name && this.data.told.length === data.told.length;
    this.data = data;
    this.n = data.told.length;
    this.slider.max = this.n;
    this.source.hidden = data.sources.length < 2;
    if (!same) this.source.replaceChildren(...data.sources.map(({ title }, k) => new Option(`options in ${title}`, k)));
    const at = Math.min(data.at, this.n);
    if (!same || at === this.wanted) this.wanted = null;
    if (this.wanted === null && (!same || !this.playing)) this.at = at;
    this.rest();
  }

  // Everything that stays while the cursor moves, then the moment.
  rest() {
    if (!this.data || !this.root.clientWidth) return;
    this.theme = pageTheme(this.root);
    this.still = Object.fromEntries(["course", "map", "shares"].map((name) => [name, this.sheet(name)]));
    this.go(this.at, true);
    if (this.opened) this.reveal(performance.now() + REVEALS);
    this.opened = false;
  }

  // Brings all of it onto the screen, as soon as the page is high enough for that and unless its visitor does something.
  reveal(end) {
    if (end) for (const deed of ["wheel", "pointerdown", "keydown"]) addEventListener(deed, () => (this.revealed = 0), { capture: true, once: true });
    this.revealed = end ?? this.revealed;
    if (performance.now() > this.revealed || !this.root.isConnected) return;
    this.root.scrollIntoView({ block: "nearest" });
    setTimeout(() => this.reveal(), 100);
  }

  sheet(name) {
    const canvas = this.find(`.${name}`);
    fit(canvas);
    const sheet = new OffscreenCanvas(canvas.width, canvas.height);
    const pen = this.pen(sheet.getContext("2d"));
    this[`${name}Still`](pen, canvas.clientWidth, canvas.clientHeight);
    return sheet;
  }

  pen(context) {
    const ratio = density(this.root);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return new CanvasPen(context, this.theme, ratio, 0.7, [`color-mix(in srgb, ${this.theme.text} 22%, transparent)`]);
  }

  // The canvas of that name with its sheet on it, and its pen.
  canvas(name) {
    const canvas = this.find(`.${name}`);
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.still[name], 0, 0);
    return [this.pen(context), canvas.clientWidth, canvas.clientHeight];
  }

  play() {
    if (this.at >= this.n) this.go(1);
    this.playing = true;
    this.place = this.at;
    this.last = performance.now();
    this.buttons();
    const step = (now) => {
      if (!this.playing) return;
      if (!this.root.isConnected) return void (this.playing = false);
      this.place += ((now - this.last) / 1000 / WHOLE) * this.n * Number(this.find(".speed").value);
      this.last = now;
      if (Math.floor(this.place) !== this.at) this.go(Math.floor(this.place));
      if (this.at >= this.n) this.pause();
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.buttons();
    this.settle();
  }

  buttons() {
    this.find(".play").textContent = this.playing ? "Pause" : "Play";
    this.find(".play").disabled = this.n < 2;
    this.find(".back").disabled = this.at <= 1;
    this.find(".on").disabled = this.at >= this.n;
    this.find(".told").setAttribute("aria-live", this.playing ? "off" : "polite");
  }

  // The page is told where the cursor came to rest. What it says of moments before that comes too late.
  settle() {
    this.wanted = this.at;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => !this.playing && this.stopped?.(this.at), 400);
  }

  scrub(canvas, event) {
    this.pause();
    const box = this.box(canvas.clientWidth, canvas.clientHeight);
    this.go(Math.round(1 + ((event.offsetX - box.x) / box.w) * (this.n - 1)));
  }

  go(at, silent = false) {
    at = Math.min(this.n, Math.max(1, at));
    const moved = at !== this.at;
    this.at = at;
    this.slider.value = at;
    this.find("output").textContent = `After ${at} of ${this.n} trainings, ${Math.round(this.data.seconds[at - 1]).toLocaleString("en")} s`;
    this.find(".told").textContent = this.data.told[at - 1];
    this.buttons();
    for (const part of ["course", "map", "shares", "members"]) this[part]();
    this.words();
    this.cell();
    if (moved && !silent && !this.playing) this.settle();
  }

  // What the pictures show now, for those who do not see them.
  words() {
    const { data } = this, best = this.best(), line = data.lines[best] ?? [];
    const leads = best < 0 ? "nothing yet" : `training ${best + 1} with ${format(data.values[best])}`;
    const { title, shares } = data.sources[this.source.value];
    const most = shares[this.at - 1].map((row, d) => [d, row.indexOf(Math.max(...row))]);
    const say = (name, text) => this.find(`.${name}`).setAttribute("aria-label", text);
    say("course", `${data.title} of ${this.at} trainings. The best so far: ${leads}, after ${Math.max(0, line.length - 1)} steps of its family.`);
    say("map", `${this.at} trainings on the map of ${data.axes[1].title} by ${data.axes[0].title}. The best so far: ${leads}.`);
    say("shares", `Most frequent options in ${title}: ${most.map(([d, o]) => `${data.decisions[d]} ${data.options[d][o][0]} ${shares[this.at - 1][d][o]} %`).join(", ")}.`);
  }

  box(w, h) {
    return { x: PAD.left, y: PAD.top, w: w - PAD.left - PAD.right, h: h - PAD.top - PAD.bottom };
  }

  x(box, position) {
    return box.x + (this.n > 1 ? position / (this.n - 1) : 0.5) * box.w;
  }

  y(box, value) {
    const [low, high] = this.data.ends;
    return box.y + box.h * (1 - (Math.max(low, Math.min(high, value)) - low) / (high - low || 1));
  }

  best() {
    return this.data.best[this.at - 1];
  }

  heading(pen, words, x, w) {
    pen.text(words, Math.max(0, Math.min(x, w - 6 * words.length)), 13, { size: 13, weight: 600 });
  }

  courseStill(pen, w, h) {
    const { data, theme } = this, box = this.box(w, h);
    const up = ticks(...data.ends, box.h / 40);
    for (const value of up) {
      pen.line([[box.x, this.y(box, value)], [box.x + box.w, this.y(box, value)]], theme.line);
      pen.text(tickLabel(value, up), box.x - 6, this.y(box, value) + 4, { align: "right", colour: theme.pale, size: 11 });
    }
    for (const value of [1, ...ticks(1, this.n, box.w / 90).filter((v) => v > 1 && Number.isInteger(v))])
      pen.text(String(value), this.x(box, value - 1), box.y + box.h + 15, { align: "center", colour: theme.pale, size: 11 });
    pen.text("networks trained", box.x + box.w / 2, box.y + box.h + 29, { align: "center", colour: theme.pale, size: 11 });
    this.heading(pen, `Family tree by ${data.title}`, box.x, w);
    pen.context.globalAlpha = 0.25;
    data.values.forEach((v, i) => v !== null && this.dot(pen, this.x(box, i), this.y(box, v), 2, PAST));
  }

  course() {
    const [pen, w, h] = this.canvas("course"), { data } = this, box = this.box(w, h);
    const point = (i) => [this.x(box, i), this.y(box, data.values[i] ?? data.ends[0])];
    pen.context.globalAlpha = 0.35;
    for (let i = 0; i < this.at; i++) for (const parent of data.parents[i]) pen.line([point(parent), point(i)], PAST);
    pen.context.globalAlpha = 0.8;
    for (let i = 0; i < this.at; i++) if (data.values[i] !== null) this.dot(pen, ...point(i), 2.5, PAST);
    pen.context.globalAlpha = 1;
    const line = data.lines[this.best()] ?? [];
    pen.line(line.map(point), LINE, 3);
    for (const i of line) this.dot(pen, ...point(i), i === this.best() ? 6 : 4, i === this.best() ? FOCUS : LINE);
    this.cursor(pen, box);
  }

  cursor(pen, box) {
    const x = this.x(box, this.at - 1);
    pen.line([[x, box.y - 4], [x, box.y + box.h]], this.theme.text, 1.5);
  }

  dot(pen, x, y, radius, colour) {
    const c = pen.context;
    c.fillStyle = colour;
    c.beginPath();
    c.arc(x, y, radius, 0, 7);
    c.fill();
  }

  // Where a coordinate of the map lies, NaN beyond it.
  onMap(box, k) {
    const { points, fine } = this.data;
    const [a, b] = [points[0][k], points[1][k]];
    return a < 0 || b < 0 ? [NaN, NaN] : [box.x + (a / fine) * box.w, box.y + (1 - b / fine) * box.h];
  }

  mapStill(pen, w, h) {
    const { data, theme } = this, box = this.box(w, h), [across, up] = data.axes;
    const count = data.points[0].length;
    const [xs, ys] = [new Float32Array(count), new Float32Array(count)];
    const shown = [];
    for (let k = 0; k < count; k++) {
      [xs[k], ys[k]] = this.onMap(box, k);
      if (!Number.isNaN(xs[k])) shown.push(k);
    }
    pen.dots(shown, xs, ys, new Uint8Array(count), [box.x, box.y, box.w, box.h]);
    for (const [axis, place] of [[across, (v) => [box.x + ((v - across.low) / (across.high - across.low || 1)) * box.w, box.y + box.h + 15]], [up, (v) => [box.x - 6, box.y + box.h * (1 - (v - up.low) / (up.high - up.low || 1)) + 4]]]) {
      const all = ticks(axis.low, axis.high, axis === across ? box.w / 80 : box.h / 40);
      for (const value of all) pen.text(tickLabel(value, all), ...place(value), { align: axis === across ? "center" : "right", colour: theme.pale, size: 11 });
    }
    pen.text(across.title, box.x + box.w / 2, box.y + box.h + 29, { align: "center", colour: theme.pale, size: 11 });
    this.heading(pen, `The space by ${up.title}`, box.x, w);
  }

  map() {
    const [pen, w, h] = this.canvas("map"), { data } = this, box = this.box(w, h);
    const point = (i) => this.onMap(box, data.rows[i]);
    pen.within(box.x - 8, box.y - 8, box.w + 16, box.h + 16, () => {
      for (let i = 0; i < this.at; i++) this.dot(pen, ...point(i), 2.2, this.theme.text);
      for (let i = Math.max(0, this.at - data.window); i < this.at; i++) pen.ring(...point(i), 4.5, LINE, 1.5);
      const line = data.lines[this.best()] ?? [];
      pen.line(line.map(point).filter(([x]) => !Number.isNaN(x)), LINE, 1.5);
      if (line.length) pen.ring(...point(line.at(-1)), 7, FOCUS, 3);
      this.dot(pen, ...point(this.at - 1), 4, FOCUS);
    });
  }

  sharesStill(pen, w, h) {
    const { data, theme } = this, box = this.box(w, h);
    const { title, shares } = data.sources[this.source.value];
    this.heading(pen, `Options in ${title}`, box.x, w);
    const names = new Map(data.options.flat());
    const long = [...names.keys()].reduce((sum, name) => sum + 30 + name.length * 6.2, -15);
    let x = Math.max(2, Math.min(box.x, w - long));
    for (const [name, colour] of names.size <= 9 ? names : []) {
      this.square(pen, x, box.y + box.h + 14, colour);
      pen.text(name, x + 15, box.y + box.h + 24, { colour: theme.pale, size: 11 });
      x += 30 + name.length * 6.2;
    }
    const band = box.h / data.decisions.length;
    const wide = Math.max(1, box.w / this.n);
    data.decisions.forEach((decision, d) => {
      const top = box.y + d * band;
      pen.text(decision, box.x - 6, top + band / 2 + 4, { align: "right", colour: theme.pale, size: 11 });
      shares.forEach((row, i) => {
        let y = top;
        row[d].forEach((share, o) => {
          const high = (share / 100) * (band - 2);
          if (share) pen.rect(box.x + (i / this.n) * box.w, y, wide + 0.5, high, data.options[d][o][1]);
          y += high;
        });
      });
    });
  }

  square(pen, x, y, colour) {
    pen.rect(x, y, 11, 11, this.theme.line);
    pen.rect(x + 0.5, y + 0.5, 10, 10, colour);
  }

  shares() {
    const [pen, w, h] = this.canvas("shares"), box = this.box(w, h);
    const from = box.x + (this.at / this.n) * box.w;
    pen.context.globalAlpha = 0.78;
    pen.rect(from, box.y - 1, box.x + box.w - from + 2, box.h + 2, this.theme.background);
    pen.context.globalAlpha = 1;
    this.cursor(pen, box);
  }

  // The last trainings, newest first: a box for each decision, and what it was worth.
  members() {
    const canvas = this.find(".members"), { data, theme } = this;
    fit(canvas);
    const pen = this.pen(canvas.getContext("2d"));
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    pen.context.clearRect(0, 0, w, h);
    const first = Math.max(0, this.at - data.window), many = this.at - first;
    pen.text(`The last ${many}, newest first`, 2, 13, { size: 13, weight: 600 });
    const row = Math.min(20, (h - 22) / data.window), box = (w - 58) / data.decisions.length;
    for (let i = this.at - 1, k = 0; i >= first; i--, k++) {
      const y = 22 + k * row;
      data.archs[i].forEach((option, d) => pen.rect(2 + d * box, y, box - 2, row - 3, data.options[d][option][1]));
      const leads = i === this.best(), value = data.values[i];
      pen.text(value === null ? "failed" : Math.abs(value) < 1000 ? value.toFixed(2) : format(Math.round(value)), w - 50, y + row - 6, { size: 11, weight: leads ? 700 : 400, colour: theme.text });
      if (leads) {
        pen.context.strokeStyle = theme.text;
        pen.context.lineWidth = 2;
        pen.context.strokeRect(1, y - 1, w - 58, row - 1);
      }
    }
    canvas.setAttribute("aria-label", `The last ${many} trainings. ${data.told[this.at - 1]}`);
  }

  cell() {
    const best = this.best(), { data } = this;
    this.find("figcaption").textContent = best < 0 ? "No incumbent yet" : `Incumbent: training ${best + 1}`;
    if (best === this.drawnCell) return;
    this.drawnCell = best;
    this.find(".cell").innerHTML = data.cells[best] ?? "";
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".player");
  const player = (root.player ??= new RunPlayer(root));
  player.stopped = (at) => setStateValue("moment", at);
  player.show(data);
  return () => {
    player.playing = false;
    player.observer.disconnect();
  };
}
