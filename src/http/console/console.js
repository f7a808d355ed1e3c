import { VapiCall } from "./vapi_call.js";
import { words } from "./words.js";

const REFRESH_MS = 1000;
const TOKEN = "vapi-token";
const KEYS = "123456789*0#";
/** Of the table of calls, without the buttons'. */
const COLUMNS = 8;
/** After so long without a frame a meter shows silence. */
const SILENT_MS = 200;

const find = (selector) => document.querySelector(selector);
const api = new URL("../v1/", location.href);
let call;
/** Whether a call is being placed, or there is one. */
let isPlacing = false;
let held = false;

for (const element of document.querySelectorAll("[data-word]")) {
  element.textContent = words[element.dataset.word];
}
for (const digit of KEYS) {
  const button = document.createElement("button");
  button.textContent = digit;
  button.disabled = true;
  button.onclick = () => call?.press(digit);
  find("#keys").append(button);
}
find("#sign-in").onsubmit = (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, event.target.token.value.trim());
  begin();
};
find("#call").onsubmit = (event) => {
  event.preventDefault();
  place(event.target).catch((error) => {
    release();
    complain(error.message);
  });
};
find("#hang-up").onclick = () => call?.hangUp();
find("#hold").onclick = () => {
  held = !held;
  call?.hold(held);
  find("#hold").textContent = held ? words.unhold : words.hold;
};
setInterval(refresh, REFRESH_MS);
begin();

/** Shows the page to whoever has the token, and the form for it to others. */
async function begin() {
  complain("");
  const isIn = await listAssistants();
  find("main").hidden = !isIn;
  find("#sign-in").hidden = isIn;
  await refresh();
}

async function listAssistants() {
  const { status, body } = await ask("assistants");
  if (status === 403) complain(words.off);
  const isWrong = status === 400 || status === 401;
  if (isWrong && sessionStorage.getItem(TOKEN)) complain(words.wrong_token);
  if (status !== 200) return false;
  const options = body.assistants.map(({ id }) => new Option(id, id));
  find("[name=assistant]").replaceChildren(...options);
  return true;
}

async function refresh() {
  const node = find("#node");
  try {
    const status = await (await fetch("../ready")).json();
    const { ready, reasons, degraded, activeCalls, maxConnections } = status;
    const state = ready ? words.ready : words.not_ready;
    const notes = [...reasons, ...degraded].join(", ");
    node.textContent = `${state} · ${activeCalls} / ${maxConnections}` +
      (notes && ` · ${notes}`);
    node.className = `state ${ready ? "good" : "bad"}`;
    if (!find("main").hidden) await listCalls();
  } catch {
    node.textContent = words.no_answer;
    node.className = "state bad";
  }
}

async function listCalls() {
  const { status, body } = await ask("calls");
  if (status !== 200) return;
  find("#no-calls").hidden = body.calls.length > 0;
  const table = find("#calls");
  // Rows stay what they are: somebody may be about to press a button.
  const known = new Map([...table.rows].map((row) => [row.id, row]));
  for (const view of body.calls) {
    const row = known.get(view.callId) ?? newRow(table, view.callId);
    known.delete(view.callId);
    textsOf(view).forEach((text, at) => row.cells[at].textContent = text);
    // A browser has no dialplan that knows numbers.
    row.querySelector(".transfer").hidden = view.line === "browser";
  }
  for (const row of known.values()) row.remove();
}

function textsOf(view) {
  const { line, caller, called, assistantId, state, talkSeconds } = view;
  return [
    ...[words[line], caller, called, assistantId, words[state]],
    talkSeconds === undefined ? "" : clock(talkSeconds),
    ...[view.node, view.shard ?? ""],
  ];
}

