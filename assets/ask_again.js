// Asks the server for the next message after a while, at the pace that it sets, and again where no answer comes. What it
// is given for a picture it hands to the picture of that name; at the end it asks once that has been played. It waits
// while the page is being drawn: what is asked for meanwhile may undo what somebody has clicked, or where that led.

const PICTURES = (window.nasExplorerPictures ??= new Map()); // name -> {picture, message}; both components meet here
const PATIENCE = 5000; // milliseconds after which a question counts as lost
const PAUSE = 50; // milliseconds between two looks at whether the page is drawn
const drawn = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning";

export default function ({ data, parentElement, setTriggerValue }) {
  const { after, to, message } = data;
  let asked = -PATIENCE, first, more;
  const stop = () => {
    clearTimeout(first);
    clearInterval(more);
  };
  const ask = () => {
    if (!parentElement.isConnected) return stop(); // Streamlit may take it off the page without a word
    if (performance.now() < asked + PATIENCE) return;
    clearTimeout(first);
    if (!drawn()) return void (first = setTimeout(ask, PAUSE));
    asked = performance.now();
    setTriggerValue("again", message?.over ? "played" : "more");
  };
  const entry = PICTURES.get(to) ?? {};
  if (to) PICTURES.set(to, Object.assign(entry, { message, played: ask }));
  entry.picture?.take(message);
  first = setTimeout(ask, after);
  more = setInterval(ask, after + PATIENCE + 1);
  return () => {
    stop();
    entry.played = () => {};
  };
}
