/** @file Gradients through scans, eagerly and traced, against the same steps written out. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { interpret, traceGraph } from '@tychejs/jit';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import { scan } from '../../src/ops/index.ts';
import { expectSameAsUnrolled, normalArguments } from '../helpers/unrolled.ts';
import type { Fn } from '../helpers/unrolled.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const normals = normalArguments(9);

describe('gradients', () => {
  test('a scan in a scan, with tensors from both levels outside', () => {
    const args = [normals([3], 0.5), normals([4, 5], 0.5), normals([])];
    // A function of the rows, and in it of the entries of each.
    const scanned: Fn = (w, xs, b) => {
      const [total] = scan(
        (sum, row) => {
          const scale = tf.sin(tf.mul(sum, b));
          const [inner, path] = scan((c, x) => [tf.tanh(tf.add(tf.mul(c, scale), tf.mul(w, x))), tf.mul(c, b)], w, row);
          return [tf.add(sum, tf.add(tf.sum(inner), tf.sum(path))), null];
        },
        0.1,
        xs,
      );
      return total;
    };
    const unrolled: Fn = (w, xs, b) => {
      let sum: Tensor = tf.scalar(0.1);
      for (const row of tf.unstack(xs)) {
        const scale = tf.sin(tf.mul(sum, b));
        let [c, path]: Tensor[] = [w, tf.scalar(0)];
        for (const x of tf.unstack(row)) {
          path = tf.add(path!, tf.sum(tf.mul(c!, b)));
          c = tf.tanh(tf.add(tf.mul(c!, scale), tf.mul(w, x)));
        }
        sum = tf.add(sum, tf.add(tf.sum(c!), path!));
      }
      return sum;
    };
    expectSameAsUnrolled(scanned, unrolled, args);
  });

  test('a gradient taken within the body', () => {
    const energy = (x: Tensor, k: Tensor): Tensor => tf.sum(tf.mul(k, tf.cos(x)));
    const force = (x: Tensor, k: Tensor): Tensor => tf.neg(tf.grad((at: Tensor) => energy(at, k))(x));
    const args = [normals([2]), normals([2])];
    const step = (q: Tensor, p: Tensor, k: Tensor): [Tensor, Tensor] => {
      const momentum = tf.add(p, tf.mul(0.1, force(q, k)));
      return [tf.add(q, tf.mul(0.1, momentum)), momentum];
    };
    const scanned: Fn = (q, k) => {
      const [[x, p]] = scan(([a, b]) => [step(a, b, k), null], [q, tf.zerosLike(q)], null, { length: 6 });
      return tf.add(energy(x, k), tf.sum(tf.square(p)));
    };
    const unrolled: Fn = (q, k) => {
      let [x, p] = [q, tf.zerosLike(q)];
      for (let i = 0; i < 6; i++) [x, p] = step(x, p, k);
      return tf.add(energy(x, k), tf.sum(tf.square(p)));
    };
    expectSameAsUnrolled(scanned, unrolled, args);
  });

  test('what is returned as it came, twice, or from outside', () => {
    const args = [normals([]), normals([]), normals([3])];
    const scanned: Fn = (a, b, xs) => {
      const [[u, v], [y, z]] = scan(([c, d], x) => [[d, b], [c, tf.mul(c, x)]], [a, a], xs);
      return tf.addN([u, tf.mul(v, 3), tf.sum(tf.mul(y, xs)), tf.sum(z)]);
    };
    const unrolled: Fn = (a, b, xs) => {
      // c runs through a, a, b; d through a, b, b.
      const c = tf.stack([a, a, b]);
      return tf.addN([b, tf.mul(b, 3), tf.mul(2, tf.sum(tf.mul(c, xs)))]);
    };
    expectSameAsUnrolled(scanned, unrolled, args);
  });

  test('a state that is a result too', () => {
    const args = [normals([]), normals([3])];
    const scanned: Fn = (a, xs) => {
      const [last, path] = scan((c, x) => {
        const next = tf.sin(tf.add(tf.mul(c, a), x));
        return [next, [next, next]];
      }, a, xs);
      return tf.addN([tf.square(last), tf.sum(tf.mul(path[0], xs)), tf.sum(path[1])]);
    };
    const unrolled: Fn = (a, xs) => {
      const path: Tensor[] = [];
      for (const x of tf.unstack(xs)) path.push(tf.sin(tf.add(tf.mul(path.at(-1) ?? a, a), x)));
      const states = tf.stack(path);
      return tf.addN([tf.square(path.at(-1)!), tf.sum(tf.mul(states, xs)), tf.sum(states)]);
    };
    expectSameAsUnrolled(scanned, unrolled, args);
  });

  test('random bodies, forwards and backwards', () => {
    const operations: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
      (a) => tf.tanh(a),
      (a) => tf.sin(a),
      (a, b) => tf.mul(tf.sigmoid(a), b),
      (a, b) => tf.add(tf.mul(a, 0.5), tf.mul(b, -0.5)),
      (a, b) => tf.sub(tf.tanh(a), b),
      (a, b) => tf.div(a, tf.add(tf.square(b), 1.5)),
      (a) => tf.mul(tf.sum(tf.tanh(a)), tf.cos(a)),
      (a) => tf.reverse(a, 0),
      (a) => tf.softmax(a),
      (a, b) => tf.where(tf.greater(a, b), a, b),
    ];
    type Op = readonly [operation: number, a: number, b: number];
    const op: fc.Arbitrary<Op> = fc.tuple(fc.nat(operations.length - 1), fc.nat(20), fc.nat(20));
    const body = (program: readonly Op[], values: Tensor[]): Tensor[] => {
      const all = [...values];
      for (const [f, a, b] of program) all.push(operations[f]!(all[a % all.length]!, all[b % all.length]!));
      // Bounded, so that many steps stay finite.
      return all.slice(-3).map((x) => tf.tanh(x));
    };
    const arbitrary = fc.record({ program: fc.array(op, { minLength: 2, maxLength: 8 }), reverse: fc.boolean(), seed: fc.nat(1000) });
    fc.assert(
      fc.property(arbitrary, ({ program, reverse, seed }) => {
        const random = normalArguments(seed);
        const args = [random([3]), random([3]), random([4, 3]), random([3])];
        const weights = tf.tensor2d(random([4, 3]).values, [4, 3]);
        const scanned: Fn = (c, d, xs, w) => {
          const [[x, y], z] = scan(([a, b], at) => {
            const [p, q, r] = body(program, [a, b, at, w]);
            return [[p!, q!], r!];
          }, [c, d], xs, { reverse });
          return tf.sum(tf.addN([x, tf.mul(y, 2), tf.sum(tf.mul(z, weights), 0)]));
        };
        const unrolled: Fn = (c, d, xs, w) => {
          let [x, y] = [c, d];
          const rows = tf.unstack(xs);
          const ws = tf.unstack(weights);
          const sums: Tensor[] = [];
          for (let i = 0; i < 4; i++) {
            const t = reverse ? 3 - i : i;
            const [p, q, r] = body(program, [x!, y!, rows[t]!, w]);
            [x, y] = [p!, q!];
            sums.push(tf.mul(r!, ws[t]!));
          }
          return tf.sum(tf.addN([x!, tf.mul(y!, 2), ...sums]));
        };
        try {
          expectSameAsUnrolled(scanned, unrolled, args, 1e-3);
        } finally {
          weights.dispose();
        }
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  test('only in what is asked for: nothing else is worked out', () => {
    const fn: Fn = (a, xs) => {
      const [last] = scan((c, x) => [tf.add(tf.mul(c, a), x), tf.exp(c)], 0, xs);
      return last;
    };
    const of = (grads: boolean[]): string =>
      String(traceGraph(fn, { inputs: [{ shape: [], grad: grads[0]! }, { shape: [9], grad: grads[1]! }], valueAndGrad: true }));
    // The exponentials are results that nobody reads; the gradient in xs needs no sum over steps, that in a no stack.
    expect(of([true, true])).not.toContain('exp');
    expect(of([false, true])).toContain('reverse; carries 1; invariants x0)');
    expect(of([true, false])).toMatch(/reverse; carries 1, 0; scanned %\d+; invariants x0\)/);
    expect(of([true, false])).not.toMatch(/item\(%\d+, 2\)/);
  });

  test('results that nobody uses have no part in it', () => {
    // log(0) at the first step: its slope, infinite, must not come in times zero.
    const scanned: Fn = (a, xs) => scan((c, x) => [tf.add(tf.mul(c, a), x), tf.log(tf.mul(c, a))], 0, xs)[0];
    const unrolled: Fn = (a, xs) => tf.unstack(xs).reduce((c, x) => tf.add(tf.mul(c, a), x), tf.scalar(0));
    const args = [normals([]), normals([3])];
    const graph = traceGraph(scanned, { inputs: args.map(({ shape }) => ({ shape })), valueAndGrad: true });
    const expected = traceGraph(unrolled, { inputs: args.map(({ shape }) => ({ shape })), valueAndGrad: true });
    const values = args.map((arg) => arg.values);
    expect(interpret(graph, values)).toEqual(interpret(expected, values));
  });

  test('of a gradient: refused while tracing', () => {
    const fn: Fn = (a) => {
      const slope = tf.grad((b: Tensor) => scan((c) => [tf.mul(c, b), null], a, null, { length: 3 })[0])(a);
      return slope;
    };
    expect(() => traceGraph(fn, { inputs: [{ shape: [] }], valueAndGrad: true })).toThrow(/gradient of the gradient of a scan/);
    // One alone may be taken: of a^4, as b is a.
    const graph = traceGraph(fn, { inputs: [{ shape: [] }] });
    expect([...interpret(graph, [[2]]).outputs[0]!]).toEqual([32]);
  });
});
