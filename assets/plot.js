// Drawing shared by canvas components: axis ticks, number formats, colour ramps, and two pens with the same strokes,
// one for a canvas and one for an SVG file.

function ticks(low, high, count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((m) => m * power >= rough);
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) out.push(k * step + 0); // -0 + 0 is 0
  return out;
}

function format(value) {
  if (!Number.isFinite(value)) return "missing";
  const size = Math.abs(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const digits = size >= 1000 ? 0 : size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.01 ? 4 : 6;
  return String(Number(value.toFixed(digits)));
}

// A number on an axis: as many digits as tell it from the next of the `ticks`.
function tickLabel(value, ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(value) || 1;
  const digits = Math.max(0, Math.ceil(-Math.log10(step)) + 1);
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(digits, 12) });
}

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function isDark(colour) {
  const [r, g, b] = colour.startsWith("#") ? rgb(colour) : colour.match(/\d+/g).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

// `count` colours along the stops; on a dark page the darkest end, on a light page the lightest end is left out.
function ramp(stops, count, dark) {
  const [from, to] = dark ? [0.3, 1] : [0, 0.9];
  return Array.from({ length: count }, (_, i) => {
    const place = (from + ((to - from) * i) / Math.max(count - 1, 1)) * (stops.length - 1);
    const k = Math.min(Math.floor(place), stops.length - 2);
    const [a, b] = [rgb(stops[k]), rgb(stops[k + 1])];
    return `rgb(${a.map((v, j) => Math.round(v + (b[j] - v) * (place - k))).join(",")})`;
  });
}

// What a canvas takes from the page around it.
function pageTheme(root) {
  const css = getComputedStyle(root);
  const [background, line] = ["--st-background-color", "--st-border-color"].map((name) => css.getPropertyValue(name).trim());
  return { text: css.color, pale: `color-mix(in srgb, ${css.color} 72%, ${background})`, background, line, font: css.fontFamily };
}

// Pixels of the screen to a CSS pixel of the element, which may be enlarged.
function density(element) {
  return (window.devicePixelRatio || 1) * (element.getBoundingClientRect().width / element.offsetWidth || 1);
}

// As many pixels as the screen has where the canvas lies; the number of them to a CSS pixel.
function fit(canvas) {
  const ratio = density(canvas);
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.max(1, Math.round(size * ratio)));
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  return ratio;
}

const OPACITY = 0.8; // of a dot
const LAYERS = 12; // of the dots of a file

// The red, green, blue and alpha, each 0 to 255, of any colours that CSS can write.
function components(colours) {
  const canvas = new OffscreenCanvas(colours.length, 1);
  const c = canvas.getContext("2d", { willReadFrequently: true });
  colours.forEach((colour, i) => {
    c.fillStyle = colour;
    c.fillRect(i, 0, 1, 1);
  });
  return c.getImageData(0, 0, colours.length, 1).data;
}

class CanvasPen {
  constructor(context, theme, ratio, radius, colours) {
    Object.assign(this, { context, theme, ratio, radius, colours });
  }

  // Discs at xs[i], ys[i] in colours[buckets[i]] for all i of `points`, which lie in the box. Tens of thousands a frame:
  // their pixels (alpha, blue, green, red) are mixed here in whole numbers; calls of the canvas take a hundred times as long.
  dots(points, xs, ys, buckets, [left, top, wide, high]) {
    const { ratio } = this;
    const [w, h] = [Math.ceil(wide * ratio), Math.ceil(high * ratio)];
    if (!(w > 0 && h > 0)) return; // while the page gives the map no room
    const image = new ImageData(w, h);
    const pixels = new Uint32Array(image.data.buffer);
    const paint = components(this.colours);
    const [dx, dy, ink] = this.disc(this.radius * ratio);
    const size = ink.length;
    for (let m = 0; m < points.length; m++) {
      const i = points[m];
      const x = ((xs[i] - left) * ratio) | 0;
      const y = ((ys[i] - top) * ratio) | 0;
      const k = 4 * buckets[i];
      const red = paint[k], green = paint[k + 1], blue = paint[k + 2], alpha = paint[k + 3];
      for (let j = 0; j < size; j++) {
        const px = x + dx[j];
        const py = y + dy[j];
        if (px < 0 || py < 0 || px >= w || py >= h) continue;
        const at = py * w + px;
        const old = pixels[at];
        const a = (ink[j] * alpha) >> 8;
        const b = old ? 256 - a : 0; // what stays of the pixel as it was
        const c = 256 - b;
        const r = (red * c + (old & 255) * b) >> 8;
        const g = (green * c + ((old >> 8) & 255) * b) >> 8;
        const u = (blue * c + ((old >> 16) & 255) * b) >> 8;
        pixels[at] = ((a + (((old >>> 24) * b) >> 8)) << 24) | (u << 16) | (g << 8) | r;
      }
    }
    const sheet = new OffscreenCanvas(w, h);
    sheet.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
    this.context.drawImage(sheet, left, top, w / ratio, h / ratio);
  }

