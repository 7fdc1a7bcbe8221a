// The menu as a narrow rail of signs, and back; the browser remembers which of the two somebody wants.

const KEPT = "nas-explorer-rail";

function show(button, narrow) {
  document.documentElement.toggleAttribute("data-rail", narrow);
  const text = narrow ? "Show the names of the pages" : "Narrow the menu to its signs";
  button.title = text;
  button.setAttribute("aria-label", text);
  button.setAttribute("aria-expanded", String(!narrow));
  button.textContent = narrow ? "»" : "«";
  for (const link of document.querySelectorAll("[data-testid=stSidebar] [data-testid=stPageLink-NavLink]"))
    narrow ? link.setAttribute("title", link.querySelector("p").textContent) : link.removeAttribute("title");
  dispatchEvent(new Event("resize")); // charts take the room
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  let narrow = localStorage.getItem(KEPT) === "1";
  show(button, narrow);
  button.onclick = () => {
    narrow = !narrow;
    localStorage.setItem(KEPT, narrow ? "1" : "0");
    show(button, narrow);
  };
}
