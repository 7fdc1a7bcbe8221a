// A ranked list whose rows are buttons: chips say what changes, a bar and a number say how good it is.

export default function ({ data, parentElement, setTriggerValue }) {
  const make = (name, kind, text = "") => {
    const element = document.createElement(name);
    element.className = kind;
    element.textContent = text;
    return element;
  };
  const chip = ([label, colour]) => {
    const element = make("span", "chip", label);
    element.style.setProperty("--chip", colour);
    return element;
  };
  const rows = data.items.map((item, i) => {
    const button = make("button", "row");
    button.setAttribute("aria-label", item.spoken);
    const what = make("span", "what");
    what.append(make("i", "", item.title), chip(item.from), make("span", "arrow", "→"), chip(item.to));
    const bar = make("span", "bar");
    bar.style.setProperty("--share", `${100 * item.share}%`);
    button.append(make("span", "place", String(i + 1)), what, bar, make("span", "value", item.value), make("span", `change ${item.kind}`, item.change));
    button.onclick = () => setTriggerValue("picked", item.id);
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  });
  const list = parentElement.querySelector("ol");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...rows);
  list.scrollTop = 0;
}
