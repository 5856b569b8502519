/** @file Pairs of model and guide that do not belong together, and some that look so but do. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, deterministic, dist, factor, getParamStore, guides, handlers, infer, optim, param, plate, plateLoop, ready, sample } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

type Program = () => unknown;

const loc = (): Tensor => param('loc', tf.scalar(0.5));
const scale = (): Tensor => param('scale', tf.scalar(0.5), { constraint: constraints.positive });
const z = (): Tensor => sample('z', dist.normal(0, 1));
const guideZ = (): Tensor => sample('z', dist.normal(loc(), scale()));

const BOTH = ['TraceELBO', 'TraceMeanFieldELBO'] as const;

interface Invalid {
  readonly model: Program;
  readonly guide: Program;
  readonly message: RegExp;
  readonly losses?: readonly (typeof BOTH)[number][];
}

const invalid: Record<string, Invalid> = {
  'a latent site is missing from the guide': {
    model: () => [z(), sample('w', dist.normal(0, 1)), sample('v', dist.normal(0, 1))],
    guide: guideZ,
    message: /the model samples "w", "v", but the guide does not\. It samples "z"\..*AutoNormal/,
  },
  'a latent site is misspelt in the guide': {
    model: () => sample('weights', dist.normal(0, 1)),
    guide: () => sample('wieghts', dist.normal(loc(), scale())),
    message: /the model samples "weights", but the guide does not\. It samples "wieghts": is that "weights" misspelt\?/,
  },
  'an empty guide for a model with latent sites': { model: z, guide: () => undefined, message: /the model samples "z".*It samples nothing/ },
  'a site of the guide is not in the model': {
    model: z,
    guide: () => [guideZ(), sample('extra', dist.normal(0, 1))],
    message: /the guide samples "extra", but the model has no such site; it samples "z"\..*isAuxiliary: true/,
  },
  'an auxiliary site of the guide is in the model too': {
    model: z,
    guide: () => sample('z', dist.normal(loc(), scale()), { infer: { isAuxiliary: true } }),
    message: /the guide marks "z" as auxiliary, but the model samples it too/,
  },
  'the guide samples what the model observes': {
    model: () => [z(), sample('x', dist.normal(0, 1), { obs: 1 })],
    guide: () => [guideZ(), sample('x', dist.normal(0, 1))],
    message: /the guide samples "x", which the model observes; leave it out of the guide/,
  },
  'the guide observes what the model samples': {
    model: z,
    guide: () => sample('z', dist.normal(loc(), scale()), { obs: 1 }),
    message: /site "z": is latent in the model, but observed in the guide/,
  },
  'shapes differ': {
    model: () => sample('z', dist.normal([0, 0, 0], 1).toEvent(1)),
    guide: () => sample('z', dist.normal([loc(), loc()].map(() => 0), 1).toEvent(1)),
    message: /site "z": model and guide disagree: batch\+event shape is \[\]\+\[3\] in the model, but \[\]\+\[2\] in the guide/,
  },
  'batch sizes differ by broadcasting': {
    model: () => sample('z', dist.normal(0, 1)),
    guide: () => sample('z', dist.normal([0, 0], scale())),
    message: /site "z": model and guide disagree: batch\+event shape is \[\]\+\[\] in the model, but \[2\]\+\[\] in the guide/,
  },
  'a scalar in the guide for a vector in the model': {
    model: () => sample('z', dist.normal([0, 0], 1)),
    guide: guideZ,
    message: /site "z": model and guide disagree: .*\[2\]\+\[\] in the model, but \[\]\+\[\] in the guide/,
  },
  'event dimensions differ': {
    model: () => sample('z', dist.normal([0, 0], 1).toEvent(1)),
    guide: () => sample('z', dist.normal([0, 0], scale())),
    message: /site "z": model and guide disagree: .*\[\]\+\[2\] in the model, but \[2\]\+\[\] in the guide.*toEvent/,
  },
  'the plate is missing from the guide': {
    model: () => plate('items', 3, z),
    guide: guideZ,
    message: /site "z": model and guide disagree: .*\[3\]\+\[\] in the model, but \[\]\+\[\] in the guide.*plates/,
  },
  'a subsampled plate is missing from the guide': {
    model: () => plate('items', 4, { subsampleSize: 2 }, z),
    guide: () => sample('z', dist.normal([0, 0], scale())),
    message: /site "z": in the model it is inside of the subsampled plates "items", in the guide of nothing; .*scaled differently/,
  },
  'plates of the same name have different sizes': {
    model: () => plate('items', 4, z),
    guide: () => plate('items', 3, guideZ),
    message: /plate "items": has size 4 with 4 drawn, but in the trace to replay size 3 with 3 drawn/,
  },
  'plates of the same name subsample differently': {
    model: () => plate('items', 4, { subsampleSize: 2 }, z),
    guide: () => plate('items', 4, { subsampleSize: 1 }, guideZ),
    message: /plate "items": has size 4 with 2 drawn, but in the trace to replay size 4 with 1 drawn/,
  },
  'plates of the same name are given different elements': {
    model: () => plate('items', 4, { subsample: [0, 1] }, z),
    guide: () => plate('items', 4, { subsample: [2, 3] }, guideZ),
    message: /plate "items": the model takes elements 0, 1, but the guide 2, 3/,
  },
  'one plate inside of itself': { model: () => plate('a', 2, () => plate('a', 2, z)), guide: guideZ, message: /plate "a": is open already/ },
  'the same name twice': { model: () => [z(), z()], guide: guideZ, message: /site "z": the name is used twice/ },
  'an observation of the wrong shape': {
    model: () => [z(), sample('x', dist.normal(tf.zeros([4, 1]), 1), { obs: [1, 2, 3, 4] })],
    guide: guideZ,
    message: /site "x": .*\[4\].*\[4, 1\].*broadcast to \[4, 4\]/,
  },
  'an observation outside of the support': {
    model: () => [z(), sample('x', dist.gamma(1, 1), { obs: -1 })],
    guide: guideZ,
    message: /site "x": gamma: value must be nonNegative, got -1/,
  },
  'an observation that is NaN': { model: () => [z(), sample('x', dist.normal(0, 1), { obs: NaN })], guide: guideZ, message: /site "x": .*NaN/ },
  'a scale that is not positive': { model: () => sample('z', dist.normal(0, -1)), guide: guideZ, message: /site "z": .*scale must be positive, got -1/ },
  'a parameter without a value': { model: () => [z(), param('gain')], guide: guideZ, message: /param "gain": has no value yet/ },
  'a parameter outside of its constraint': {
    model: () => [z(), param('gain', tf.scalar(-1), { constraint: constraints.positive })],
    guide: guideZ,
    message: /param "gain": value must be positive/,
  },
  'a guide whose draws are not reparameterised': {
    model: () => sample('z', dist.bernoulli({ probs: 0.5 })),
    guide: () => sample('z', dist.bernoulli({ logits: loc() })),
    message: /site "z": the guide draws it from bernoulli, whose draws are not reparameterised.*infer\.TraceELBO/,
    losses: ['TraceMeanFieldELBO'],
  },
  'an automatic guide for a discrete site': {
    model: () => sample('z', dist.bernoulli({ probs: 0.5 })),
    guide: new guides.AutoNormal(() => sample('z', dist.bernoulli({ probs: 0.5 }))),
    message: /site "z": is discrete \(bernoulli\) and latent.*block/,
  },
  'an automatic guide for a loop that subsamples': {
    model: () => plateLoop('items', 4, (i) => sample(`z${i}`, dist.normal(0, 1)), { subsampleSize: 2 }),
    guide: new guides.AutoNormal(() => plateLoop('items', 4, (i) => sample(`z${i}`, dist.normal(0, 1)), { subsampleSize: 2 })),
    message: /site "z\d": stands in plate "items", which is looped over and subsamples/,
  },
};

describe('invalid', () => {
  const cases = Object.entries(invalid).flatMap(([name, { losses = BOTH, ...rest }]) => losses.map((loss) => ({ name, loss, ...rest })));

  test.each(cases)('$name ($loss)', async ({ loss, model, guide, message }) => {
    const svi = new infer.SVI({ model, guide, optim: optim.adam(), loss: new infer[loss]() });
    // Neither parameters nor tensors are left, whatever went wrong.
    await expectNoLeak(() => expect(svi.step()).rejects.toThrow(message));
    expect(getParamStore().names()).toEqual([]);
    await expectNoLeak(() => expect(svi.evaluateLoss()).rejects.toThrow(message));
    await expectNoLeak(() => expect(svi.run({ steps: 2 })).rejects.toThrow(message));
    expect(getParamStore().names()).toEqual([]);
  });
});

const valid: Record<string, { readonly model: Program; readonly guide: Program; readonly losses?: readonly (typeof BOTH)[number][] }> = {
  'no latent sites: maximum likelihood': { model: () => sample('x', dist.normal(loc(), 1), { obs: 2 }), guide: () => undefined },
  'no latent sites, automatic guide': {
    model: () => sample('x', dist.normal(loc(), 1), { obs: 2 }),
    guide: new guides.AutoNormal(() => sample('x', dist.normal(loc(), 1), { obs: 2 })),
  },
  'no parameters at all': { model: z, guide: () => sample('z', dist.normal(0, 1)) },
  'leading ones in the guide': { model: () => sample('z', dist.normal([0, 0], 1)), guide: () => sample('z', dist.normal([[0, 0]], scale())) },
  'an auxiliary site': {
    model: z,
    guide: () => sample('z', dist.normal(sample('u', dist.normal(loc(), 1), { infer: { isAuxiliary: true } }), scale())),
  },
  'factors in both': { model: () => [z(), factor('f', 1)], guide: () => [guideZ(), factor('g', 2)] },
  'deterministic sites': { model: () => deterministic('twice', tf.mul(z(), 2)), guide: () => deterministic('thrice', tf.mul(guideZ(), 3)) },
  'a discrete guide': {
    model: () => sample('z', dist.bernoulli({ probs: 0.5 })),
    guide: () => sample('z', dist.bernoulli({ logits: loc() })),
    losses: ['TraceELBO'],
  },
  'a subsampled plate in both': { model: () => plate('items', 4, { subsampleSize: 2 }, z), guide: () => plate('items', 4, { subsampleSize: 2 }, guideZ) },
  'the same elements given to both': {
    model: () => plate('items', 4, { subsample: [1, 3] }, z),
    guide: () => plate('items', 4, { subsample: [1, 3] }, guideZ),
  },
  'a loop over a plate': {
    model: () => plateLoop('items', 2, (i) => sample(`z${i}`, dist.normal(0, 1))),
    guide: new guides.AutoNormal(() => plateLoop('items', 2, (i) => sample(`z${i}`, dist.normal(0, 1)))),
  },
  'conditioned from outside': {
    model: () => handlers.condition({ data: { w: 1 } }).run(() => [z(), sample('w', dist.normal(0, 1))]),
    guide: guideZ,
  },
};

describe('valid', () => {
  const cases = Object.entries(valid).flatMap(([name, { losses = BOTH, ...rest }]) => losses.map((loss) => ({ name, loss, ...rest })));

  test.each(cases)('$name ($loss)', async ({ loss, model, guide }) => {
    const svi = new infer.SVI({ model, guide, optim: optim.adam(), loss: new infer[loss]() });
    const warnings = jest.spyOn(console, 'warn').mockReturnValue();
    expect(Number.isFinite(await svi.step())).toBe(true);
    await expectNoLeak(async () => svi.step());
    expect(warnings).not.toHaveBeenCalled();
    warnings.mockRestore();
  });
});
