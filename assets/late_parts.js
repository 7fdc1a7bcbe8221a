// A part of a page that draws itself again every moment may ask for that once more after its page was left, before the
// next page begins. Streamlit takes it for a step back to the page of that part, and loses what it has drawn: the window
// stays white. So what such a part still asks for is not sent. What a message says is in Streamlit's ClientState.proto.

const RERUN = 11, PAGE = 3, PART = 5; // numbers of fields
const PATIENCE = 3000; // milliseconds, for a page that never begins

// {number of a field: its bytes}, of those that have a length, the last of each.
function fields(bytes) {
  const out = {};
  let at = 0;
  const number = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (!(byte & 128)) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = number(), kind = tag & 7;
    if (kind === 0) number();
    else if (kind !== 2) return {}; // there is no such field in these messages
    else {
      const length = number();
      out[tag >> 3] = bytes.subarray(at, (at += length));
    }
  }
  return out;
}

const late = { begun() {} }; // begun(): the next page has begun

function keepLatePartsAway() {
  const send = WebSocket.prototype.send;
  let page, left, since; // asked for last; left for that one, and when
  WebSocket.prototype.send = function (data) {
    const asked = data instanceof Uint8Array && fields(data)[RERUN];
    const { [PAGE]: hash = "", [PART]: part } = asked ? fields(asked) : {};
    const now = performance.now(), of = String(hash); // bytes with commas between them
    if (part && of === left && now - since < PATIENCE) return;
    if (asked && !part && page && of !== page) [left, since] = [page, now];
    if (asked && of) page = of;
    send.call(this, data);
  };
  late.begun = () => (left = null);
}
