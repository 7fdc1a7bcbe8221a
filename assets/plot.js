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

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function isDark(colour) {
  const [r, g, b] = colour.startsWith("#") ? rgb(colour) : colour.match(/\d+/g).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

// `count` colours along the stops; on a dark page the darkest end, on a light page the lightest end is left out.
function ramp(stops, count, dark) {
  const [from, to] = dark ? [0.14, 1] : [0, 0.9];
  return Array.from({ length: count }, (_, i) => {
    const place = (from + ((to - from) * i) / Math.max(count - 1, 1)) * (stops.length - 1);
    const k = Math.min(Math.floor(place), stops.length - 2);
    const [a, b] = [rgb(stops[k]), rgb(stops[k + 1])];
    return `rgb(${a.map((v, j) => Math.round(v + (b[j] - v) * (place - k))).join(",")})`;
  });
}

class CanvasPen {
  constructor(context, theme, ratio, radius, colours) {
    Object.assign(this, { context, theme, radius });
    this.side = Math.ceil(2 * radius * ratio) + 2; // dots are stamped from a sheet: thousands of them in a few ms
    this.ratio = ratio;
    this.sheet = document.createElement("canvas");
    this.sheet.width = this.side * colours.length;
    this.sheet.height = this.side;
    const stamp = this.sheet.getContext("2d");
    stamp.globalAlpha = 0.8;
    colours.forEach((colour, i) => {
      stamp.fillStyle = colour;
      stamp.beginPath();
      stamp.arc((i + 0.5) * this.side, this.side / 2, radius * ratio, 0, 7);
      stamp.fill();
    });
  }

  dot(x, y, bucket) {
    const { side, ratio } = this;
    this.context.drawImage(this.sheet, bucket * side, 0, side, side, x - side / ratio / 2, y - side / ratio / 2, side / ratio, side / ratio);
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

  dot(x, y, bucket) {
    this.out.push(`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${this.radius}" fill="${this.colours[bucket]}" fill-opacity="0.8"/>`);
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
