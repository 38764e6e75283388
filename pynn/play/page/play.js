// What the page of `pynn play` does: it asks the server, shows its numbers, and asks again while it plays.
// All is computed there; drawing is in paint.js. One request at a time: the next waits for the answer to the last.

import * as paint from "/paint.js";

const find = (id) => document.getElementById(id);
const form = find("settings");
const view = { columns: [], unit: null, playing: false, course: 0, trace: null, part: 0 }; // unit: [layer, number] that is shown large
let state = null; // the server's last answer, with settings and points
let waiting = Promise.resolve();

// ---- asking ----

function ask(path, body) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = waiting.then(async () => {
    const response = await fetch(path, body === undefined ? {} : options).catch(() => {
      throw new Error("The server does not answer: start pynn play again, then reload this page.");
    });
    const found = await response.json();
    if (!response.ok) throw new Error(found.error);
    return found;
  });
  waiting = answer.catch(() => {});
  return answer;
}

async function act(path, body) {
  try {
    let found = await ask(path, body);
    if (!found.settings && found.network !== state.network) found = await ask("/state"); // another page has begun anew
    state = { ...state, ...found };
    say(state.remark);
    if (found.settings) arrange();
    draw();
    if (!find("batch").hidden && !view.playing) await lookAtBatch();
  } catch (error) {
    say(error.message);
  }
}

function say(words) {
  find("remark").textContent = words || "";
  find("remark").hidden = !words;
  if (words) stop();
}

// ---- playing ----

function stop() {
  view.playing = false;
  find("run").textContent = "Play";
}

async function play() {
  const course = ++view.course; // a pause and a new start may come before an answer does
  view.playing = true;
  find("run").textContent = "Pause";
  clearBatch();
  while (view.playing && view.course === course) {
    const drawn = new Promise((done) => setTimeout(done, 40));
    await act("/train", { epochs: Number(find("speed").value) });
    await drawn;
  }
  if (!view.playing && !find("batch").hidden) await lookAtBatch();
}

const settingsNow = () => ({
  data: form.elements.data.value,
  activation: form.elements.activation.value,
  optimizer: form.elements.optimizer.value,
  ...Object.fromEntries(["noise", "learning_rate", "batch_size", "l2", "seed"]
    .map((name) => [name, Number(form.elements[name].value)])),
  layers: [...find("units").querySelectorAll("input")].map((input) => Number(input.value)),
});

const begin = (settings = settingsNow()) => act("/reset", settings);

// ---- the network's columns, made anew when the settings are ----

function arrange() {
  const { settings } = state;
  for (const name of ["data", "noise", "activation", "optimizer", "learning_rate", "batch_size", "l2", "seed"]) {
    form.elements[name].value = String(settings[name]);
  }
  find("noise-shown").textContent = settings.noise.toFixed(2);
  find("fewer").disabled = settings.layers.length === 0;
  find("more").disabled = settings.layers.length === 6;
  arrangeWidths(settings.layers);
  const names = ["input", ...settings.layers.map((_, i) => `layer ${i + 1}`), "output"];
  const counts = [2, ...settings.layers, 1];
  view.unit = null;
  view.columns = [];
  find("columns").replaceChildren(...names.map((name, layer) => {
    const column = made("div", { className: "column" }, made("span", { textContent: name }));
    const units = Array.from({ length: counts[layer] }, (_, number) => unitButton(layer, number));
    column.append(made("div", {}, ...units));
    view.columns.push(units);
    return column;
  }));
}

function arrangeWidths(layers) {
  const inputs = [...find("units").children];
  if (inputs.length === layers.length) { // keeps the focus of a keyboard where it is
    inputs.forEach((input, i) => { input.value = layers[i]; });
    return;
  }
  find("units").replaceChildren(...layers.map((count, i) => {
    const input = made("input", { type: "number", min: 1, max: 8, value: count, title: `Units of hidden layer ${i + 1}` });
    input.setAttribute("aria-label", input.title);
    input.addEventListener("change", () => input.reportValidity() && begin());
    return input;
  }));
}

function unitButton(layer, number) {
  const button = made("button", { className: "unit" }, made("canvas"));
  button.setAttribute("aria-label", unitName(layer, number));
  const show = () => { view.unit = layer === view.columns.length - 1 ? null : [layer, number]; drawPlane(); };
  const leave = () => { view.unit = null; drawPlane(); };
  for (const event of ["mouseenter", "focus"]) button.addEventListener(event, show);
  for (const event of ["mouseleave", "blur"]) button.addEventListener(event, leave);
  return button;
}

const unitName = (layer, number) => layer === 0 ? `Input x${number + 1}`
  : layer > state.settings.layers.length ? "Output" : `Unit ${number + 1} of layer ${layer}`;

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// ---- drawing ----

