/** @file Scans over time series, eagerly and traced, against the same steps written out. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { traceGraph } from '@tychejs/jit';
import { ready } from '../../src/backend/ready.ts';
import { logSumExp, scan } from '../../src/ops/index.ts';
import { expectSameAsUnrolled, normalArguments } from '../helpers/unrolled.ts';
import type { Argument, Fn } from '../helpers/unrolled.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const normals = normalArguments(7);

/** How many loops, at any depth, the traced function has, and how many other nodes. */
function sizeOf(fn: Fn, args: readonly Argument[]): { loops: number; nodes: number } {
  const graph = traceGraph(fn, { inputs: args.map(({ shape }) => ({ shape })), valueAndGrad: true });
  return { loops: graph.nodes.filter(({ op }) => op === 'loop').length, nodes: graph.nodes.length };
}

describe('time series', () => {
  const T = 12;
  const slice = (x: Tensor, t: number): Tensor => tf.squeeze(tf.slice(x, t, 1), [0]);

  test('AR(1) with its parameters captured', () => {
    const args = [normals([]), normals([], 0.5), normals([T])];
    const logDensity = (mean: Tensor, ys: Tensor): Tensor => tf.neg(tf.sum(tf.square(tf.sub(ys, mean))));
    const scanned: Fn = (alpha, beta, ys) => {
      const [, means] = scan((last, y) => [y, tf.add(alpha, tf.mul(beta, last))], 0.5, ys);
      return logDensity(means, ys);
    };
    const unrolled: Fn = (alpha, beta, ys) => {
      const means = Array.from({ length: T }, (_, t) => tf.add(alpha, tf.mul(beta, t === 0 ? 0.5 : slice(ys, t - 1))));
      return logDensity(tf.stack(means), ys);
    };
    expectSameAsUnrolled(scanned, unrolled, args);
  });

  /** GARCH(1, 1) of posteriordb: the variance of each value depends on the last value and its variance. */
  test('GARCH(1, 1)', () => {
    const y = tf.tensor1d(normals([T]).values);
    const args = [normals([], 0.3), normals([], 0.3), normals([], 0.3), normals([], 0.3)];
    const next = (variance: Tensor, residual: Tensor, [a0, a1, b1]: Tensor[]): Tensor =>
      tf.add(tf.exp(a0!), tf.add(tf.mul(tf.sigmoid(a1!), tf.square(residual)), tf.mul(tf.sigmoid(b1!), variance)));
    const term = (variance: Tensor, residual: Tensor): Tensor =>
      tf.mul(-0.5, tf.add(tf.log(variance), tf.div(tf.square(residual), variance)));
    const scanned: Fn = (mu, ...rest) => {
      const [, terms] = scan(
        (variance, at) => {
          const residual = tf.sub(at, mu);
          return [next(variance, residual, rest), term(variance, residual)];
        },
        1.5,
        y,
      );
      return tf.sum(terms);
    };
    const unrolled: Fn = (mu, ...rest) => {
      let [variance, total]: Tensor[] = [tf.scalar(1.5), tf.scalar(0)];
      for (let t = 0; t < T; t++) {
        const residual = tf.sub(slice(y, t), mu);
        total = tf.add(total!, term(variance!, residual));
        variance = next(variance!, residual, rest);
      }
      return total!;
    };
    expectSameAsUnrolled(scanned, unrolled, args);
    // A loop forward and one backward, whatever the length.
    expect(sizeOf(scanned, args).loops).toBe(2);
    expect(sizeOf(scanned, args).nodes).toBeLessThan(30);
    y.dispose();
  });

  test('the forward algorithm of a hidden Markov model', () => {
    const [states, symbols] = [3, 4];
    const observed = tf.tensor1d(Array.from({ length: T }, (_, t) => (t * 7) % symbols), 'int32');
    const args = [normals([states, states]), normals([states, symbols])];
    const step = (alpha: Tensor, transition: Tensor, emission: Tensor, symbol: Tensor): Tensor =>
      tf.add(logSumExp(tf.add(tf.expandDims(alpha, 1), transition), 0), tf.gather(emission, symbol, 1));
    const start = tf.log([0.5, 0.3, 0.2]);
    const normalised = (logits: Tensor): Tensor => tf.logSoftmax(logits as tf.Tensor2D, 1);
    const scanned: Fn = (t, e) => {
      const [transition, emission] = [normalised(t), normalised(e)];
      const [alpha] = scan((state, symbol) => [step(state, transition, emission, symbol), null], start, observed);
      return logSumExp(alpha);
    };
    const unrolled: Fn = (t, e) => {
      const [transition, emission] = [normalised(t), normalised(e)];
      let alpha: Tensor = start;
      for (const symbol of tf.unstack(observed)) alpha = step(alpha, transition, emission, symbol);
      return logSumExp(alpha);
    };
    expectSameAsUnrolled(scanned, unrolled, args);
    tf.dispose([observed, start]);
  });

  test('the Kalman filter of a local linear trend, whose state is a record', () => {
    const y = tf.tensor1d(normals([T]).values);
    const args = [normals([], 0.3), normals([], 0.3), normals([2])];
    const F = tf.tensor2d([[1, 1], [0, 1]]);
    const H = tf.tensor2d([[1, 0]]);
    interface State {
      readonly mean: Tensor;
      readonly covariance: Tensor;
    }
    const filter = ({ mean, covariance }: State, at: Tensor, q: Tensor, r: Tensor): [State, Tensor] => {
      const predicted = tf.matMul(F as tf.Tensor2D, mean as tf.Tensor2D);
      const noise = tf.mul(q, tf.eye(2));
      const spread = tf.add(tf.matMul(tf.matMul(F, covariance as tf.Tensor2D), F, false, true), noise) as tf.Tensor2D;
      const innovation = tf.sub(at, tf.matMul(H, predicted));
      const variance = tf.add(tf.matMul(tf.matMul(H, spread), H, false, true), r);
      const gain = tf.div(tf.matMul(spread, H, false, true), variance) as tf.Tensor2D;
      const state = {
        mean: tf.add(predicted, tf.mul(gain, innovation)),
        covariance: tf.sub(spread, tf.matMul(tf.matMul(gain, H), spread)),
      };
      return [state, tf.mul(-0.5, tf.sum(tf.add(tf.log(variance), tf.div(tf.square(innovation), variance))))];
    };
    const start = (mean: Tensor): { mean: Tensor; covariance: Tensor } => ({ mean: tf.reshape(mean, [2, 1]), covariance: tf.eye(2) });
    const scanned: Fn = (logQ, logR, mean) => {
      const [q, r] = [tf.exp(logQ), tf.exp(logR)];
      const [, terms] = scan((state, at) => filter(state, at, q, r), start(mean), y);
      return tf.sum(terms);
    };
    const unrolled: Fn = (logQ, logR, mean) => {
      const [q, r] = [tf.exp(logQ), tf.exp(logR)];
      let state: State = start(mean);
      let total: Tensor = tf.scalar(0);
      for (const at of tf.unstack(y)) {
        const [next, term] = filter(state, at, q, r);
        [state, total] = [next, tf.add(total, term)];
      }
      return total;
    };
    expectSameAsUnrolled(scanned, unrolled, args);
    tf.dispose([y, F, H]);
  });
});
