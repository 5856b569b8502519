/** @file F(4, 3), from the points 0, ±3/4, ±3/2 and infinity. */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import type { Filtering } from './filtering.ts';

/**
 * The finite points but 0, up to their signs. Of pairs of numbers that float32 has, with their powers, these have about the
 * least errors (Barabasz, Anderson, Soodhalter and Gregg, "Error analysis and improving the accuracy of Winograd convolution for
 * deep neural networks", ACM TOMS 46, 2020, look for such points): two to three times those of sums of products, where 1 and
 * 2 give four to six times.
 */
const [S, T] = [3 / 4, 3 / 2];
const [S2, T2] = [S * S, T * T];

/** What the polynomials of the filter are divided by at the points: products of the distances from the other points. */
const [AT_ZERO, AT_S, AT_T] = [S2 * T2, 2 * S2 * (S2 - T2), 2 * T2 * (T2 - S2)];

/** `x * factor`. */
const times = (w: KernelWriter, x: Local, factor: number): Local => w.vector.mul(x, w.constant(factor));

/** `x + y * factor`. */
const plus = (w: KernelWriter, x: Local, y: Local, factor: number): Local => w.vector.add(x, times(w, y, factor));

/** `x * a + y * b`. */
const both = (w: KernelWriter, x: Local, a: number, y: Local, b: number): Local => plus(w, times(w, x, a), y, b);

/** `even + odd` and `even - odd`: values at a point and at its negative. */
const atBoth = ({ vector }: KernelWriter, even: Local, odd: Local): Local[] => [vector.add(even, odd), vector.sub(even, odd)];

/**
 * With points p = S, -S, T, -T, a row of A for each, and of G and B, is
 *
 *     (1, p, p², p³),   (1, p, p²) / Π_q (p - q),   the coefficients of Π_q (x - q),
 *
 * over the other finite points q. At infinity, A and G have (0, 0, 0, 1) and (0, 0, 1), and B has x (x² - S²) (x² - T²).
 */
export const F4: Filtering = {
  outputs: 4,
  points: 6,
  ofImage: (w, d) => {
    const [d0, d1, d2, d3, d4, d5] = [at(d, 0), at(d, 1), at(d, 2), at(d, 3), at(d, 4), at(d, 5)];
    // (x ± s) x (x² - t²) = (x⁴ - t² x²) ± s (x³ - t² x).
    const side = (s: number, t2: number): Local[] => atBoth(w, plus(w, d4, d2, -t2), times(w, plus(w, d3, d1, -t2), s));
    const whole = (low: Local, middle: Local, high: Local): Local => w.vector.add(high, both(w, low, S2 * T2, middle, -S2 - T2));
    return [whole(d0, d2, d4), ...side(S, T2), ...side(T, S2), whole(d1, d3, d5)];
  },
  ofFilter: (w, g) => {
    const [g0, g1, g2] = [at(g, 0), at(g, 1), at(g, 2)];
    const side = (s: number, by: number): Local[] => atBoth(w, both(w, g0, 1 / by, g2, (s * s) / by), times(w, g1, s / by));
    return [times(w, g0, 1 / AT_ZERO), ...side(S, AT_S), ...side(T, AT_T), g2];
  },
  ofWeights: (w, a) => {
    const [a0, a1, a2, a3] = [at(a, 0), a[1], a[2], a[3]];
    const side = (s: number): Local[] => {
      const even = a2 === undefined ? a0 : plus(w, a0, a2, s * s);
      if (a1 === undefined) return [even, even];
      return atBoth(w, even, a3 === undefined ? times(w, a1, s) : both(w, a1, s, a3, s ** 3));
    };
    return [a0, ...side(S), ...side(T), a3 ?? w.constant(0)];
  },
  toOutputs: (w, p) => {
    const [p0, p1, p2, p3, p4, p5] = [at(p, 0), at(p, 1), at(p, 2), at(p, 3), at(p, 4), at(p, 5)];
    const [sumS, oddS, sumT, oddT] = [w.vector.add(p1, p2), w.vector.sub(p1, p2), w.vector.add(p3, p4), w.vector.sub(p3, p4)];
    return [
      w.vector.add(p0, w.vector.add(sumS, sumT)),
      both(w, oddS, S, oddT, T),
      both(w, sumS, S2, sumT, T2),
      w.vector.add(p5, both(w, oddS, S ** 3, oddT, T ** 3)),
    ];
  },
  toFilter: (w, p) => {
    const [p0, p1, p2, p3, p4, p5] = [at(p, 0), at(p, 1), at(p, 2), at(p, 3), at(p, 4), at(p, 5)];
    const [sumS, oddS, sumT, oddT] = [w.vector.add(p1, p2), w.vector.sub(p1, p2), w.vector.add(p3, p4), w.vector.sub(p3, p4)];
    return [
      plus(w, both(w, sumS, 1 / AT_S, sumT, 1 / AT_T), p0, 1 / AT_ZERO),
      both(w, oddS, S / AT_S, oddT, T / AT_T),
      w.vector.add(p5, both(w, sumS, S2 / AT_S, sumT, T2 / AT_T)),
    ];
  },
  costs: { image: 30, outputs: 30, filter: 19 },
};