function newRow(table, callId) {
  const row = table.insertRow();
  row.id = callId;
  for (let at = 0; at < COLUMNS; at++) row.insertCell();
  const transferring = newButton(words.transfer, () => transfer(callId));
  transferring.className = "transfer";
  const hangingUp = newButton(
    words.hang_up,
    () => command(`calls/${callId}`, { method: "DELETE" }),
  );
  hangingUp.className = "danger";
  row.insertCell().append(transferring, " ", hangingUp);
  return row;
}

function newButton(text, press) {
  const button = document.createElement("button");
  button.textContent = text;
  button.onclick = press;
  return button;
}

/** Sends a caller to the number that is asked for. */
function transfer(callId) {
  const to = prompt(words.transfer_to)?.trim();
  if (!to) return;
  const body = JSON.stringify({ to });
  return command(`calls/${callId}/transfer`, { method: "POST", body });
}

/** Asks for something, and shows why it was refused. */
async function command(path, options) {
  try {
    const { body } = await ask(path, options);
    complain(body.error ?? "");
  } catch {
    complain(words.no_answer);
  }
}

async function place({ assistant, rate }) {
  if (isPlacing) return;
  isPlacing = true;
  complain("");
  enable(true);
  const rateHz = Number(rate.value);
  const { status, body } = await ask("browser-calls", {
    method: "POST",
    body: JSON.stringify({ assistantId: assistant.value, rateHz }),
  });
  if (status !== 201) {
    release();
    return complain(body.error);
  }
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.port = body.gatewayPort;
  const worklet = new URL("audio_worklet.js", location.href);
  const { ticket } = body;
  call = new VapiCall({ url: url.href, ticket, rateHz, worklet });
  for (const state of ["ringing", "answered", "away"]) {
    call.addEventListener(state, () => show(words[state]));
  }
  call.addEventListener("error", ({ detail }) => complain(detail.message));
  call.addEventListener("level", ({ detail }) => {
    showLevel(find(`#${detail.of}`), detail.level);
  });
  call.addEventListener("said", ({ detail }) => showLines(detail.lines));
  call.addEventListener("ended", ({ detail }) => {
    show(
      [words.ended, detail.cause, detail.reason].filter(Boolean).join(" · "),
    );
    release();
  });
  showLines([]);
  await call.start().catch((error) => {
    const isRefused = ["NotAllowedError", "NotFoundError"].includes(error.name);
    complain(isRefused ? words.no_microphone : error.message);
  });
}

function release() {
  call = undefined;
  isPlacing = false;
  enable(false);
}

function showLines(lines) {
  const items = lines.filter(({ text }) => text !== "").map((line) => {
    const item = document.createElement("li");
    item.className = line.role;
    item.textContent = line.text;
    return item;
  });
  find("#said").replaceChildren(...items);
  items.at(-1)?.scrollIntoView({ block: "nearest" });
}

function showLevel(meter, level) {
  meter.value = level;
  clearTimeout(meter.timer);
  meter.timer = setTimeout(() => meter.value = 0, SILENT_MS);
}

function enable(isCalling) {
  held = false;
  find("#hold").textContent = words.hold;
  for (const button of document.querySelectorAll("#keys button")) {
    button.disabled = !isCalling;
  }
  find("#hold").disabled = find("#hang-up").disabled = !isCalling;
  find("#call [type=submit]").disabled = isCalling;
  find("#caller").value = find("#assistant").value = 0;
}

async function ask(path, options = {}) {
  const token = sessionStorage.getItem(TOKEN) ?? "";
  // A header takes no other characters, and no token has others.
  const shown = /^[!-~]+$/.test(token) ? token : "none";
  const headers = { authorization: `Bearer ${shown}` };
  const response = await fetch(new URL(path, api), { ...options, headers });
  return { status: response.status, body: await response.json() };
}

function show(text) {
  find("#call-state").textContent = text;
}

function complain(text) {
  find("#problem").textContent = text;
  find("#problem").hidden = text === "";
}

function clock(seconds) {
  const rest = String(seconds % 60).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}
