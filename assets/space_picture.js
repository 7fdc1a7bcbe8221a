// The picture of a space map: points, axes, colour key, region and marks. Two canvases: the points, drawn once per data,
// size or theme; and above them whatever moves.

const BUCKETS = 64;
const REACH = 14; // pixels within which the pointer finds a point
const MARGIN = { left: 64, right: 16, top: 48, bottom: 50 };
const FAINT = { dark: "#272b33", light: "#e2e3e8" }; // points outside the filter

function decode(bytes) {
  const copy = bytes.slice().buffer; // aligned
  const length = new Uint32Array(copy, 0, 1)[0];
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(copy, 4, length)));
  const column = (Kind, k) => new Kind(copy, 4 + length + 4 * k * header.count, header.count);
  const [xs, ys, cs] = [1, 2, 3].map((k) => column(Float32Array, k));
  const others = header.numbers.map((name, k) => [name, column(Int32Array, 4 + k)]);
  const inside = header.inside ? new Uint8Array(copy, 4 + length + 4 * (4 + others.length) * header.count, header.count) : null;
  const from = header.from.map((v) => v ?? -Infinity);
  return { ...header, from, rows: column(Int32Array, 0), xs, ys, cs, others, inside };
}

function extent(values, whole, from = -Infinity) {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) {
    if (v < from) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) return [0, 1];
  const pad = whole ? 0.6 : (high - low) * 0.035 || Math.abs(high) * 0.05 || 1;
  return [low - pad, high + pad];
}

// Whole numbers are spread a little so that points on top of each other can be seen; the same point, the same place.
const spread = (row, salt) => ((Math.imul(row + salt, 2654435761) >>> 8) / 16777216 - 0.5) * 0.62;

class SpacePicture {
  constructor(root) {
    this.find = (name) => root.querySelector(name);
    this.root = this.find(".plot");
    this.base = this.find(".base");
    this.top = this.find(".top");
    this.marks = [];
    this.region = null;
    this.hover = -1;
    this.observer = new ResizeObserver(() => this.data && this.root.clientWidth !== this.width && this.layout());
    this.observer.observe(this.root);
  }

  show(data) {
    const axes = `${data.x.title}|${data.y.title}`;
    if (this.axes === undefined) [this.region, this.view] = [data.region, data.view];
    else if (axes !== this.axes) this.region = this.view = null;
    this.axes = axes;
    this.data = data;
    this.hover = -1;
    this.top.setAttribute("aria-label", data.label);
    this.arrange();
    this.whole = [...extent(data.xs, data.x.whole), ...extent(data.ys, data.y.whole)];
    this.home = [...extent(data.xs, data.x.whole, data.from[0]), ...extent(data.ys, data.y.whole, data.from[1])];
    this.layout();
  }

  // Which points are drawn in which order and colour: not in table order, so that no part of the space lies on top of
  // another, and those outside the filter below the others.
  arrange() {
    const { data } = this;
    this.place = new Map();
    this.bright = [];
    this.faint = [];
    for (let k = 0; k < data.count; k++) {
      const i = (k * 7919) % data.count;
      if (!Number.isFinite(data.xs[i]) || !Number.isFinite(data.ys[i])) continue;
      this.place.set(data.rows[i], i);
      (!data.inside || data.inside[i] ? this.bright : this.faint).push(i);
    }
    this.range = extent(data.cs, true).map((v, i) => v + (i ? -0.6 : 0.6));
    this.order = Int32Array.from([...this.faint, ...this.bright]);
    const size = this.range[1] - this.range[0] || 1;
    this.bucket = Uint8Array.from(data.cs, (v) => (Number.isNaN(v) ? BUCKETS : Math.round(((v - this.range[0]) / size) * (BUCKETS - 1))));
    for (const i of this.faint) this.bucket[i] = BUCKETS + 1;
    const jittered = (values, whole, salt) => (whole ? values.map((v, i) => v + spread(data.rows[i], salt)) : values);
    this.atX = jittered(data.xs, data.x.whole, 1);
    this.atY = jittered(data.ys, data.y.whole, 7);
    this.px = new Float32Array(data.count).fill(NaN);
    this.py = new Float32Array(data.count).fill(NaN);
  }

  // On the first screen, where a line above the map says what a filter leaves.
  usualHeight() {
    const line = this.data.inside ? 56 : 0;
    return Math.round(Math.max(380, Math.min(640 + line, this.width * 0.9, window.innerHeight - 340)) - line);
  }

