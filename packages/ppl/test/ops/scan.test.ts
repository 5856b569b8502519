/** @file Scans: the forms of what goes in and out, tensors, and errors. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { traceGraph } from '@tychejs/jit';
import { ready } from '../../src/backend/ready.ts';
import { normal } from '../../src/distributions/normal.ts';
import { traceOf } from '../../src/handlers/trace.ts';
import { scan } from '../../src/ops/index.ts';
import { deterministic, factor, sample } from '../../src/primitives.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { expectSameAsUnrolled, normalArguments } from '../helpers/unrolled.ts';
import type { Fn } from '../helpers/unrolled.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const normals = normalArguments(8);

describe('forms', () => {
  test('the last state and the results come in the form of the first and of what the body returns', () => {
    const [last, ys] = scan(
      ({ level, pair: [a, count] }, x) => [
        { level: tf.add(level, x), pair: [tf.mul(a, 2), tf.add(count, tf.scalar(1, 'int32'))] as const },
        { square: tf.square(x), parts: [level, null] as const },
      ],
      { level: 0, pair: [tf.tensor1d([1, 2]), tf.scalar(5, 'int32')] },
      tf.tensor1d([1, 2, 3]),
    );
    expect([...last.level.dataSync(), ...last.pair[0].dataSync(), ...last.pair[1].dataSync()]).toEqual([6, 8, 16, 8]);
    expect(last.pair[1].dtype).toBe('int32');
    expect([...ys.square.dataSync(), ...ys.parts[0].dataSync(), ys.parts[1]]).toEqual([1, 4, 9, 0, 1, 3, null]);
  });

  test('several things may be scanned, or nothing, backwards too', () => {
    const xs = { a: tf.tensor2d([[1, 2], [3, 4]]), b: tf.tensor1d([10, 20], 'int32') };
    const [, sums] = scan((carry, { a, b }) => [carry, tf.add(a, tf.cast(b, 'float32'))], null, xs);
    expect([...sums.dataSync()]).toEqual([11, 12, 23, 24]);
    const [count, path] = scan((n) => [tf.add(n, 1), n], 3, null, { length: 4 });
    expect([...count.dataSync(), ...path.dataSync()]).toEqual([7, 3, 4, 5, 6]);
    const [, back] = scan((last, x) => [x, tf.sub(x, last)], 0, tf.tensor1d([1, 4, 9]), { reverse: true });
    expect([...back.dataSync()]).toEqual([-3, -5, 9]);
  });

  test('no steps give the first state and results without length, of their shapes', () => {
    const nothing: Fn = (s) => {
      const [last, ys] = scan((c, x) => [tf.mul(c, 2), tf.stack([x, c])], s, tf.zeros([0]));
      expect(ys.shape).toEqual([0, 2]);
      return tf.add(last, tf.sum(ys));
    };
    expectSameAsUnrolled(nothing, (s) => tf.clone(s), [normals([])]);
  });

  test('one step is one', () => {
    const once: Fn = (s, x) => {
      const [last, ys] = scan((c, at) => [tf.mul(tf.sin(c), at), tf.exp(c)], s, x);
      return tf.add(last, tf.sum(ys));
    };
    expectSameAsUnrolled(once, (s, x) => tf.add(tf.mul(tf.sin(s), tf.squeeze(x)), tf.exp(s)), [normals([]), normals([1])]);
  });
});

describe('tensors', () => {
  test('none is left but the results, whatever the body returns', () => {
    const [a, xs] = [tf.tensor1d([1, 2]), tf.tensor2d([[1, 2], [3, 4], [5, 6]])];
    expectNoLeak(() => {
      const [[c, d], [y, z]] = scan(([p, q], x) => (tf.exp(x), [[q, a], [p, tf.add(p, x)]]), [a, a], xs);
      tf.dispose([c, d, y, z]);
    });
    expect(a.isDisposed || xs.isDisposed).toBe(false);
    expectNoLeak(() => {
      const [c] = scan((p) => [p, null], a, null, { length: 0 });
      expect(c).not.toBe(a);
      c.dispose();
    });
    tf.dispose([a, xs]);
  });

  test('none when the body throws', () => {
    let calls = 0;
    const failing = (): void => {
      scan((c, x) => {
        if (++calls % 3 === 0) throw new RangeError('third');
        return [tf.add(c, x), tf.exp(x)];
      }, 0, [tf.ones([4])] as unknown as Tensor);
    };
    expect(() => expectNoLeak(() => tf.tidy(failing))).toThrow();
  });
});

describe('errors name what is wrong', () => {
  const xs = (): Tensor => tf.tensor1d([1, 2, 3]);
  const run = (body: unknown, init: unknown, over: () => unknown, options?: object) => (): void =>
    tf.tidy(() => void (scan as (...args: unknown[]) => unknown)(body, init, over(), options));
  test.each([
    ['a carry that changes shape', run((c: Tensor) => [tf.stack([c, c]), null], 0, xs), /carry begins as float32 \[\], but a step made it float32 \[2\]/],
    ['a carry that changes type', run(({ n }: { n: Tensor }) => [{ n: tf.cast(n, 'int32') }, null], { n: 0 }, xs), /carry\.n begins as float32 \[\], but a step made it int32/],
    ['a carry that changes form', run((c: Tensor) => [{ a: c, b: c }, null], 0, xs), /the carry was a tensor, and after a step of the body is \.a, \.b/],
    ['a body that returns one thing', run((c: Tensor) => c, 0, xs), /must return two things, \[carry, y\]/],
    ['nothing to scan over', run((c: Tensor) => [c, null], 0, () => null), /give the number of steps/],
    ['lengths that differ', run((c: Tensor) => [c, null], 0, () => ({ a: tf.ones([3]), b: tf.ones([2, 3]) })), /xs\.b has shape \[2, 3\], but the length is 3 \(by xs\.a\)/],
    ['a length that differs', run((c: Tensor) => [c, null], 0, xs, { length: 4 }), /xs has shape \[3\], but the length is 4 \(by the option\)/],
    ['a length that is none', run((c: Tensor) => [c, null], 0, xs, { length: -1 }), /length must be a whole number, got -1/],
    ['a scalar to scan over', run((c: Tensor) => [c, null], 0, () => [1, 2]), /xs\[0\] has shape \[\]; scanned tensors need a first axis/],
    ['what is no tensor', run((c: Tensor) => [c, null], { a: 'b' }, xs), /init\.a must be a tensor.*got string/],
    ['an unknown option', run((c: Tensor) => [c, null], 0, xs, { reversed: true }), /unknown option "reversed"/],
  ])('%s', (_, fn, message) => {
    expect(fn).toThrow(message);
  });

  test.each<[string, () => void]>([
    ['sample', () => void sample('z', normal(0, 1))],
    ['observation', () => void sample('z', normal(0, 1), { obs: 1 })],
    ['factor', () => factor('z', 1)],
    ['deterministic', () => void deterministic('z', tf.scalar(1))],
  ])('a statement in the body: %s', (_, statement) => {
    const model = run((c: Tensor) => {
      statement();
      return [c, null];
    }, 0, xs);
    for (const doing of [model, () => traceOf(model)]) expect(doing).toThrow(/"z": stands in the body of ops.scan.*after the scan/);
  });

  test('a result that changes form', () => {
    let calls = 0;
    const fickle = run((c: Tensor) => [c, ++calls === 2 ? null : c], 0, xs);
    expect(fickle).toThrow(/the result was a tensor, and after a step of the body is nothing/);
  });

  test('a tensor of the body used after it, in a traced function', () => {
    let inside: Tensor | undefined;
    const fn: Fn = (a) => {
      const [last] = scan((c) => [(inside = tf.mul(c, a)), null], 1, null, { length: 3 });
      return tf.add(last, inside!);
    };
    expect(() => traceGraph(fn, { inputs: [{ shape: [] }] })).toThrow(/has been disposed of. Tensors made in the body of a scan.*return them as results/);
  });
});
