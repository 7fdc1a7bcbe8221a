// The view of a space map: the wheel zooms about the pointer, Pan mode, the middle button or the space key with a drag
// moves it, buttons and + - 0 do the same. `view` is [x0, x1, y0, y1] in data coordinates, or null for the first view.

const CLOSEST = 1 / 400; // of the whole extent: no view is smaller
const SETTLED = 350; // milliseconds without a movement, after which the link takes the view

class SpaceZoom extends SpacePicture {
  constructor(root) {
    super(root);
    this.hint = this.find(".hint");
    this.beyond = this.find(".beyond");
    this.modes = [this.find(".select"), this.find(".pan")];
    this.modes.forEach((button, i) => (button.onclick = () => this.setMode(i === 1)));
    this.find(".in").onclick = () => this.zoom(1 / 1.5);
    this.find(".out").onclick = () => this.zoom(1.5);
    this.find(".fit").onclick = () => this.fit();
    this.find(".tenth").onclick = () => this.fitBestTenth();
    this.beyond.onclick = () => this.setView(this.whole);
    this.top.ondblclick = () => this.fit();
    this.top.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.setMode(false);
  }

  setMode(panning) {
    this.panMode = panning;
    this.modes.forEach((button, i) => button.setAttribute("aria-pressed", panning === (i === 1)));
    this.top.classList.toggle("panning", panning);
  }

  wheel(e) {
    const ours = e.ctrlKey || e.metaKey || this.top.getRootNode().activeElement === this.top;
    if (!ours) return this.say("Click the map, or hold Ctrl, to zoom with the wheel");
    e.preventDefault();
    const amount = e.deltaY * (e.deltaMode ? 0.06 : 0.002) * (e.ctrlKey ? 3 : 1);
    this.zoom(Math.exp(Math.max(-0.5, Math.min(amount, 0.5))), e.offsetX, e.offsetY);
  }

  say(words) {
    this.hint.textContent = words;
    this.hint.classList.add("shown");
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.hint.classList.remove("shown"), 1500);
  }

  // Make both extents `factor` times as large; the place under (x, y) in pixels stays where it is.
  zoom(factor, x = MARGIN.left + this.inner.w / 2, y = MARGIN.top + this.inner.h / 2) {
    const about = (range, fixed) => range.map((v) => fixed + (v - fixed) * factor);
    this.setView([...about(this.rangeX, this.fromX(x)), ...about(this.rangeY, this.fromY(y))]);
  }

  panBy(dx, dy) {
    const [x0, x1, y0, y1] = [...this.rangeX, ...this.rangeY];
    const [right, up] = [(-dx / this.inner.w) * (x1 - x0), (dy / this.inner.h) * (y1 - y0)];
    this.setView([x0 + right, x1 + right, y0 + up, y1 + up]);
  }

  // The first view; from there, everything.
  fit() {
    this.setView(this.view ? this.home : this.whole);
  }

  fitBestTenth() {
    const { data } = this;
    const sign = data.goal === "min" ? 1 : -1;
    const points = this.bright.length ? this.bright : [...this.place.values()];
    const best = points.toSorted((a, b) => sign * (data.ys[a] - data.ys[b])).slice(0, Math.ceil(points.length / 10));
    const around = (values, whole) => extent(best.map((i) => values[i]), whole);
    this.setView([...around(data.xs, data.x.whole), ...around(data.ys, data.y.whole)]);
  }

  setView([x0, x1, y0, y1]) {
    const [low, high, bottom, top] = this.whole;
    const view = [...within(x0, x1, low, high), ...within(y0, y1, bottom, top)];
    const first = view.every((v, i) => Math.abs(v - this.home[i]) < 1e-9 * (this.whole[i | 1] - this.whole[i & 2]));
    this.view = first ? null : view;
    this.hover = -1;
    this.tip.hidden = true;
    this.locate();
    this.showBeyond();
    this.draw();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.viewChanged(this.view && { box: this.view, axes: this.axes }), SETTLED);
  }

  // The marker at the edge of the first view: how many points lie outside it.
  showBeyond() {
    const { from, noun } = this.data;
    let count = 0;
    for (const i of this.place.values()) if (this.data.xs[i] < from[0] || this.data.ys[i] < from[1]) count++;
    this.beyond.hidden = !count || this.view !== null;
    const way = from[1] === -Infinity ? "← " : from[0] === -Infinity ? "↓ " : "↙ ";
    this.beyond.textContent = `${way}${count.toLocaleString("en")} ${noun}${count > 1 ? "s" : ""} outside: show`;
  }
}

// [a, b], moved and shrunk into [low, high], but not closer than CLOSEST.
function within(a, b, low, high) {
  const whole = high - low;
  const size = Math.min(whole, Math.max(b - a, whole * CLOSEST));
  const start = Math.max(low, Math.min((a + b - size) / 2, high - size));
  return [start, start + size];
}
