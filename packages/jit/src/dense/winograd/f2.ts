/** @file F(2, 3), from the points 0, 1, -1 and infinity. */
import { at } from '../../graph/shape.ts';
import type { Filtering } from './filtering.ts';

/**
 *     A = | 1  0 |   G = |  1    0    0  |   B = | 1  0 -1  0 |
 *         | 1  1 |       | 1/2  1/2  1/2 |       | 0  1  1  0 |
 *         | 1 -1 |       | 1/2 -1/2  1/2 |       | 0 -1  1  0 |
 *         | 0  1 |       |  0    0    1  |       | 0 -1  0  1 |
 *
 * Errors are those of sums of products, or less: the sums are shorter.
 */
export const F2: Filtering = {
  outputs: 2,
  points: 4,
  ofImage: ({ vector }, d) => {
    const [d0, d1, d2, d3] = [at(d, 0), at(d, 1), at(d, 2), at(d, 3)];
    return [vector.sub(d0, d2), vector.add(d1, d2), vector.sub(d2, d1), vector.sub(d3, d1)];
  },
  ofFilter: (w, g) => {
    const { vector } = w;
    const half = w.constant(0.5);
    const odd = vector.mul(at(g, 1), half);
    const even = vector.mul(vector.add(at(g, 0), at(g, 2)), half);
    return [at(g, 0), vector.add(even, odd), vector.sub(even, odd), at(g, 2)];
  },
  ofWeights: (w, a) => {
    const [a0, a1] = [at(a, 0), a[1]];
    return a1 === undefined ? [a0, a0, a0, w.constant(0)] : [a0, w.vector.add(a0, a1), w.vector.sub(a0, a1), a1];
  },
  toOutputs: ({ vector }, p) => {
    const [p0, p1, p2, p3] = [at(p, 0), at(p, 1), at(p, 2), at(p, 3)];
    return [vector.add(p0, vector.add(p1, p2)), vector.add(vector.sub(p1, p2), p3)];
  },
  toFilter: (w, p) => {
    const { vector } = w;
    const half = w.constant(0.5);
    const [p0, p1, p2, p3] = [at(p, 0), at(p, 1), at(p, 2), at(p, 3)];
    const even = vector.mul(vector.add(p1, p2), half);
    return [vector.add(p0, even), vector.mul(vector.sub(p1, p2), half), vector.add(even, p3)];
  },
  costs: { image: 8, outputs: 5, filter: 10 },
};