  layout() {
    const css = getComputedStyle(this.root);
    const colour = (name) => css.getPropertyValue(name).trim();
    this.theme = {
      text: colour("--st-text-color"), background: colour("--st-background-color"), line: colour("--st-border-color"),
      primary: colour("--st-primary-color"), font: colour("--st-font") || "sans-serif",
    };
    this.width = this.root.clientWidth;
    this.height = parseFloat(css.getPropertyValue("--stage-height")) || this.usualHeight();
    this.ratio = density(this.root);
    for (const canvas of [this.base, this.top]) {
      canvas.width = this.width * this.ratio;
      canvas.height = this.height * this.ratio;
      canvas.style.height = `${this.height}px`;
    }
    this.root.style.height = `${this.height}px`;
    this.inner = { w: this.width - MARGIN.left - MARGIN.right, h: this.height - MARGIN.top - MARGIN.bottom };
    this.locate();
    this.draw();
  }

  // Where the points are on the screen in the present view; drawn with the next frame.
  locate() {
    const [x0, x1, y0, y1] = this.view ?? this.home;
    [this.rangeX, this.rangeY] = [[x0, x1], [y0, y1]];
    this.grid = null;
    const shown = new Int32Array(this.order.length);
    let count = 0;
    const [scaleX, scaleY] = [this.inner.w / (x1 - x0), this.inner.h / (y1 - y0)];
    const bottom = MARGIN.top + this.inner.h;
    for (const i of this.order) {
      this.px[i] = MARGIN.left + (this.atX[i] - x0) * scaleX;
      this.py[i] = bottom - (this.atY[i] - y0) * scaleY;
      if (this.onPlot(this.px[i], this.py[i])) shown[count++] = i;
    }
    this.shown = shown.subarray(0, count);
    this.stale = true;
  }

  onPlot(x, y) {
    return x >= MARGIN.left && x <= MARGIN.left + this.inner.w && y >= MARGIN.top && y <= MARGIN.top + this.inner.h;
  }

  // {square of the screen: the points in it that the pointer can find}
  squares() {
    if (this.grid) return this.grid;
    this.grid = new Map();
    for (const i of this.bright) {
      if (!this.onPlot(this.px[i], this.py[i])) continue;
      const cell = this.cell(this.px[i], this.py[i]);
      this.grid.has(cell) ? this.grid.get(cell).push(i) : this.grid.set(cell, [i]);
    }
    return this.grid;
  }

  toX(v) { return MARGIN.left + ((v - this.rangeX[0]) / (this.rangeX[1] - this.rangeX[0])) * this.inner.w; }
  toY(v) { return MARGIN.top + this.inner.h - ((v - this.rangeY[0]) / (this.rangeY[1] - this.rangeY[0])) * this.inner.h; }
  fromX(p) { return this.rangeX[0] + ((p - MARGIN.left) / this.inner.w) * (this.rangeX[1] - this.rangeX[0]); }
  fromY(p) { return this.rangeY[0] + ((MARGIN.top + this.inner.h - p) / this.inner.h) * (this.rangeY[1] - this.rangeY[0]); }
  cell(x, y) { return (Math.floor(x / REACH) << 12) + Math.floor(y / REACH); }

  // ---- drawing

  colours() {
    const dark = isDark(this.theme.background);
    return [...ramp(this.data.c.stops, BUCKETS, dark), this.theme.line, dark ? FAINT.dark : FAINT.light]; // the last but one: missing
  }

  radius() {
    const n = this.shown.length;
    return (n > 20000 ? 1.7 : n > 8000 ? 2.1 : n > 2000 ? 2.7 : n > 300 ? 3.4 : 5) * (this.width < 500 ? 0.8 : 1);
  }

  drawBase() {
    const context = this.base.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.scene(new CanvasPen(context, this.theme, this.ratio, this.radius(), this.colours()));
  }

  scene(pen) {
    const { data, inner, theme } = this;
    const bottom = MARGIN.top + inner.h;
    const [tall, wide] = [ticks(...this.rangeY, inner.h / 60), ticks(...this.rangeX, inner.w / 75)];
    for (const v of tall) {
      pen.line([[MARGIN.left, this.toY(v)], [MARGIN.left + inner.w, this.toY(v)]], theme.line, 0.6);
      pen.text(tickLabel(v, tall), MARGIN.left - 8, this.toY(v) + 4, { align: "right" });
    }
    for (const v of wide) {
      pen.line([[this.toX(v), bottom], [this.toX(v), bottom + 5]], theme.line);
      pen.text(tickLabel(v, wide), this.toX(v), bottom + 19, { align: "center" });
    }
    pen.line([[MARGIN.left, bottom], [MARGIN.left + inner.w, bottom]], theme.line);
    pen.text(data.x.label, MARGIN.left + inner.w / 2, this.height - 8, { align: "center", weight: 600, size: 13 });
    pen.text(data.y.label, 15, MARGIN.top + inner.h / 2, { align: "center", turn: true, weight: 600, size: 13 });
    this.colourKey(pen, this.range);
    pen.dots(this.shown, this.px, this.py, this.bucket, [MARGIN.left, MARGIN.top, inner.w, inner.h]);
  }

  clipped(pen, draw) {
    pen.within(MARGIN.left, MARGIN.top, this.inner.w, this.inner.h, draw);
  }

