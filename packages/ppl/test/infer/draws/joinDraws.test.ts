/** @file Many draws at once, each with numbers of its own. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { DrawEngine, RandomStream, dist, handlers, joinDraws, ready, sample } from '../../../src/index.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

test('draws that differ in the first of their arguments are those of eager runs', () => {
  const body = ({ a, b }: { a: Tensor; b: Tensor }, x: Tensor): Tensor =>
    tf.expandDims(tf.add(tf.add(tf.mul(a, tf.sin(x)), b), tf.mul(sample('e', dist.normal(0, 1).expand([3])), tf.sum(tf.square(x)))));
  const engine = new DrawEngine<[{ a: Tensor; b: Tensor }, Tensor]>({ where: 'test', body, worthwhile: 1, subject: {} });
  const stream = RandomStream.fromSeed(1);
  const own = Array.from({ length: 5 }, (_, i) => ({ a: [i, 2 * i, -i], b: [10 * i] }));
  expectNoLeak(() =>
    tf.tidy(() => {
      const x = tf.tensor1d([0.1, 0.2, 0.3]);
      const latents = (i: number): { a: Tensor; b: Tensor } => ({ a: tf.tensor1d(own[i]!.a), b: tf.tensor1d(own[i]!.b) });
      const eager = own.map((_, i) => handlers.seed({ seed: stream.fold(i) }).run(() => [...body(latents(i), x).dataSync()])).flat();
      const joined = joinDraws(engine, stream, [latents(0), x], { count: 5, engine: 'compiled', numOwn: 2 }, (i, target) => {
        target(0).set(own[i]!.a);
        target(1).set(own[i]!.b);
      }) as Tensor;
      expect(joined.shape).toEqual([5, 3]);
      joined.dataSync().forEach((value, i) => expect(value).toBeCloseTo(eager[i]!, 4));
    }),
  );
});
