// The whole page as one HTML file that needs neither a server nor a network: its sentences and figures in the order of
// the page, then its tables. The figures are drawn on paper beside the button, see ui/export_menu.py.

const WORDS = "h1, h2, h3, h4, h5, [data-testid=stMarkdownContainer] :is(p, li, table, .verbatim div), [data-testid=stMetric]";
const CHARTS = "[data-testid=stEChartsChart], [data-testid=stVegaLiteChart], [data-testid=stMarkdownContainer] svg";
const LEFT_OUT = "button, label, [data-testid=stSlider], summary, [role=tablist], [role=dialog], [data-testid=stWidgetLabel], [data-testid=stPageLink], [data-testid=stTooltipHoverTarget]";
const PATIENCE = 20000; // milliseconds until the figures are drawn

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const className = (key) => `.st-key-${CSS.escape(key.replace(/[^\w-]/g, "-"))}`;

// The figures of the page as SVG text, by key; null while one of them is not drawn.
function figuresOf(data, room) {
  const out = new Map();
  for (const figure of data.figures) {
    if (figure.map) {
      const map = window.nasExplorerMaps?.get(figure.map)?.map;
      if (!map) continue;
      room.innerHTML = map.paper(data.pixels);
    } else if (figure.svg) room.innerHTML = figure.svg;
    const svg = figure.map || figure.svg ? room.querySelector("svg") : document.querySelector(`${className(figure.paper)} :is([data-testid=stEChartsChart] svg:not([aria-hidden]), svg.marks)`);
    if (!svg?.querySelector("path, rect, circle, text")) return null;
    figure.label = figure.svg && svg.getAttribute("aria-label")?.split("\n")[0];
    out.set(figure.key, `<figure>${figureFile(svg, data.mm, figure.title, "", `f${out.size}n`).text}<figcaption>${escaped(figure.title)}</figcaption></figure>`);
  }
  room.replaceChildren();
  return out;
}

// Without the signs between the words, whose letters are their names.
function wordsOf(element) {
  return [...element.querySelectorAll("[role=img]")].reduce((text, sign) => text.replace(sign.innerText, ""), element.innerText).trim();
}

function tableText(table) {
  const cells = (row) => [...row.cells].map((cell) => `<${cell.localName}>${escaped(cell.innerText.trim())}</${cell.localName}>`);
  return `<table>${[...table.rows].map((row) => `<tr>${cells(row).join("")}</tr>`).join("\n")}</table>`;
}

function pageText(data, figures, room) {
  const parts = [];
  const rest = new Map(figures);
  const words = new Set();
  const names = new Map(data.figures.map(({ key, title, label }) => [key, [title, label]]));
  for (const element of document.querySelectorAll(`[data-testid=stMain] :is(${WORDS}, ${CHARTS}, .st-key-nothing, [class*=st-key-])`)) {
    if (element.closest(LEFT_OUT) || !element.getClientRects().length) continue;
    const name = element.getAttribute("aria-label")?.split("\n")[0];
    const own = [...rest.keys()].find((key) => element.matches(className(key)) || (name && names.get(key).includes(name)));
    if (own) {
      parts.push(rest.get(own));
      rest.delete(own);
    } else if (element.matches("[data-testid=stMarkdownContainer] svg.cell")) {
      room.innerHTML = element.outerHTML; // on white
      parts.push(`<figure>${figureFile(room.querySelector("svg"), 88, "", "", `p${parts.length}n`).text}</figure>`);
    } else if (element.matches(WORDS) && !element.parentElement.closest(WORDS) && !element.querySelector("svg")) {
      const text = wordsOf(element);
      if (!text || words.has(text)) continue;
      words.add(text);
      if (element.tagName === "TABLE") {
        parts.push(tableText(element));
        continue;
      }
      const tag = /^H\d$/.test(element.tagName) ? element.tagName.toLowerCase() : element.matches(".verbatim div") ? "pre" : "p";
      parts.push(`<${tag}${element.classList.contains("verdict") ? ' class="verdict"' : ""}>${escaped(text)}</${tag}>`);
    }
  }
  room.replaceChildren();
  return [...parts, ...rest.values(), ...data.tables].join("\n");
}

const STYLE = `body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 "Source Sans", "Source Sans 3", "Source Sans Pro", Helvetica, Arial, sans-serif; color: #1b2430; background: #fff; }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; } figcaption { color: #525d6b; font-size: 14px; }
.verdict { font-size: 1.4rem; font-weight: 700; } pre { white-space: pre-wrap; background: #f3f5f8; padding: 0.6rem; }
table { border-collapse: collapse; font-size: 14px; } th, td { padding: 2px 10px; border-bottom: 1px solid #d5dbe3; text-align: right; }
div.table { overflow-x: auto; max-height: 30rem; }`;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".page");
  const button = root.querySelector("button");
  button.onclick = () => {
    const start = performance.now();
    button.disabled = true;
    const attempt = async () => {
      const figures = figuresOf(data, root.querySelector(".room"));
      if (!figures && performance.now() - start < PATIENCE) return setTimeout(attempt, 100);
      button.disabled = false;
      root.querySelector("p").textContent = figures ? "" : "The figures are not drawn yet; please try again.";
      if (!figures) return;
      const font = await fontAddress();
      const face = font && `@font-face { font-family: "${FAMILY}"; font-weight: 200 900; src: url(${font}); }`;
      const text = `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(data.title)} · NAS Explorer</title><link rel="icon" href="data:,"><style>${STYLE}
${face}</style></head>
<body>\n${pageText(data, figures, root.querySelector(".room"))}\n<footer><pre>${escaped(data.about)}</pre></footer></body></html>\n`;
      saveFile(new Blob([text], { type: "text/html" }), `${data.name}.html`);
    };
    attempt();
  };
}
