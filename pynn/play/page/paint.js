// Draws on canvases what the server has computed: pictures of units, the plane with its points, lines of weights, curves.
// It knows no state and asks nothing. Read play.js for when it is called.

const SHOWN = new Map(); // colour tables by their three colours and their strength

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return Object.fromEntries(["first", "second", "middle", "ink", "quiet", "edge", "halo", "paper"]
    .map((name) => [name, read(`--${name}`)]));
}

const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// 255 colours: the first class at 0, the middle at 127, the second class at 254.
function table({ first, middle, second }, strength) {
  const key = first + middle + second + strength;
  if (!SHOWN.has(key)) {
    const [a, m, b] = [first, middle, second].map(parts);
    SHOWN.set(key, Array.from({ length: 255 }, (_, i) => {
      const share = Math.abs(i - 127) / 127, end = i < 127 ? a : b;
      return m.map((part, k) => Math.round(part + (end[k] - part) * strength * share));
    }));
  }
  return SHOWN.get(key);
}

// The canvas in its size on the screen, cleared, with one unit a CSS pixel.
export function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return { pen, width, height };
}

// side x side bytes of base64 as a picture over the whole canvas, smoothed. Below points it is paler: strength.
export function shade(canvas, base64, side, look, strength = 0.85) {
  const bytes = atob(base64), map = table(look, strength), image = new ImageData(side, side);
  for (let i = 0; i < bytes.length; i++) image.data.set([...map[bytes.charCodeAt(i)], 255], 4 * i);
  const small = document.createElement("canvas");
  small.width = small.height = side;
  small.getContext("2d").putImageData(image, 0, 0);
  const { pen, width, height } = fitted(canvas);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(small, 0, 0, width, height);
}

// Training points are filled discs, test points rings; those of the batch that is looked at have a second ring.
export function points(canvas, { points, training, side }, chosen, look) {
  const pen = canvas.getContext("2d"), width = canvas.clientWidth;
  const place = (x, y) => [(x / side + 1) / 2 * width, (1 - y / side) / 2 * width];
  const ring = (x, y, radius, colour, thick) => {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.stroke();
  };
  points.forEach(([px, py, label], i) => {
    const [x, y] = place(px, py), colour = label ? look.second : look.first;
    if (i < training) {
      ring(x, y, 2.6, look.halo, 1.6);
      pen.fillStyle = colour;
      pen.fill();
    } else ring(x, y, 2.2, colour, 1.3);
  });
  for (const i of chosen) {
    const [x, y] = place(...points[i]);
    ring(x, y, 6, look.halo, 4);
    ring(x, y, 6, look.ink, 2);
  }
}

// The boundary between the classes: where neighbouring bytes lie on both sides of the middle.
export function boundary(canvas, base64, side, look) {
  const bytes = atob(base64), pen = canvas.getContext("2d"), cell = canvas.clientWidth / side;
  const at = (row, column) => bytes.charCodeAt(row * side + column) - 127;
  const cross = (a, b) => a / (a - b);
  pen.beginPath();
  for (let r = 0; r + 1 < side; r++) {
    for (let c = 0; c + 1 < side; c++) {
      const [a, b, d, e] = [at(r, c), at(r, c + 1), at(r + 1, c), at(r + 1, c + 1)], ends = [];
      if (a < 0 !== b < 0) ends.push([c + cross(a, b), r]);
      if (b < 0 !== e < 0) ends.push([c + 1, r + cross(b, e)]);
      if (d < 0 !== e < 0) ends.push([c + cross(d, e), r + 1]);
      if (a < 0 !== d < 0) ends.push([c, r + cross(a, d)]);
      for (let k = 0; k + 1 < ends.length; k += 2) {
        for (const [move, [x, y]] of [["moveTo", ends[k]], ["lineTo", ends[k + 1]]]) {
          pen[move]((x + 0.5) * cell, (y + 0.5) * cell);
        }
      }
    }
  }
  pen.strokeStyle = look.ink;
  pen.lineWidth = 1.4;
  pen.stroke();
}

// A line for each weight, from unit to unit: thick where it is large, in the second colour where it is positive.
export function weights(canvas, columns, matrices, look) {
  const { pen } = fitted(canvas), origin = canvas.getBoundingClientRect();
  const place = (unit, edge) => {
    const box = unit.getBoundingClientRect();
    return [box[edge] - origin.left, (box.top + box.bottom) / 2 - origin.top];
  };
  matrices.forEach((matrix, layer) => matrix.forEach((row, i) => row.forEach((weight, j) => {
    const [x1, y1] = place(columns[layer][i], "right"), [x2, y2] = place(columns[layer + 1][j], "left");
    const bend = (x2 - x1) / 2;
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
    pen.strokeStyle = weight < 0 ? look.first : look.second;
    pen.globalAlpha = Math.min(0.95, 0.15 + Math.abs(weight) / 2);
    pen.lineWidth = Math.min(7, 0.4 + 1.8 * Math.abs(weight));
    pen.stroke();
  })));
}

// Losses over the epochs: training in full, test in dashes; the axis of the loss begins at 0.
export function curves(canvas, curve, look) {
  const { pen, width, height } = fitted(canvas), left = 34, bottom = 18, top = 6, right = 4;
  const last = Math.max(1, curve.at(-1)[0]), sorted = curve.flatMap(([, a, b]) => [a, b]).sort((a, b) => a - b);
  const most = 1.05 * sorted.at(-1) || 1;
  const x = (epoch) => left + epoch / last * (width - left - right);
  const y = (loss) => height - bottom - loss / most * (height - bottom - top);
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = look.quiet;
  pen.strokeStyle = look.edge;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  const each = rounded(most / 3);
  for (let loss = 0; loss <= most; loss += each) {
    pen.fillText(String(+loss.toPrecision(3)), left - 5, y(loss));
    pen.beginPath();
    pen.moveTo(left, y(loss));
    pen.lineTo(width - right, y(loss));
    pen.stroke();
  }
  pen.textBaseline = "bottom";
  pen.fillText(`epoch ${last}`, width - right, height);
  pen.textAlign = "left";
  pen.fillText("0", left, height);
  pen.lineWidth = 2;
  for (const [column, colour, dashes] of [[2, look.second, [5, 3]], [1, look.first, []]]) {
    pen.beginPath();
    pen.setLineDash(dashes);
    pen.strokeStyle = colour;
    curve.forEach((point, i) => pen[i ? "lineTo" : "moveTo"](x(point[0]), y(point[column])));
    pen.stroke();
  }
}

// The nearest of 1, 2 and 5 times a power of ten that is not below the value.
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= value * 0.999);
}
