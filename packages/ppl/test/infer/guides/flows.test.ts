/** @file Guides made of flows. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, getParamStore, guides, handlers, infer, optim, ready, sample, setSeed, transforms } from '@tychejs/ppl';
import { paramValue } from '../svi/helpers.ts';
import { NAMES, NORMALS, asinh, flatGuides, numbers } from './flatGuides.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

const FLOWS = NAMES.filter((name) => !NORMALS.includes(name));

/** Gives the parameters of flows values that are all different. */
function shake(): void {
  for (const name of getParamStore().names()) {
    const { shape, size } = getParamStore().variable(name);
    if (name.includes('flow')) tf.tidy(() => getParamStore().set(name, tf.reshape(tf.sin(tf.mul(3, tf.range(1, 1 + size))), shape)));
  }
}

describe.each(FLOWS)('%s', (name) => {
  const model = (): void => {
    sample('w', dist.normal([0, 0], 1).toEvent(1));
    sample('s', dist.gamma(4, 2));
  };
  const options = { initLoc: { w: [1, -2], s: 3 }, initScale: { w: [0.2, 0.3], s: 0.5 } };

  test('begins as independent normals, where initLoc and initScale say', () => {
    const guide = flatGuides[name](model, options);
    const posterior = guide.getPosterior();
    const expected = dist.normal([1, -2, Math.log(3)], [0.2, 0.3, 0.5]).toEvent(1);
    const values = tf.tensor2d([[1, -2, 1], [0.7, -1.5, 0], [1.2, -2.1, 2]]);
    tf.tidy(() => {
      const [own, other] = [posterior.logProb(values).dataSync(), expected.logProb(values).dataSync()];
      own.forEach((value: number, i: number) => expect(value).toBeCloseTo(other[i]!, 3));
    });
    tf.dispose([posterior, values] as unknown as tf.TensorContainer);
  });

  test('quantiles are those of other draws; they are the same at every call', () => {
    const guide = flatGuides[name](model, options);
    tf.dispose(guide());
    shake();
    const qs = [0.1, 0.5, 0.7];
    const quantiles = numbers(guide.quantiles(qs));
    expect(numbers(guide.quantiles(qs))).toEqual(quantiles);
    const median = numbers(guide.median());
    const posterior = guide.getPosterior();
    const N = 20_000;
    const draws = tf.tidy(() => numbers(guide.constrain(posterior.sample([N]))));
    tf.dispose(posterior as unknown as tf.TensorContainer);
    qs.forEach((q, i) => {
      // Both have errors: those of the quantiles, and of what is counted here.
      const tolerance = 4.5 * Math.sqrt(q * (1 - q) * (1 / N + 1 / 10_000));
      for (const [site, width] of [['w', 2], ['s', 1]] as const) {
        for (let k = 0; k < width; k++) {
          const bound = quantiles[site]![i * width + k]!;
          if (q === 0.5) expect(bound).toBe(median[site]![k]);
          const share = draws[site]!.filter((value, j) => j % width === k && value <= bound).length / N;
          expect(Math.abs(share - q)).toBeLessThan(tolerance);
        }
      }
    });
  });

  test('the density of a draw is that of the same vector from elsewhere', () => {
    const guide = flatGuides[name](model, options);
    tf.dispose(guide());
    getParamStore().set(`${name}.loc`, [0.3, 0.2, 0.1]);
    const trace = handlers.trace(guide).getTrace();
    const { value, unscaledLogProb, distribution } = trace.sampleSite(`${name}.latent`);
    tf.tidy(() => expect(distribution.logProb(tf.clone(value)).dataSync()[0]).toBeCloseTo(unscaledLogProb.dataSync()[0]!, 4));
    trace.dispose();
  });
});