  colourKey(pen, [low, high]) {
    const colours = this.colours();
    const narrow = this.width < 520; // the title gets a line of its own
    const end = this.width - MARGIN.right;
    const bar = end - 7 * format(high).length - 110;
    const line = narrow ? 33 : 21;
    pen.text(format(high), end, line, { align: "right" });
    for (let k = 0; k < BUCKETS; k++) pen.rect(bar + k * 1.6, line - 10, 2, 12, colours[k]);
    pen.text(format(low), bar - 6, line, { align: "right" });
    const title = narrow ? end : bar - 20 - 7 * format(low).length;
    pen.text(this.data.c.label, title, narrow ? 13 : line, { align: "right", weight: 600 });
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.width) return; // taken off the page or hidden; back on it, it is laid out anew
      if (this.stale) this.drawBase();
      this.stale = false;
      const c = this.top.getContext("2d");
      c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      c.clearRect(0, 0, this.width, this.height);
      const pen = new CanvasPen(c, this.theme, this.ratio, 1, []);
      if (this.region) this.clipped(pen, () => this.drawRegion(c));
      this.drawMarks(pen);
      if (this.hover >= 0) pen.ring(this.px[this.hover], this.py[this.hover], this.radius() + 3, this.theme.text, 1.5);
    });
  }

  drawRegion(c) {
    const [x0, x1, y0, y1] = this.region;
    const [left, right, low, high] = [this.toX(x0), this.toX(x1), this.toY(y1), this.toY(y0)];
    c.fillStyle = this.theme.background;
    c.globalAlpha = 0.72;
    c.beginPath(); // everything but the region is veiled
    c.rect(MARGIN.left, MARGIN.top, this.inner.w, this.inner.h);
    c.rect(left, low, right - left, high - low);
    c.fill("evenodd");
    c.globalAlpha = 1;
    c.strokeStyle = this.theme.primary;
    c.lineWidth = 1.5;
    c.strokeRect(left, low, right - left, high - low);
  }

  drawMarks(pen) {
    const named = { text: this.theme.text, primary: this.theme.primary };
    for (const mark of this.marks) {
      const points = mark.rows.filter((r) => this.place.has(r)).map((r) => [this.px[this.place.get(r)], this.py[this.place.get(r)]]);
      const colour = named[mark.colour] ?? mark.colour;
      this.clipped(pen, () => {
        if (mark.shape === "line") pen.line(points, colour, 1.5);
        if (mark.shape === "steps") pen.line(points.flatMap(([x, y], i) => (i ? [[x, points[i - 1][1]], [x, y]] : [[x, y]])), colour, 1.5);
        if (mark.paths?.length) this.drawLines(pen, mark, colour);
      });
      const r = mark.size ?? 5;
      for (const [x, y] of points) {
        if (!this.onPlot(x, y)) {
          if (mark.selected) this.pointAt(pen, x, y, colour);
          continue;
        }
        pen.ring(x, y, r + 1.5, this.theme.background, 2);
        pen.ring(x, y, r, colour, mark.width ?? 2);
      }
    }
  }

  // An arrow head at the edge, towards a place outside the view.
  pointAt(pen, x, y, colour) {
    const ax = Math.max(MARGIN.left + 4, Math.min(x, MARGIN.left + this.inner.w - 4));
    const ay = Math.max(MARGIN.top + 4, Math.min(y, MARGIN.top + this.inner.h - 4));
    const turn = Math.atan2(y - ay, x - ax);
    const wing = (angle) => [ax + 13 * Math.cos(turn + angle), ay + 13 * Math.sin(turn + angle)];
    pen.line([wing(2.6), [ax, ay], wing(-2.6)], colour, 3);
  }

  drawLines(pen, mark, colour) {
    const place = ([x, y]) => [this.toX(x), this.toY(y)];
    for (const path of mark.paths) pen.line(path.map(place), colour, mark.width ?? 2, mark.dash);
    for (const [x, y, words] of mark.notes ?? []) pen.text(words, ...place([x, y]), { colour, size: 11, weight: 600 });
  }

  // The map as SVG text on white, laid out `width` pixels wide, for a file; what is on the screen stays as it is.
  paper(width) {
    const { theme, inner } = this;
    const [before, above] = [this.width, this.height];
    this.theme = { ...theme, text: "#1b2430", background: "#ffffff", line: "#d5dbe3", primary: "#0b6bb8" };
    [this.width, this.height] = [width, Math.round(Math.min(width * 0.75, 480))];
    this.inner = { w: this.width - MARGIN.left - MARGIN.right, h: this.height - MARGIN.top - MARGIN.bottom };
    this.locate();
    const pen = new SvgPen(this.theme, this.radius(), this.colours());
    this.scene(pen);
    this.drawMarks(pen);
    const text = pen.document(this.width, this.height);
    Object.assign(this, { theme, inner, width: before, height: above });
    this.locate();
    this.draw();
    return text;
  }
}
