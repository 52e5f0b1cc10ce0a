// Affine transforms of the plane, and their fits to pairs of points (pure).
//
// A transform is [a, b, c, d, e, f] as in CSS and canvas: x' = a·x + c·y + e, y' = b·x + d·y + f.

export const IDENTITY = [1, 0, 0, 1, 0, 0];

export const apply = ([a, b, c, d, e, f], [x, y]) => [a * x + c * y + e, b * x + d * y + f];

/** The transform that applies `second` after `first`. */
export function compose(second, first) {
  const [a, b, c, d, e, f] = second;
  const [g, h, i, j, k, l] = first;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

export const determinant = ([a, b, c, d]) => a * d - b * c;

/** The inverse; `null` if there is none. */
export function invert(transform) {
  const [a, b, c, d, e, f] = transform;
  const det = determinant(transform);
  if (!Number.isFinite(det) || Math.abs(det) < 1e-12) return null;
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}

/** Turns by `degrees` clockwise on the screen, then mirrors left and right if `mirror`. */
export function orientation(degrees, mirror) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const sign = mirror ? -1 : 1;
  return [sign * cos, sin, -sign * sin, cos, 0, 0];
}

/** A transform that maps `center` to the origin: turned and mirrored as `orientation`, `scale` times as large. */
export function similarity({ center: [x, y], scale, degrees, mirror }) {
  const [a, b, c, d] = orientation(degrees, mirror).map((value) => value * scale);
  return [a, b, c, d, -(a * x + c * y), -(b * x + d * y)];
}

/**
 * The similarity nearest to a transform's linear part: { scale, degrees, mirror }. Its scale is such that areas are
 * kept.
 */
export function nearestSimilarity(transform) {
  const det = determinant(transform);
  const mirror = det < 0;
  const sign = mirror ? -1 : 1;
  // Undo the mirroring, then the rotation nearest to a 2 × 2 matrix is that of its trace and antisymmetric part.
  const [a, b, c, d] = [sign * transform[0], transform[1], sign * transform[2], transform[3]];
  const degrees = (Math.atan2(b - c, a + d) * 180) / Math.PI;
  return { scale: Math.sqrt(Math.abs(det)), degrees, mirror };
}

/** What has to follow the nearest similarity to give the transform: the linear part, about the origin. */
export function residual(transform) {
  const near = nearestSimilarity(transform);
  const linear = [...transform.slice(0, 4), 0, 0];
  return compose(linear, invert(similarity({ center: [0, 0], ...near })));
}

/** Whether a linear part differs from the identity by less than a pixel across a screen. */
export const isNegligible = ([a, b, c, d]) =>
  Math.max(Math.abs(a - 1), Math.abs(b), Math.abs(c), Math.abs(d - 1)) < 2e-4;

const mean = (points) => {
  const sum = points.reduce(([x, y], [px, py]) => [x + px, y + py], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
};

const spread = (points, [cx, cy]) => points.reduce((sum, [x, y]) => sum + (x - cx) ** 2 + (y - cy) ** 2, 0);

/** The similarity (without mirroring, or with it) with the least squares from `[from, to]` pairs; `null` below two. */
export function fitSimilarity(pairs, mirror = false) {
  if (pairs.length < 2) return null;
  const sign = mirror ? -1 : 1;
  const from = pairs.map(([[x, y]]) => [sign * x, y]);
  const to = pairs.map(([, point]) => point);
  const [p, q] = [mean(from), mean(to)];
  let [dot, cross] = [0, 0];
  from.forEach(([x, y], at) => {
    const [dx, dy, ex, ey] = [x - p[0], y - p[1], to[at][0] - q[0], to[at][1] - q[1]];
    dot += dx * ex + dy * ey;
    cross += dx * ey - dy * ex;
  });
  const size = spread(from, p);
  if (!(size > 1e-9) || Math.hypot(dot, cross) < 1e-9) return null;
  const [a, b] = [dot / size, cross / size];
  return [sign * a, sign * b, -b, a, q[0] - a * p[0] + b * p[1], q[1] - b * p[0] - a * p[1]];
}

/** The affine transform with the least squares from at least three pairs; `null` if the points are on a line. */
export function fitAffine(pairs) {
  if (pairs.length < 3) return null;
  const p = mean(pairs.map(([from]) => from));
  const q = mean(pairs.map(([, to]) => to));
  let [xx, xy, yy, ux, uy, vx, vy] = [0, 0, 0, 0, 0, 0, 0];
  for (const [[x, y], [u, v]] of pairs) {
    const [dx, dy, du, dv] = [x - p[0], y - p[1], u - q[0], v - q[1]];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
    ux += du * dx;
    uy += du * dy;
    vx += dv * dx;
    vy += dv * dy;
  }
  const det = xx * yy - xy * xy;
  if (!(det > 1e-6 * (xx + yy) ** 2)) return null;
  const a = (ux * yy - uy * xy) / det;
  const c = (uy * xx - ux * xy) / det;
  const b = (vx * yy - vy * xy) / det;
  const d = (vy * xx - vx * xy) / det;
  if (Math.abs(a * d - b * c) < 1e-9) return null;
  return [a, b, c, d, q[0] - a * p[0] - c * p[1], q[1] - b * p[0] - d * p[1]];
}

/** The transform for these pairs: affine from three that are not on a line, otherwise a similarity. */
export function fit(pairs, mirror = false) {
  const affine = fitAffine(pairs);
  const transform = affine ?? fitSimilarity(pairs, mirror);
  return transform && { transform, kind: affine ? "affine" : "similarity", error: meanError(transform, pairs) };
}

/** The root of the mean squared distance between where pairs are mapped and where they should be. */
export function meanError(transform, pairs) {
  const squares = pairs.map(([from, to]) => {
    const [x, y] = apply(transform, from);
    return (x - to[0]) ** 2 + (y - to[1]) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
