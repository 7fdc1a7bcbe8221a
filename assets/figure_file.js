// Figures as files: an SVG that stands by itself, and a PNG of it. Everything that a page's style sheets say is written
// into the SVG, so that other programs draw it as the browser does.

const SHAPES = ["path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"];
const PAINT = ["fill-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"];
const LETTERS = ["font-size", "font-style", "font-weight", "text-anchor"];
const FAMILY = "Source Sans";
const DPI = 300;
const pen = document.createElement("canvas").getContext("2d");

// [colour as #rrggbb, its opacity] of any colour that CSS can write.
function plainColour(value) {
  pen.fillStyle = "#000";
  pen.fillStyle = value;
  const parts = pen.fillStyle.match(/^rgba\(([\d.]+), ([\d.]+), ([\d.]+), ([\d.]+)\)$/);
  if (!parts) return [pen.fillStyle, 1];
  return [`#${parts.slice(1, 4).map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`, Number(parts[4])];
}

// Of an element and all groups around it, for programs that know the opacity of shapes only.
function opacityOf(element) {
  return element instanceof SVGElement ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentNode) : 1;
}

// Writes what is computed for `from` into its copy `to`.
function settleShape(from, to, names) {
  const css = getComputedStyle(from);
  for (const name of [...PAINT, ...(from.localName.startsWith("t") ? LETTERS : [])]) {
    const value = css.getPropertyValue(name).replace(/px/g, "");
    to.setAttribute(name, name === "font-weight" ? (Number(value) >= 600 ? "bold" : "normal") : value);
  }
  for (const name of ["fill", "stroke"]) {
    const value = css.getPropertyValue(name);
    const link = value.match(/url\("?#([^")]+)"?\)/);
    if (value === "none" || link) to.setAttribute(name, link ? `url(#${names(link[1])})` : "none");
    else {
      const [colour, opacity] = plainColour(value);
      to.setAttribute(name, colour);
      to.setAttribute(`${name}-opacity`, opacity * Number(css.getPropertyValue(`${name}-opacity`)) * opacityOf(from));
    }
  }
  if (css.strokeDasharray === "none") to.removeAttribute("stroke-dasharray");
  if (from.localName.startsWith("t")) {
    to.setAttribute("stroke", "none"); // a halo, which other programs draw above the letter
    to.setAttribute("font-family", `'${FAMILY}', 'Source Sans 3', 'Source Sans Pro', Helvetica, Arial, sans-serif`);
  }
}

// Letters stand on their base line, which every program understands.
function settleText(from, to) {
  const css = getComputedStyle(from);
  if (css.dominantBaseline !== "auto" && css.dominantBaseline !== "alphabetic") {
    pen.font = `${css.fontStyle} ${css.fontWeight} ${css.fontSize} ${css.fontFamily}`;
    const base = from.getBBox().y + pen.measureText(from.textContent).fontBoundingBoxAscent;
    to.setAttribute("y", base.toFixed(2));
    to.removeAttribute("dy");
  }
  to.removeAttribute("dominant-baseline");
  to.removeAttribute("textLength");
}

// A gradient over the box of `shape`, in the coordinates of the drawing.
function settleGradient(gradient, shape) {
  if (gradient.localName !== "linearGradient" || gradient.getAttribute("gradientUnits") === "userSpaceOnUse") return;
  const box = shape.getBBox();
  const share = (name, none) => parseFloat(gradient.getAttribute(name) ?? none) / (/%$/.test(gradient.getAttribute(name) ?? "") ? 100 : 1);
  const [x1, y1, x2, y2] = [share("x1", 0), share("y1", 0), share("x2", 1), share("y2", 0)];
  for (const [name, value] of [["x1", box.x + x1 * box.width], ["x2", box.x + x2 * box.width], ["y1", box.y + y1 * box.height], ["y2", box.y + y2 * box.height]])
    gradient.setAttribute(name, value.toFixed(2));
  gradient.setAttribute("gradientUnits", "userSpaceOnUse");
}