test.each(['eager', 'compiled'] as const)('training does not invert the flow (%s)', async (engine) => {
  const oneWay = transforms.lowerCholeskyAffine([0, 0], [[1, 0], [0.5, 2]]);
  oneWay.inverse = () => {
    throw new Error('inverted');
  };
  const guide = new guides.AutoNormalizingFlow<[]>(banana, { transform: () => oneWay });
  const svi = new infer.SVI<[]>({ model: banana, guide, optim: optim.adam(), loss: new infer.TraceELBO({ engine }) });
  for (let i = 0; i < 2; i++) expect(Number.isFinite(await svi.step())).toBe(true);
  const trace = handlers.trace(guide).getTrace();
  expect(() => trace.sampleSite('AutoNormalizingFlow.latent').distribution.logProb([0, 0])).toThrow(/inverted/);
  trace.dispose();
});

/** y ~ N(0, 1), x ~ N(y² - 1, 0.3): a banana, with log evidence 0. */
function banana(): void {
  const y = sample('y', dist.normal(0, 1));
  sample('x', dist.normal(tf.sub(tf.square(y), 1), 0.3));
}

/** The divergence of a guide from a density over its vector, which is normalised: by 4000 draws. */
function divergence(guide: guides.AutoContinuous<[]>, logDensity: (z: Tensor) => Tensor): number {
  const posterior = guide.getPosterior();
  const result = tf.tidy(() => {
    const z = posterior.sample([4000]);
    return tf.mean(tf.sub(posterior.logProb(z), logDensity(z))).dataSync()[0]!;
  });
  tf.dispose(posterior as unknown as tf.TensorContainer);
  return result;
}

async function fit(model: () => unknown, guide: () => unknown, steps: number, lr: number): Promise<void> {
  const loss = new infer.TraceELBO({ numParticles: 4 });
  await new infer.SVI<[]>({ model, guide, optim: optim.schedule(optim.adam({ lr }), { decaySteps: steps }), loss }).run({ steps });
}

test('AutoIAFNormal bends to a banana, which normals cannot', async () => {
  const logDensity = (z: Tensor): Tensor => {
    const [y, x] = tf.unstack(z, 1) as [Tensor, Tensor];
    return tf.add(dist.normal(0, 1).logProb(y), dist.normal(tf.sub(tf.square(y), 1), 0.3).logProb(x));
  };
  const flow = new guides.AutoIAFNormal<[]>(banana, { initLoc: 0, initScale: 1 });
  const normal = new guides.AutoMultivariateNormal<[]>(banana, { initLoc: 0, initScale: 1 });
  await fit(banana, flow, 3000, 0.02);
  await fit(banana, normal, 1500, 0.02);
  const [bent, straight] = [divergence(flow, logDensity), divergence(normal, logDensity)];
  // A tenth of a nat is ten of the draws' errors.
  expect(straight).toBeGreaterThan(0.65);
  expect(bent).toBeLessThan(0.4);
  expect(bent).toBeGreaterThan(-0.1);
});

test('a flow of your own is trained: a skewed posterior, which it holds', async () => {
  // sinh(asinh(x) + skew) of a standard normal x, shifted by 2: what the flow can make, when it has turned the order round.
  const prior = (): dist.Distribution =>
    dist.transformed(dist.normal([0, 0], 1), [asinh, transforms.affine([0.8, -0.5], 1), transforms.inverse(asinh), transforms.affine(2, 1)]).toEvent(1);
  const model = (): unknown => sample('z', prior());
  const guide = flatGuides.AutoNormalizingFlow<[]>(model, { initLoc: 0, initScale: 0.5 });
  await fit(model, guide, 4000, 0.02);
  expect(Math.abs(divergence(guide, (z) => prior().logProb(z)))).toBeLessThan(0.02);
  paramValue('AutoNormalizingFlow.flow.skew').forEach((skew, i) => expect(Math.abs(skew - [-0.5, 0.8][i]!)).toBeLessThan(0.1));
});

test.each<[string, () => unknown, RegExp]>([
  ['no flow', () => new guides.AutoNormalizingFlow(banana, {} as guides.AutoNormalizingFlowOptions<[]>), /needs \{ transform \}/],
  ['widths', () => new guides.AutoIAFNormal(banana, { hiddenDims: [0] }), /guides\.AutoIAFNormal: hiddenDims must be/],
  ['number of transforms', () => new guides.AutoIAFNormal(banana, { numTransforms: 0 }), /guides\.AutoIAFNormal: numTransforms must be/],
])('complaints: %s', (_, make, message) => {
  expect(make).toThrow(message);
});

