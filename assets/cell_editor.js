// A drawing whose parts can be changed: a click on an operation opens a menu of what else could stand there. Where it is
// drawn anew the menu stays open, and the focus where it was.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".editor");
  const menu = root.querySelector(".menu");
  const drawing = root.querySelector(".drawing");
  const focused = () => root.getRootNode().activeElement;
  const close = () => { menu.hidden = true; };
  const before = focused();
  const chosen = menu.hidden ? -1 : [...menu.querySelectorAll("button")].indexOf(before);
  const place = (chosen < 0 ? before?.closest("[data-decision]") : menu.opener)?.dataset.decision;
  close();
  drawing.innerHTML = data.svg;
  const svg = drawing.querySelector("svg");
  svg.setAttribute("role", "group"); // its parts are buttons here
  for (const edge of drawing.querySelectorAll("[data-decision]")) {
    const { title, current, choices } = data.decisions[Number(edge.dataset.decision)];
    edge.setAttribute("role", "button");
    edge.setAttribute("tabindex", "0");
    edge.setAttribute("aria-haspopup", "menu");
    edge.setAttribute("aria-label", `${title}: ${choices[current].label}. Change it`);
    edge.onclick = (e) => { e.stopPropagation(); open(edge); };
    edge.onkeydown = (e) => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      open(edge);
    };
  }
  const same = drawing.querySelector(`[data-decision="${place}"]`);
  if (chosen >= 0 && same) open(same, chosen);
  else same?.focus({ preventScroll: true });
  root.onclick = close;
  menu.onkeydown = (e) => {
    const items = [...menu.querySelectorAll("button")];
    const at = items.indexOf(focused());
    if (e.key === "Escape") { close(); menu.opener?.focus(); }
    else if (e.key === "ArrowDown") items[(at + 1) % items.length].focus();
    else if (e.key === "ArrowUp") items[(at - 1 + items.length) % items.length].focus();
    else return;
    e.preventDefault();
  };

  function open(edge, at) {
    const decision = Number(edge.dataset.decision);
    const { title, current, choices } = data.decisions[decision];
    const heading = document.createElement("b");
    heading.textContent = title;
    const items = choices.map((choice, option) => {
      const item = document.createElement("button");
      item.setAttribute("role", "menuitemradio");
      item.setAttribute("aria-checked", String(option === current));
      item.style.setProperty("--chip", choice.colour);
      const name = document.createElement("span");
      name.textContent = choice.label;
      const note = document.createElement("small");
      note.textContent = choice.note;
      item.append(name, note);
      item.onclick = (e) => {
        e.stopPropagation();
        close();
        edge.focus({ preventScroll: true });
        if (option !== current) setTriggerValue("edited", [decision, option]);
      };
      return item;
    });
    menu.replaceChildren(heading, ...items);
    menu.hidden = false;
    menu.opener = edge;
    const [box, place] = [root.getBoundingClientRect(), edge.querySelector("rect").getBoundingClientRect()];
    const left = place.left + place.width / 2 - box.left - menu.offsetWidth / 2;
    menu.style.left = `${Math.max(0, Math.min(left, box.width - menu.offsetWidth))}px`;
    menu.style.top = `${place.bottom - box.top + 6}px`;
    items[at ?? current].focus();
  }
}
