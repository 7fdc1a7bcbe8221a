// The whole search space as a canvas scatter: hover tells, a click picks, a drag marks a region, arrow keys walk.
// How it zooms and pans is in space_zoom.js.

const PATIENCE = 3000; // milliseconds, until the map says again that it is drawn
const MAPS = (window.nasExplorerMaps ??= new Map()); // name -> {map, marks}; the legend component meets its map here

class SpaceMap extends SpaceZoom {
  constructor(root) {
    super(root);
    this.tip = this.find(".tip");
    this.clear = this.find(".clear");
    this.top.onpointerdown = (e) => this.press(e);
    this.top.onpointermove = (e) => this.move(e);
    this.top.onpointerup = (e) => this.release(e);
    this.top.onpointercancel = () => this.cancel();
    this.top.onpointerleave = () => !this.from && this.point(-1);
    this.top.onmousedown = (e) => e.button === 1 && e.preventDefault(); // the middle button pans and does not scroll
    this.top.onkeydown = (e) => this.key(e);
    this.top.onkeyup = (e) => e.key === " " && this.endSpace();
    this.top.onblur = () => {
      this.space = null;
      this.point(-1);
    };
    this.clear.onclick = () => this.setRegion(null);
  }

  nearest(x, y) {
    let [best, least] = [-1, REACH * REACH];
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const i of this.squares().get(this.cell(x + dx * REACH, y + dy * REACH)) ?? []) {
          const far = (this.px[i] - x) ** 2 + (this.py[i] - y) ** 2;
          if (far < least) [best, least] = [i, far];
        }
      }
    }
    return best;
  }

  point(i) {
    if (i === this.hover) return;
    this.hover = i;
    this.tip.hidden = i < 0;
    if (i >= 0) this.tell(i);
    this.draw();
  }

  tell(i) {
    const { data, tip } = this;
    const row = data.rows[i];
    const line = (name, text) => {
      const item = document.createElement(name);
      item.textContent = text;
      return item;
    };
    const numbers = [`own:${row}`, ...data.others.map(([name, all]) => `${name}:${all[i]}`)];
    tip.replaceChildren(line("b", `${data.noun} ${row}`), line("div", numbers.join(" ")));
    for (const [quantity, values] of [[data.x, data.xs], [data.y, data.ys], [data.c, data.cs]])
      tip.append(line("div", `${quantity.title}${quantity.after}: ${format(values[i])} ${quantity.unit}`));
    let rest = row;
    const chips = data.options.toReversed().map((options) => {
      const [name, colour] = options[rest % options.length];
      rest = Math.floor(rest / options.length);
      const chip = line("span", name);
      chip.style.setProperty("--chip", colour);
      return chip;
    });
    const list = line("p", "");
    chips.reverse().forEach((chip, k) => list.append(line("i", data.decisions[k]), chip));
    tip.append(list);
    const right = this.px[i] > this.width / 2;
    tip.style.left = right ? "auto" : `${this.px[i] + 14}px`;
    tip.style.right = right ? `${this.width - this.px[i] + 14}px` : "auto";
    tip.style.top = `${Math.max(4, Math.min(this.py[i] - 20, this.height - tip.offsetHeight - 4))}px`;
  }

  press(e) {
    if (e.button > 1) return;
    if (e.button) this.top.focus({ preventScroll: true }); // which the other button does by itself
    this.panning = e.button === 1 || this.panMode || !!this.space;
    if (this.space) this.space.used = true;
    this.from = [e.offsetX, e.offsetY];
    this.before = this.region;
    this.top.setPointerCapture(e.pointerId);
  }

  move(e) {
    if (!this.from) {
      this.point(this.nearest(e.offsetX, e.offsetY));
      return;
    }
    if (Math.hypot(e.offsetX - this.from[0], e.offsetY - this.from[1]) < 5 && !this.dragging) return;
    this.dragging = true;
    this.point(-1);
    if (this.panning) {
      this.panBy(e.offsetX - this.from[0], e.offsetY - this.from[1]);
      this.from = [e.offsetX, e.offsetY];
      return;
    }
    const inX = (p) => Math.max(MARGIN.left, Math.min(p, MARGIN.left + this.inner.w));
    const inY = (p) => Math.max(MARGIN.top, Math.min(p, MARGIN.top + this.inner.h));
    const xs = [this.from[0], e.offsetX].map((p) => this.fromX(inX(p))).sort((a, b) => a - b);
    const ys = [this.from[1], e.offsetY].map((p) => this.fromY(inY(p))).sort((a, b) => a - b);
    this.region = [...xs, ...ys];
    this.draw();
  }

  release(e) {
    if (!this.from) return;
    this.from = null;
    if (this.dragging) {
      this.dragging = false;
      if (this.panning) return;
      const [x0, x1, y0, y1] = this.region;
      const outward = (a, b, whole) => (whole ? [Math.round(a) - 0.5, Math.round(b) + 0.5] : [a, b]);
      this.setRegion([...outward(x0, x1, this.data.x.whole), ...outward(y0, y1, this.data.y.whole)]);
      return;
    }
    if (e.button) return;
    const i = this.nearest(e.offsetX, e.offsetY);
    if (i >= 0) this.pick(i);
    else if (this.region) this.setRegion(null);
  }

  cancel() {
    this.region = this.before;
    this.from = null;
    this.dragging = false;
    this.draw();
  }

  pick(i) {
    const selected = this.marks.find((m) => m.selected);
    if (selected) selected.rows = [this.data.rows[i]]; // shown at once; the page follows
    this.draw();
    this.picked(this.data.rows[i]);
  }

  setRegion(region) {
    this.region = region;
    this.clear.hidden = !region;
    this.draw();
    this.regionChanged(region && { x: region.slice(0, 2), y: region.slice(2), axes: this.axes });
  }

  key(e) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    const zoom = { "+": 1 / 1.5, "=": 1 / 1.5, "-": 1.5 }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (step) this.walk(step);
    else if (zoom) this.zoom(zoom);
    else if (e.key === "0") this.fit();
    else if (e.key === "Enter" && this.hover >= 0) this.pick(this.hover);
    else if (e.key === " ") this.space ??= { used: false };
    else if (e.key === "Escape" && this.region) this.setRegion(null);
    else return;
    e.preventDefault();
  }

  // The space key pans while it is held; by itself it selects.
  endSpace() {
    if (this.space && !this.space.used && this.hover >= 0) this.pick(this.hover);
    this.space = null;
  }

  walk([dx, dy]) {
    const chosen = this.marks.find((m) => m.selected)?.rows[0];
    const from = this.hover >= 0 ? this.hover : this.place.get(chosen) ?? this.bright[0];
    if (from === undefined) return;
    let [best, least] = [from, Infinity];
    for (const i of this.bright) {
      if (!this.onPlot(this.px[i], this.py[i])) continue;
      const [ax, ay] = [this.px[i] - this.px[from], this.py[i] - this.py[from]];
      const along = ax * dx + ay * dy;
      const cost = along + 3 * Math.abs(ax * dy + ay * dx);
      if (along > 0.5 && cost < least) [best, least] = [i, cost];
    }
    this.point(best);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".map");
  const map = (root.map ??= new SpaceMap(root));
  map.picked = (row) => setTriggerValue("picked", row);
  map.viewChanged = (view) => setStateValue("view", view);
  map.regionChanged = (region) => setStateValue("region", region);
  const shown = decode(data);
  const known = MAPS.get(shown.name);
  map.marks = known?.marks ?? [];
  MAPS.set(shown.name, { map, marks: map.marks });
  map.show(shown);
  map.clear.hidden = !map.region;
  map.showBeyond();
  map.announce ??= () => {
    if (map.answered) return;
    map.drawn();
    map.waiting = setTimeout(map.announce, PATIENCE); // what is said while the page runs can be lost
  };
  map.drawn = () => setTriggerValue("drawn", true); // the page may go on with the rest
  if (!map.waiting) map.waiting = requestAnimationFrame(map.announce);
  return () => {
    map.observer.disconnect();
    clearTimeout(map.settling);
    clearTimeout(map.waiting);
    if (MAPS.get(shown.name)?.map === map) MAPS.set(shown.name, { marks: map.marks });
  };
}
