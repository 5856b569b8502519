import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, handlers, infer, optim, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { paramValue } from '../svi/helpers.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

const model = (): void => {
  sample('w', dist.normal([0, 0], 1).toEvent(1));
  sample('s', dist.gamma(2, 1));
  plate('items', 4, { subsampleSize: 2 }, () => sample('p', dist.dirichlet([1, 1, 1])));
};

test('points lie in the supports, as constrained parameters of the sites\' own shapes', () => {
  const guide = new guides.AutoDelta(model, { initLoc: { w: [1, -1], s: 3 }, prefix: 'map' });
  const trace = handlers.trace(guide).getTrace();
  expect(trace.stochasticSites().map(({ name, value }) => [name, value.shape])).toEqual([['w', [2]], ['s', []], ['p', [2, 3]]]);
  trace.dispose();
  expect(paramValue('map.w')).toEqual([1, -1]);
  expect(paramValue('map.s')[0]).toBeCloseTo(3, 5);
  expect(getParamStore().constraint('map.s').name).toBe(dist.gamma(2, 1).support.name);
  const points = getParamStore().get('map.p');
  expect(points.shape).toEqual([4, 3]);
  tf.tidy(() => expect(constraints.simplex.check(points).dataSync().every(Boolean)).toBe(true));
  points.dispose();
  const median = guide.median();
  expect(median['p']!.shape).toEqual([4, 3]);
  const quantiles = guide.quantiles([0.1, 0.9]);
  expect([...quantiles['w']!.dataSync()]).toEqual([1, -1, 1, -1]);
  expect(quantiles['p']!.shape).toEqual([2, 4, 3]);
  expect(() => guide.quantiles([1])).toThrow(/guides\.AutoDelta: quantiles must lie in \(0, 1\), got 1/);
  tf.dispose([median, quantiles]);
});

test('every draw is the same, and a step leaves no tensors', async () => {
  const plain = (): void => {
    sample('w', dist.normal([0, 0], 1).toEvent(1));
  };
  const guide = new guides.AutoDelta(plain);
  const [first, second] = [guide.samplePosterior(), guide.samplePosterior()];
  expect(first['w']!.dataSync()).toEqual(second['w']!.dataSync());
  tf.dispose([first, second]);
  const svi = new infer.SVI<[]>({ model, guide: new guides.AutoDelta(model), optim: optim.adam(), loss: new infer.TraceELBO() });
  await svi.step();
  await expectNoLeak(() => svi.step());
});
