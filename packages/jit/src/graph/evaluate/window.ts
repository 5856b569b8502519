/** @file Convolution and pooling, with their gradients, over any number of spatial axes. */
import type { NodeOf, Shape, WindowGeometry } from '../node.ts';
import { at, sizeOf } from '../shape.ts';
import type { Value } from './positions.ts';

/** One reading of a window: output position, entry of the window, input position, each flat over the spatial axes. */
type Visit = (output: number, entry: number, input: number) => void;

/** Visits every reading inside the input: output positions in order, and for each the window's entries in order. */
function forEachReading(geometry: WindowGeometry, input: Shape, output: Shape, visit: Visit): void {
  const { window, strides, dilations, padding } = geometry;
  for (let o = 0; o < sizeOf(output); o++) {
    const place = unflatten(o, output);
    for (let k = 0; k < sizeOf(window); k++) {
      const entry = unflatten(k, window);
      let position = 0;
      let isInside = true;
      input.forEach((size, axis) => {
        const i = at(place, axis) * at(strides, axis) + at(entry, axis) * at(dilations, axis) - at(padding, axis);
        isInside &&= i >= 0 && i < size;
        position = position * size + i;
      });
      if (isInside) visit(o, k, position);
    }
  }
}

function unflatten(position: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % at(shape, axis);
    rest = Math.floor(rest / at(shape, axis));
  }
  return index;
}

const spatial = (shape: Shape): Shape => shape.slice(1, -1);
const channels = (shape: Shape): number => at(shape, shape.length - 1);

/** Everything that conv and its two gradients share: which entry of x meets which of the filter for which of dy. */
function forEachProduct(
  node: NodeOf<'conv' | 'convGradInput' | 'convGradFilter'>,
  shapes: { readonly x: Shape; readonly filter: Shape; readonly y: Shape },
  visit: (x: number, filter: number, y: number) => void,
): void {
  const { x, filter, y } = shapes;
  const [c, f] = [channels(x), channels(y)];
  const [perGroup, outPerGroup] = [at(filter, filter.length - 2), f / node.groups];
  const [inputs, outputs] = [sizeOf(spatial(x)), sizeOf(spatial(y))];
  const perImage = filter.length > x.length ? sizeOf(filter.slice(1)) : 0;
  forEachReading(node.geometry, spatial(x), spatial(y), (output, entry, input) => {
    for (let batch = 0; batch < at(x, 0); batch++) {
      for (let out = 0; out < f; out++) {
        const group = Math.floor(out / outPerGroup);
        for (let j = 0; j < perGroup; j++) {
          visit(
            (batch * inputs + input) * c + group * perGroup + j,
            batch * perImage + (entry * perGroup + j) * f + out,
            (batch * outputs + output) * f + out,
          );
        }
      }
    }
  });
}

/** The value of a convolution. */
export function evaluateConv(node: NodeOf<'conv'>, x: Value, filter: Value): Float64Array {
  const y = new Float64Array(sizeOf(node.shape));
  forEachProduct(node, { x: x.shape, filter: filter.shape, y: node.shape }, (i, k, o) => {
    y[o] = at(y, o) + at(x.values, i) * at(filter.values, k);
  });
  return y;
}

/** The gradient of a convolution in its input. */
export function evaluateConvGradInput(node: NodeOf<'convGradInput'>, dy: Value, filter: Value): Float64Array {
  const dx = new Float64Array(sizeOf(node.shape));
  forEachProduct(node, { x: node.shape, filter: filter.shape, y: dy.shape }, (i, k, o) => {
    dx[i] = at(dx, i) + at(dy.values, o) * at(filter.values, k);
  });
  return dx;
}

/** The gradient of a convolution in its filter. */
export function evaluateConvGradFilter(node: NodeOf<'convGradFilter'>, x: Value, dy: Value): Float64Array {
  const dw = new Float64Array(sizeOf(node.shape));
  forEachProduct(node, { x: x.shape, filter: node.shape, y: dy.shape }, (i, k, o) => {
    dw[k] = at(dw, k) + at(x.values, i) * at(dy.values, o);
  });
  return dw;
}

/** The readings of pooling windows, channel by channel, as flat positions in x and y. */
function forEachPooled(geometry: WindowGeometry, x: Shape, y: Shape, visit: (x: number, y: number) => void): void {
  const [inputs, outputs, c] = [sizeOf(spatial(x)), sizeOf(spatial(y)), channels(x)];
  forEachReading(geometry, spatial(x), spatial(y), (output, _, input) => {
    for (let batch = 0; batch < at(x, 0); batch++) {
      for (let j = 0; j < c; j++) visit((batch * inputs + input) * c + j, (batch * outputs + output) * c + j);
    }
  });
}

/** The value of pooling. */
export function evaluatePool(node: NodeOf<'pool'>, x: Value): Float64Array {
  const y = new Float64Array(sizeOf(node.shape)).fill(node.fn === 'max' ? -Infinity : 0);
  if (node.fn === 'max') {
    forEachPooled(node.geometry, x.shape, node.shape, (i, o) => {
      y[o] = Math.max(at(y, o), at(x.values, i));
    });
    return y;
  }
  const count = new Float64Array(y.length);
  forEachPooled(node.geometry, x.shape, node.shape, (i, o) => {
    y[o] = at(y, o) + at(x.values, i);
    count[o] = at(count, o) + 1;
  });
  return y.map((sum, o) => sum / at(count, o));
}

/** The gradient of max pooling. */
export function evaluateMaxPoolGrad(node: NodeOf<'maxPoolGrad'>, x: Value, dy: Value): Float64Array {
  const first = new Int32Array(dy.values.length).fill(-1);
  forEachPooled(node.geometry, x.shape, dy.shape, (i, o) => {
    const best = at(first, o);
    if (best < 0 || at(x.values, i) > at(x.values, best)) first[o] = i;
  });
  const dx = new Float64Array(sizeOf(node.shape));
  first.forEach((i, o) => {
    if (i >= 0) dx[i] = at(dx, i) + at(dy.values, o);
  });
  return dx;
}

/** The gradient of mean pooling. */
export function evaluateMeanPoolGrad(node: NodeOf<'meanPoolGrad'>, dy: Value): Float64Array {
  const count = new Float64Array(dy.values.length);
  forEachPooled(node.geometry, node.shape, dy.shape, (_, o) => {
    count[o] = at(count, o) + 1;
  });
  const dx = new Float64Array(sizeOf(node.shape));
  forEachPooled(node.geometry, node.shape, dy.shape, (i, o) => {
    dx[i] = at(dx, i) + at(dy.values, o) / at(count, o);
  });
  return dx;
}
