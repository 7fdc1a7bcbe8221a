// The buttons of the Export menu that save the figure shown above them.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function base64Of(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let k = 0; k < bytes.length; k += 32768) text += String.fromCharCode(...bytes.subarray(k, k + 32768));
  return btoa(text);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".figure");
  const sheet = root.querySelector(".sheet");
  const note = root.querySelector("p");
  const map = window.nasExplorerMaps?.get(data.map)?.map;
  const given = data.svg || (data.map && map?.paper(data.pixels));
  if (given !== root.given) sheet.innerHTML = given || "";
  root.given = given;
  const drawn = () => (given ? sheet : document.querySelector(".st-key-paper"))?.querySelector(
    given ? "svg" : "[data-testid=stEChartsChart] svg:not([aria-hidden]), svg.marks",
  );
  const file = () => {
    const svg = drawn();
    note.textContent = svg ? "" : "The chart is not drawn yet; please try again.";
    return svg && figureFile(svg, data.mm, data.title, data.about);
  };
  const deeds = {
    svg: (made) => saveFile(new Blob([made.text], { type: "image/svg+xml" }), `${data.name}.svg`),
    pdf: (made) => setTriggerValue("wanted", { kind: "pdf", svg: made.text }),
    png: async (made) => saveFile(await rasterise(made), `${data.name}.png`),
    zip: async (made) => setTriggerValue("wanted", { kind: "zip", svg: made.text, png: await base64Of(await rasterise(made)) }),
  };
  for (const [kind, deed] of Object.entries(deeds)) {
    root.querySelector(`.${kind}`).onclick = () => {
      const made = file();
      if (made) deed(made);
    };
  }
  if (data.file && data.file.number !== root.number) {
    root.number = data.file.number;
    saveFile(new Blob([bytesOf(data.file.content)], { type: data.file.type }), data.file.name);
  }
}