  // The pixels of a disc around its middle one, and how much ink each takes, 0 to 255.
  disc(radius) {
    const [x, y, ink] = [[], [], []];
    const reach = Math.ceil(radius);
    for (let dx = -reach; dx <= reach; dx++) {
      for (let dy = -reach; dy <= reach; dy++) {
        const cover = Math.min(1, radius + 0.5 - Math.hypot(dx, dy));
        if (cover <= 0) continue;
        x.push(dx);
        y.push(dy);
        ink.push(Math.round(255 * OPACITY * cover));
      }
    }
    return [x, y, ink].map((list) => Int32Array.from(list));
  }

  line(points, colour, width = 1, dash = []) {
    const c = this.context;
    c.setLineDash(dash);
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.stroke();
    c.setLineDash([]);
  }

  within(x, y, w, h, draw) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(x, y, w, h);
    c.clip();
    draw();
    c.restore();
  }

  rect(x, y, w, h, colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(x, y, w, h);
  }

  ring(x, y, r, colour, width) {
    const c = this.context;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    c.arc(x, y, r, 0, 7);
    c.stroke();
  }

  text(words, x, y, { align = "left", colour = this.theme.text, size = 12, turn = false, weight = 400 } = {}) {
    const c = this.context;
    c.save();
    c.translate(x, y);
    if (turn) c.rotate(-Math.PI / 2);
    c.fillStyle = colour;
    c.font = `${weight} ${size}px ${this.theme.font}`;
    c.textAlign = align;
    c.fillText(words, 0, 0);
    c.restore();
  }
}

class SvgPen {
  constructor(theme, radius, colours) {
    Object.assign(this, { theme, radius, colours, out: [] });
  }

  // A dot is a line without length: one path for the dots of a colour in each of LAYERS slices, which keep the order.
  dots(points, xs, ys, buckets) {
    const slice = Math.ceil(points.length / LAYERS) || 1;
    for (let start = 0; start < points.length; start += slice) {
      const paths = new Map();
      for (const i of points.subarray(start, start + slice)) {
        const bucket = buckets[i];
        paths.set(bucket, `${paths.get(bucket) ?? ""}M${xs[i].toFixed(1)} ${ys[i].toFixed(1)}h0`);
      }
      for (const [bucket, path] of paths)
        this.out.push(`<path d="${path}" fill="none" stroke="${this.colours[bucket]}" stroke-width="${2 * this.radius}" stroke-linecap="round" stroke-opacity="${OPACITY}"/>`);
    }
  }

  line(points, colour, width = 1, dash = []) {
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    this.out.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`);
  }

  within(x, y, w, h, draw) {
    const name = `within${this.out.length}`;
    this.out.push(`<clipPath id="${name}"><rect x="${x}" y="${y}" width="${w}" height="${h}"/></clipPath><g clip-path="url(#${name})">`);
    draw();
    this.out.push("</g>");
  }

  rect(x, y, w, h, colour) {
    this.out.push(`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" fill="${colour}"/>`);
  }

  ring(x, y, r, colour, width) {
    this.out.push(`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r}" fill="none" stroke="${colour}" stroke-width="${width}"/>`);
  }

  text(words, x, y, { align = "left", colour = this.theme.text, size = 12, turn = false, weight = 400 } = {}) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const place = turn ? `transform="translate(${x} ${y}) rotate(-90)"` : `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`;
    const safe = words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    this.out.push(`<text ${place} font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${colour}">${safe}</text>`);
  }

  document(width, height) {
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif"><rect width="100%" height="100%" fill="${this.theme.background}"/>${this.out.join("")}</svg>`;
  }
}