// {text, width and height in pixels, and what is given}: `svg`, which is on the page, as a file that is `mm` wide, on
// white. letter: with which the names of its clips and gradients begin, for files that hold several figures.
function figureFile(svg, mm, title, about, letter = "n") {
  const { width, height } = svg.viewBox?.baseVal?.width ? svg.viewBox.baseVal : { width: svg.clientWidth, height: svg.clientHeight };
  const copy = svg.cloneNode(true);
  const names = new Map();
  const short = (id) => names.get(id) ?? names.set(id, `${letter}${names.size}`).get(id); // some programs want plain names
  const [from, to] = [svg, copy].map((root) => [...root.querySelectorAll("*")]);
  from.forEach((element, k) => {
    const twin = to[k];
    if (!element.closest("defs, clipPath") && getComputedStyle(element).display === "none") twin.remove();
    if (SHAPES.includes(element.localName) && !element.closest("clipPath")) settleShape(element, twin, short);
    if (element.localName === "text") settleText(element, twin);
    const link = (getComputedStyle(element).fill ?? "").match(/url\("?#([^")]+)"?\)/);
    const gradient = link && SHAPES.includes(element.localName) && copy.querySelector(`#${CSS.escape(link[1])}`);
    if (gradient) settleGradient(gradient, element);
    const clip = element.getAttribute("clip-path")?.match(/url\(["']?#([^"')]+)/);
    if (clip) twin.setAttribute("clip-path", `url(#${short(clip[1])})`);
  });
  for (const element of to) {
    if (names.has(element.id)) element.id = names.get(element.id);
    else element.removeAttribute("id");
    for (const name of [...element.getAttributeNames()]) if (/^(style|class|cursor|pointer-events|opacity|role|tabindex|aria-.*|data-.*|xml:space|paint-order)$/.test(name)) element.removeAttribute(name);
    if (["style", "script", "title"].includes(element.localName)) element.remove();
  }
  for (const name of copy.getAttributeNames()) copy.removeAttribute(name);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", `${mm}mm`);
  copy.setAttribute("height", `${((mm * height) / width).toFixed(2)}mm`);
  const part = (name, text, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const definitions = part("defs", "", {}); // at the top, where every program looks for them
  definitions.append(...copy.querySelectorAll("clipPath, linearGradient, radialGradient"));
  copy.prepend(definitions);
  copy.prepend(part("title", title, {}), part("metadata", about, {}), part("rect", "", { width, height, fill: "#ffffff" }));
  return { text: new XMLSerializer().serializeToString(copy), width, height, mm, title, about };
}

// The app's font as a data address: an image of an SVG sees no font of the page.
async function fontAddress() {
  for (const face of [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])) {
    if (!(face instanceof CSSFontFaceRule) || !face.style.fontFamily.includes(FAMILY) || face.style.fontStyle === "italic") continue;
    const address = face.style.src.match(/url\("?([^")]+)/)?.[1];
    if (!address) continue;
    const blob = await (await fetch(new URL(address, face.parentStyleSheet.href ?? location.href))).blob();
    return new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(blob);
    });
  }
  return "";
}

function crc(bytes) {
  let c = -1;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ -1) >>> 0;
}

// A piece of a PNG: four letters that say what it is, and its bytes.
function pngChunk(kind, content) {
  const chunk = new Uint8Array(12 + content.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length);
  chunk.set(new TextEncoder().encode(kind), 4);
  chunk.set(content, 8);
  view.setUint32(8 + content.length, crc(chunk.subarray(4, 8 + content.length)));
  return chunk;
}

// A PNG that says how large it is to be printed, and what it shows and where that comes from.
async function signed(blob, title, about) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const density = new DataView(new ArrayBuffer(9)); // in dots a metre
  density.setUint32(0, Math.round(DPI / 0.0254));
  density.setUint32(4, Math.round(DPI / 0.0254));
  density.setUint8(8, 1);
  const words = Object.entries({ Title: title, Description: about }).map(([key, text]) => pngChunk("iTXt", new TextEncoder().encode(`${key}\0\0\0\0\0${text}`)));
  const header = 33; // bytes
  return new Blob([bytes.subarray(0, header), pngChunk("pHYs", new Uint8Array(density.buffer)), ...words, bytes.subarray(header)], { type: "image/png" });
}

// The PNG, at 300 dots an inch, of what `figureFile` gives.
async function rasterise({ text, width, height, mm, title, about }) {
  const font = await fontAddress();
  const style = `<style>@font-face { font-family: "${FAMILY}"; font-weight: 200 900; src: url(${font}); }</style>`;
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([font ? text.replace("<title", `${style}<title`) : text], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((mm / 25.4) * DPI);
  canvas.height = Math.round((canvas.width * height) / width);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return signed(await new Promise((done) => canvas.toBlob(done)), title, about);
}
