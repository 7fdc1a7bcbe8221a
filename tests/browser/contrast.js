// Every text that can be seen, whose contrast with what lies under it is below WCAG's 4.5 (3 for signs and for large letters).
// Texts on a canvas are not looked at, and what is disabled may be pale.

() => {
  const LEAST = 4.5, LARGE = 3;
  const one = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const paint = (colour) => {
    if (known.has(colour)) return known.get(colour);
    one.clearRect(0, 0, 1, 1);
    one.fillStyle = colour;
    one.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = one.getImageData(0, 0, 1, 1).data;
    known.set(colour, [r, g, b, a / 255]);
    return known.get(colour);
  };
  const over = ([r, g, b, a], share, under) => [r, g, b].map((v, i) => v * a * share + under[i] * (1 - a * share));
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (c) => c.map((v) => linear(v / 255)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const parent = (e) => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host;
  const around = (e) => (e ? [...around(parent(e)), e] : []);
  const opacity = (e) => around(e).reduce((share, x) => share * Number(getComputedStyle(x).opacity), 1);
  const holds = (e, [x, y]) => {
    const box = e.getBoundingClientRect();
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  };
  const filled = (shape, [x, y]) => {
    if (!holds(shape, [x, y]) || getComputedStyle(shape).fill === "none" || shape.closest("defs, clipPath")) return false;
    const at = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
    return shape.isPointInFill(at);
  };
  const ground = (e, centre) => {
    let under = paint(getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor).slice(0, 3);
    for (const x of around(e)) if (holds(x, centre)) under = over(paint(getComputedStyle(x).backgroundColor), 1, under);
    const drawing = e instanceof SVGElement && around(e).find((x) => x.localName === "svg");
    for (const shape of drawing ? drawing.querySelectorAll("path, rect, circle") : []) {
      if (shape.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING || !filled(shape, centre)) continue;
      const css = getComputedStyle(shape);
      under = over(paint(css.fill), Number(css.fillOpacity) * opacity(shape), under);
    }
    return under;
  };
  const roots = [document];
  for (const root of roots) for (const e of root.querySelectorAll("*")) if (e.shadowRoot) roots.push(e.shadowRoot);
  const out = new Set();
  for (const root of roots) {
    const texts = document.createTreeWalker(root === document ? document.body : root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent.trim(), e = texts.currentNode.parentElement;
      if (!text || !e?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (e.closest(":disabled, [aria-disabled=true], style, script, title") || e.closest("label")?.querySelector(":disabled")) continue;
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      const box = range.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue; // for screen readers
      const css = getComputedStyle(e), centre = [box.x + box.width / 2, box.y + box.height / 2];
      const drawn = e instanceof SVGElement;
      const under = ground(e, centre);
      const ink = over(paint(drawn ? css.fill : css.color), opacity(e) * (drawn ? Number(css.fillOpacity) : 1), under);
      const size = parseFloat(css.fontSize), sign = /Material/.test(css.fontFamily);
      const large = sign || size >= 24 || (size >= 18.66 && Number(css.fontWeight) >= 700);
      const found = contrast(ink, under);
      if (found < (large ? LARGE : LEAST) - 0.005)
        out.add(`${found.toFixed(2)} “${text.slice(0, 40)}” rgb(${ink.map(Math.round)}) on rgb(${under.map(Math.round)})`);
    }
  }
  return [...out];
}