function draw() {
  const look = paint.colours();
  const high = find("columns").clientHeight - 16, tallest = Math.max(...view.columns.map((units) => units.length));
  const size = Math.round(Math.max(16, Math.min(46, high / tallest - 5)));
  view.columns.flat().forEach((unit) => { unit.style.width = unit.style.height = `${size}px`; });
  state.units.forEach((units, layer) => units.forEach((unit, i) =>
    paint.shade(view.columns[layer][i].firstChild, unit.shades, state.coarse, look)));
  paint.shade(view.columns.at(-1)[0].firstChild, state.answer, state.fine, look);
  paint.weights(find("lines"), view.columns, state.weights, look);
  paint.curves(find("curve"), state.curve, look);
  drawPlane(look);
  find("epochs").textContent = state.epoch.toLocaleString("en");
  find("steps").textContent = state.steps.toLocaleString("en");
  ["training", "test"].forEach((rows, i) => {
    find(`loss-${rows}`).textContent = state.loss[i]?.toFixed(4) ?? "not finite";
    find(`accuracy-${rows}`).textContent = `${(100 * state.accuracy[i]).toFixed(1)} %`;
  });
}

function drawPlane(look = paint.colours()) {
  const canvas = find("plane"), chosen = view.trace && !find("batch").hidden ? view.trace.rows : [];
  if (view.unit) {
    const [layer, number] = view.unit, unit = state.units[layer][number];
    paint.shade(canvas, unit.shades, state.coarse, look, 0.6);
    find("shown").textContent = unitName(layer, number);
    find("caption").textContent = layer ? incoming(layer, number, unit.bound) : "A coordinate of the points.";
  } else {
    paint.shade(canvas, state.answer, state.fine, look, 0.6);
    paint.boundary(canvas, state.answer, state.fine, look);
    find("shown").textContent = "Answer of the network";
    find("caption").textContent = "Discs are training points, rings test points. Point at a unit, or go there by Tab, to see what it has learned.";
  }
  paint.points(canvas, state, chosen, look);
}

function incoming(layer, number, bound) {
  const from = state.weights[layer - 1].map((row, i) => `${layer === 1 ? "x" : "a"}${i + 1}: ${row[number].toFixed(2)}`);
  const range = state.settings.activation === "sigmoid" ? `0.5 ± ${bound}` : `±${bound}`;
  return `Weights ${from.join(", ")}; bias ${state.biases[layer - 1][number].toFixed(2)}. Full colour is ${range}.`;
}

// ---- one batch, part by part ----

async function lookAtBatch() {
  try {
    view.trace = await ask("/trace", { rows: Number(find("rows").value) });
    view.part = Math.min(view.part, view.trace.sections.length - 1);
    showPart();
  } catch (error) {
    say(error.message);
  }
}

function showPart() {
  const { sections, depth } = view.trace, { html } = sections[view.part];
  find("numbers").innerHTML = html; // of the server's own making
  find("numbers").scrollTop = 0;
  find("part").textContent = view.part < depth ? "Forward" : view.part === depth ? "Loss"
    : view.part <= 2 * depth ? "Backward" : "Update";
  find("place").textContent = `${view.part + 1} of ${sections.length}`;
  find("back").disabled = view.part === 0;
  find("forth").disabled = view.part === sections.length - 1;
  const layer = view.part < depth ? view.part + 1 : view.part === depth ? depth : 2 * depth + 1 - view.part;
  [...find("columns").children].forEach((column, i) => {
    column.classList.toggle("seen", view.part > 2 * depth ? i > 0 : i === layer);
  });
  drawPlane();
}

function clearBatch() {
  view.trace = null;
  find("numbers").textContent = view.playing ? "Pause to see the numbers of the next batch." : "";
  [...find("columns").children].forEach((column) => column.classList.remove("seen"));
}

function move(by) {
  const last = view.trace ? view.trace.sections.length - 1 : 0;
  view.part = Math.min(last, Math.max(0, view.part + by));
  if (view.trace) showPart();
}

async function toggleBatch() {
  const open = find("batch").hidden;
  find("batch").hidden = !open;
  find("look").setAttribute("aria-expanded", String(open));
  clearBatch();
  draw();
  if (open) {
    stop();
    view.part = 0;
    await lookAtBatch();
  }
}

// ---- what a person does ----

find("run").addEventListener("click", () => (view.playing ? stop() : play()));
find("epoch").addEventListener("click", () => { stop(); act("/train", { epochs: 1 }); });
find("reset").addEventListener("click", () => { stop(); begin(); });
find("look").addEventListener("click", toggleBatch);
find("back").addEventListener("click", () => move(-1));
find("forth").addEventListener("click", () => move(1));
find("rows").addEventListener("change", lookAtBatch);
find("take").addEventListener("click", () => { stop(); view.part = 0; act("/step", { rows: Number(find("rows").value) }); });
find("fewer").addEventListener("click", () => begin({ ...settingsNow(), layers: settingsNow().layers.slice(0, -1) }));
find("more").addEventListener("click", () => begin({ ...settingsNow(), layers: [...settingsNow().layers, 4] }));
form.addEventListener("change", () => form.reportValidity() && begin());
form.addEventListener("input", () => { find("noise-shown").textContent = Number(form.elements.noise.value).toFixed(2); });
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("resize", () => state && draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state && draw());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, #numbers")) return;
  if (event.key === " " && !event.target.closest("button")) { event.preventDefault(); find("run").click(); }
  if (event.key === "ArrowRight") move(1);
  if (event.key === "ArrowLeft") move(-1);
});

act("/state");
