/** @file Estimates of the ELBO against what it is exactly, for a conjugate model. */
import fc from 'fast-check';
import { getParamStore, handlers, infer, ready } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import type { NormalNormal } from './helpers.ts';
import { estimate, exactPosterior, expectMean, lossAt, normalGuide, normalNormal } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const tenths = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min: min * 10, max: max * 10 }).map((n) => n / 10);
const models: fc.Arbitrary<NormalNormal> = fc.record({
  priorMean: tenths(-3, 3),
  priorSd: tenths(0.5, 3),
  noise: tenths(0.5, 3),
  data: fc.array(tenths(-3, 3), { minLength: 1, maxLength: 4 }),
});

const OBJECTIVES = [
  ['TraceELBO', () => new infer.TraceELBO()],
  ['TraceMeanFieldELBO', () => new infer.TraceMeanFieldELBO()],
] as const;

test('P27: at the exact posterior every draw gives the log evidence', () => {
  fc.assert(
    fc.property(models, fc.integer(), (problem, seed) => {
      getParamStore().clear();
      const { mean, sd, logEvidence } = exactPosterior(problem);
      const loss = lossAt(new infer.TraceELBO(), normalNormal(problem), normalGuide(mean, sd), seed);
      // A sum of up to six float32 terms whose size is up to a few hundred.
      expect(Math.abs(loss + logEvidence)).toBeLessThan(1e-4 * (1 + Math.abs(logEvidence)));
    }),
    { numRuns: 30, seed: 1 },
  );
});

describe.each(OBJECTIVES)('%s', (_, make) => {
  test('P26, P28: in expectation, loss and gradients are those of KL(q ‖ posterior) - log evidence', () => {
    fc.assert(
      fc.property(models, tenths(-2, 2), tenths(0.3, 2), fc.nat(1000), (problem, loc, scale, seed) => {
        getParamStore().clear();
        const { mean, sd, logEvidence } = exactPosterior(problem);
        const kl = Math.log(sd / scale) + (scale ** 2 + (loc - mean) ** 2) / (2 * sd ** 2) - 0.5;
        const [model, guide] = [normalNormal(problem), normalGuide(loc, scale)];
        const estimates = Array.from({ length: 100 }, (_unused, i) => estimate(make(), model, guide, 1000 * seed + i));
        expectMean(estimates.map((e) => e.loss), kl - logEvidence);
        expectMean(estimates.map((e) => e.gradients['loc']![0]!), (loc - mean) / sd ** 2);
        // By log scale, which is what the store holds.
        expectMean(estimates.map((e) => e.gradients['scale']![0]!), scale ** 2 / sd ** 2 - 1);
      }),
      { numRuns: 3, seed: 2 },
    );
  });

  test('scale multiplies loss and gradients, for the same draws', () => {
    const problem = { priorMean: 0, priorSd: 2, noise: 1, data: [1, 2] };
    const [model, guide] = [normalNormal(problem), normalGuide(0.5, 0.7)];
    const plain = estimate(make(), model, guide, 3);
    const scaled = handlers.scale({ scale: 2.5 }).run(() => estimate(make(), model, guide, 3));
    expect(scaled.loss).toBeCloseTo(2.5 * plain.loss, 4);
    for (const name of ['loc', 'scale']) {
      expect(plain.gradients[name]![0]).not.toBe(0);
      expect(scaled.gradients[name]![0]).toBeCloseTo(2.5 * plain.gradients[name]![0]!, 4);
    }
  });

  test('masked sites count for nothing', () => {
    const problem = { priorMean: 0, priorSd: 2, noise: 1, data: [1, 2] };
    const masked = handlers.mask({ mask: false }).run(() => estimate(make(), normalNormal(problem), normalGuide(0.5, 0.7), 3));
    expect(masked.loss === 0 ? 0 : masked.loss).toBe(0);
    expect(masked.gradients).toEqual({});
  });

  test('no tensors are left', () => {
    const [model, guide] = [normalNormal({ priorMean: 0, priorSd: 1, noise: 1, data: [1] }), normalGuide(0, 1)];
    estimate(make(), model, guide, 1);
    expectNoLeak(() => estimate(make(), model, guide, 1));
    expectNoLeak(() => lossAt(make(), model, guide, 1));
  });
});

test('particles are averaged over, each with draws of its own', () => {
  const [model, guide] = [normalNormal({ priorMean: 0, priorSd: 1, noise: 1, data: [1] }), normalGuide(0, 1)];
  const variance = (values: number[]): number => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  };
  const losses = (numParticles: number): number[] =>
    Array.from({ length: 150 }, (_, i) => lossAt(new infer.TraceELBO({ numParticles }), model, guide, i));
  // The ratio of two variances of 150 values each, which have heavier tails than normal ones: its standard error is about 0.25 of it.
  const ratio = variance(losses(1)) / variance(losses(5));
  expect(ratio).toBeGreaterThan(5 / 2.5);
  expect(ratio).toBeLessThan(5 * 2.5);
});

test.each<[string, () => unknown, RegExp]>([
  ['unknown option', () => new infer.TraceELBO({ particles: 3 } as object), /infer\.TraceELBO: unknown option "particles"/],
  ['no particles', () => new infer.TraceELBO({ numParticles: 0 }), /infer\.TraceELBO: numParticles must be an integer of at least 1, got 0/],
  ['no such engine', () => new infer.TraceELBO({ engine: 'gpu' as 'auto' }), /infer\.TraceELBO: engine must be 'auto', 'compiled' or 'eager', got gpu/],
  ['half a particle', () => new infer.TraceMeanFieldELBO({ numParticles: 1.5 }), /infer\.TraceMeanFieldELBO: numParticles/],
])('%s', (_, make, message) => {
  expect(make).toThrow(message);
});

test('the engine may be named', () => {
  expect(new infer.TraceELBO({ engine: 'eager', numParticles: 3 })).toMatchObject({ engine: 'eager', numParticles: 3 });
  expect(new infer.TraceELBO({ engine: 'compiled' }).engine).toBe('compiled');
  expect(new infer.TraceMeanFieldELBO().engine).toBe('auto');
});
