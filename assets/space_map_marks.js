// The legend of a space map: says what the marks are, and hands them to the map of that name.
// A component of its own, so that a changed selection sends a few numbers and not the whole space again.

const MAPS = (window.nasExplorerMaps ??= new Map());

export default function ({ data, parentElement }) {
  const known = MAPS.get(data.name) ?? {};
  MAPS.set(data.name, { ...known, marks: data.marks });
  if (known.map) {
    known.map.answered = true;
    known.map.marks = data.marks;
    known.map.draw();
  }
  const list = parentElement.querySelector("ul");
  const named = { text: "var(--st-text-color)", primary: "var(--st-primary-color)" };
  list.replaceChildren(
    ...data.marks.filter((mark) => mark.rows.length || mark.paths.length).map((mark) => {
      const item = document.createElement("li");
      item.style.setProperty("--mark", named[mark.colour] ?? mark.colour);
      if (mark.paths.length) item.className = mark.dash.length ? "line dashed" : "line";
      item.style.setProperty("--size", `${2 * (mark.size ?? 5)}px`);
      const unseen = !mark.paths.length && known.map?.place && !mark.rows.some((row) => known.map.place.has(row));
      item.textContent = unseen ? `${mark.label} (not on the map: ${mark.absent})` : mark.label;
      return item;
    }),
  );
}
