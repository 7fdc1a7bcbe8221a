// Saves a picture: SVG text that the page gave, or the chart that is drawn under a key.

// A stand-alone copy of a drawing: the colours and the font it takes from the page are written into it.
function standalone(svg, theme) {
  const copy = svg.cloneNode(true);
  const { width, height } = svg.viewBox?.baseVal?.width ? svg.viewBox.baseVal : svg.getBoundingClientRect();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.style.color = theme.color;
  const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: theme.background })) back.setAttribute(name, value);
  copy.prepend(back);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function rasterise({ text, width, height }, done) {
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    context.drawImage(image, 0, 0, width, height);
    canvas.toBlob(done);
    URL.revokeObjectURL(image.src);
  };
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".save");
  const [svgButton, pngButton] = root.querySelectorAll("button");
  root.querySelector("span").textContent = data.label;
  const css = getComputedStyle(root);
  const theme = { color: css.getPropertyValue("--st-text-color"), background: css.getPropertyValue("--st-background-color") };
  const drawing = () => {
    if (data.svg) return new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
    const chart = document.querySelector(`.st-key-${CSS.escape(data.chart.replace(/[^\w-]/g, "-"))}`);
    return chart?.querySelector("svg.marks, [data-testid=stEChartsChart] svg, canvas");
  };
  const vector = () => {
    const found = drawing();
    return found && found.localName === "svg" ? found : null;
  };
  root.onpointerenter = () => { svgButton.disabled = !vector(); };
  svgButton.title = data.svg ? "" : "Charts of very many points are saved as PNG only";
  svgButton.onclick = () => {
    const found = vector();
    if (found) saveFile(new Blob([standalone(found, theme).text], { type: "image/svg+xml" }), `${data.name}.svg`);
  };
  pngButton.onclick = () => {
    const found = drawing();
    if (!found) return;
    if (found.localName === "canvas") found.toBlob((blob) => saveFile(blob, `${data.name}.png`));
    else rasterise(standalone(found, theme), (blob) => saveFile(blob, `${data.name}.png`));
  };
}