test.each([1, 2])('AutoIAFNormal: every element depends on those before it, and from a second transform on (%s) on all', (numTransforms) => {
  const guide = new guides.AutoIAFNormal<[]>(() => sample('z', dist.normal([0, 0, 0], 1)), { numTransforms });
  tf.dispose(guide());
  shake();
  const posterior = guide.getPosterior() as dist.Transformed;
  const forward = (x: Tensor): Tensor => posterior.transform.forward(x);
  tf.tidy(() => {
    const row = (i: number): boolean[] => [...tf.grad((x: Tensor) => tf.slice(forward(x), [i], [1]))(tf.tensor1d([0.1, 0.2, 0.3])).dataSync()].map((slope) => slope !== 0);
    const lower = [[true, false, false], [true, true, false], [true, true, true]];
    expect([row(0), row(1), row(2)]).toEqual(numTransforms === 1 ? lower : lower.map(() => [true, true, true]));
  });
  tf.dispose(posterior as unknown as tf.TensorContainer);
});

test('a flow of single numbers is applied to each coordinate', () => {
  const model = (): void => void sample('w', dist.normal([0, 0], 1).toEvent(1));
  const options = { initLoc: { w: [1, -2] }, initScale: 0.5 };
  const flow = new guides.AutoNormalizingFlow(model, { ...options, transform: () => transforms.affine(3, 2) });
  const posterior = flow.getPosterior();
  // w = loc + 0.5 (3 + 2 x)
  const expected = dist.normal([2.5, -0.5], 1).toEvent(1);
  tf.tidy(() => {
    const values = tf.tensor2d([[1, -2], [3, 0.5]]);
    const [own, other] = [posterior.logProb(values).dataSync(), expected.logProb(values).dataSync()];
    own.forEach((value, i) => expect(value).toBeCloseTo(other[i]!, 4));
    expect(Object.values(flow()).map(({ shape }) => shape)).toEqual([[2]]);
  });
  tf.dispose(posterior as unknown as tf.TensorContainer);
});

test.each<[string, () => unknown, RegExp]>([
  ['nothing', () => null, /^guides\.AutoNormalizingFlow: the function given as transform must return one of `transforms`.*it returned null$/],
  ['a number', () => 3, /it returned 3$/],
  ['a tensor', () => tf.scalar(1), /it returned a Tensor$/],
  ['a longer vector', () => transforms.stickBreaking, /returned stickBreaking, which makes shape \[3\] of vectors of length 2; a flow keeps their length/],
  ['a matrix', () => transforms.independent(transforms.affine(0, 1), 2), /which is about arrays of 2 dimensions; a flow makes a vector of a vector/],
])('a flow that is none: %s', (_, transform, message) => {
  const model = (): void => void sample('w', dist.normal([0, 0], 1).toEvent(1));
  const guide = new guides.AutoNormalizingFlow(model, { transform: transform as () => ReturnType<typeof transforms.affine> });
  tf.tidy(() => expect(() => guide()).toThrow(message));
});

test('AutoIAFNormal: widths, and a single coordinate', () => {
  tf.dispose(new guides.AutoIAFNormal(banana, { hiddenDims: [5], numTransforms: 1 })());
  expect(getParamStore().names().filter((name) => name.includes('flow')).map((name) => [name.split('flow.')[1], getParamStore().variable(name).shape])).toEqual([
    ['0.kernel0', [2, 5]], ['0.bias0', [5]], ['0.kernel1', [5, 4]], ['0.bias1', [4]],
  ]);
  const guide = new guides.AutoIAFNormal(() => sample('z', dist.normal(0, 1)), { prefix: 'one' });
  expect(numbers(guide())['z']).toHaveLength(1);
});
