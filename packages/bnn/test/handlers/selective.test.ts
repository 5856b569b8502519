import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, handlers as effects, optim, param, ready, sample } from '@tychejs/ppl';
import fc from 'fast-check';
import { VariationalBNN, guides, handlers, likelihoods, priors } from '../../src/index.ts';
import type { SiteSelection } from '../../src/handlers/siteSelection.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { wavy } from '../helpers/nets.ts';
import { quietWarnings } from '../helpers/warnings.ts';
import { seeded, values } from './posterior.ts';

jest.setTimeout(60_000);

const warnings = quietWarnings();

beforeAll(() => ready({ backend: 'cpu' }));

const { selectiveMask, selectiveScale } = handlers;

const NAMES = ['a', 'b', 'seen'] as const;

/** Two latent sites, an observed one and a parameter. */
function model(): void {
  sample('a', dist.normal(0, 1).expand([3]));
  sample('b', dist.normal(param('p', 1), 1));
  sample('seen', dist.normal(0, 1), { obs: tf.tensor1d([1, 2, 3]) });
}

/** The scale that each sample site has. */
function scales(selection: SiteSelection): Record<string, unknown> {
  const tracer = effects.trace();
  seeded(1, () => selectiveScale({ scale: 3, ...selection }).run(() => tracer.run(model)));
  return Object.fromEntries(tracer.trace().sampleSites().map(({ name, scale }) => [name, scale]));
}

const lists = fc.subarray([...NAMES], { minLength: 1 });

describe('the selection', () => {
  test('hide and expose are complements', () => {
    fc.assert(
      fc.property(lists, (names) => {
        const [hidden, exposed] = [scales({ hide: names }), scales({ expose: names })];
        for (const name of NAMES) {
          expect(exposed[name]).toBe(names.includes(name) ? 3 : 1);
          expect(hidden[name]).toBe(names.includes(name) ? 1 : 3);
        }
        // So they are with a rule for the rest.
        expect(scales({ hide: names, exposeAll: true })).toEqual(hidden);
        expect(scales({ expose: names, hideAll: true })).toEqual(exposed);
      }),
      { numRuns: 20, seed: 47 },
    );
  });

  test.each<[string, SiteSelection, number[]]>([
    ['no rule exposes all', {}, [3, 3, 3]],
    ['hideAll', { hideAll: true, expose: ['a'] }, [3, 1, 1]],
    ['types', { exposeTypes: ['observe'] }, [1, 1, 3]],
    ['types of latent sites', { hideTypes: ['latent'] }, [1, 1, 3]],
    ['names before types', { hideTypes: ['latent'], expose: ['b'], exposeAll: true }, [1, 3, 3]],
    ['functions before types', { hideTypes: ['sample'], exposeFn: ({ name }) => name === 'a', hideAll: true }, [3, 1, 1]],
    ['names before functions', { hideFn: () => true, expose: ['b'] }, [1, 3, 1]],
  ])('%s', (_, selection, expected) => {
    expect(Object.values(scales(selection))).toEqual(expected);
  });

  test('refuses what contradicts itself, and what nothing decides', () => {
    const make = (selection: SiteSelection) => () => selectiveScale({ scale: 2, ...selection });
    expect(make({ hide: ['a'], expose: ['a'] })).toThrow(/handlers.selectiveScale: "a" stands in both hide and expose/);
    expect(make({ hideAll: true, exposeAll: true })).toThrow(/exclude each other/);
    expect(make({ hideTypes: ['plate' as never] })).toThrow(/types of sites are sample, observe, latent, param; got "plate"/);
    expect(make({ hide: 'a' as never })).toThrow(/hide must be an array/);
    expect(() => scales({ hide: ['a'], expose: ['seen'] })).toThrow(/"p": .*none mentions it; add hideAll: true or exposeAll: true/);
    expect(() => scales({ hideFn: () => true, exposeFn: () => true })).toThrow(/"a": .*hidden by hideFn and exposed by exposeFn/);
    expect(() => selectiveScale({ scale: 0 })).toThrow(/handlers.scale: scale/);
    expect(() => selectiveMask({ mask: 1 as never })).toThrow(/mask must be boolean/);
    expect(() => selectiveMask({ expose: ['a'] } as never)).toThrow(/needs the option "mask"/);
    expect(() => selectiveMask({ mask: true, layers: [] } as never)).toThrow(/unknown option "layers"/);
  });

  test('says so when a name is met nowhere, or nothing was exposed', () => {
    scales({ expose: ['a', 'likelihood.data'] });
    expect(warnings()).toHaveBeenLastCalledWith(expect.stringMatching(/handlers.selectiveScale: no site inside is called "likelihood.data"/));
    scales({ hide: [...NAMES, 'p'] });
    expect(warnings()).toHaveBeenLastCalledWith(expect.stringMatching(/handlers.selectiveScale: had no effect: no site inside was exposed/));
    expect(warnings()).toHaveBeenCalledTimes(2);
    scales({ hide: ['a'] });
    expect(warnings()).toHaveBeenCalledTimes(2);
  });
});

test('masks some elements of some sites, in both forms, and leaves no tensors', () => {
  const logProbs = (run: (body: () => void) => void) => {
    const tracer = effects.trace();
    return tf.tidy(() => {
      seeded(1, () => run(() => tracer.run(model)));
      return tracer.trace().sampleSites().map(({ logProb }) => values(logProb)) as never;
    }) as unknown as number[][];
  };
  const mask = tf.tensor1d([true, false, true], 'bool');
  const [a, b, seen] = logProbs((body) => body()) as [number[], number[], number[]];
  const masked = expectNoLeak(() => logProbs((body) => selectiveMask({ mask, expose: ['seen'] }).run(body)));
  expect(masked).toEqual([a, b, [seen[0], 0, seen[2]]]);
  expect(logProbs((body) => selectiveMask(body, { mask, expose: ['seen'] })())).toEqual(masked);
  // Masks inside and outside both hold; and scales multiply.
  const nested = logProbs((body) => selectiveMask({ mask: [true, true, false], hide: ['a', 'b'] }).run(() => selectiveMask({ mask, expose: ['seen'] }).run(body)));
  expect(nested).toEqual([a, b, [seen[0], 0, 0]]);
  const scaled = logProbs((body) => selectiveScale({ scale: 2, expose: ['b'] }).run(() => selectiveScale({ scale: 2, hideTypes: ['observe'] }).run(body)));
  scaled.flat().forEach((value, i) => expect(value).toBeCloseTo([...a.map((x) => 2 * x), 4 * b[0]!, ...seen][i]!, 4));
});

describe('around bnn.fit', () => {
  const mask = () => tf.tensor1d([true, true, false, true, false, false], 'bool');

  async function train(engine: 'compiled' | 'eager', y: Tensor, wrap: (body: () => Promise<unknown>) => Promise<unknown>, name?: string) {
    const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })] });
    const bnn = new VariationalBNN({
      net,
      prior: priors.iid(dist.normal(0, 1)),
      likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }),
      guide: guides.autoNormal({ initScale: 0.1 }),
      ...(name === undefined ? {} : { name }),
    });
    const fit = () => bnn.fit({ x: wavy([6, 2]), y }, { optim: optim.adam({ lr: 0.05 }), epochs: 30, engine });
    const { losses } = (await seeded(1, () => wrap(fit))) as { losses: number[] };
    const parameters = bnn.paramStore.names().flatMap((each) => values(bnn.paramStore.get(each)));
    bnn.dispose();
    return [...losses, ...parameters];
  }

  test.each(['compiled', 'eager'] as const)('%s training does not see targets that are masked', async (engine) => {
    const y = wavy([6, 1], 30);
    const other = tf.where(tf.reshape(mask(), [6, 1]), y, tf.fill([6, 1], 50));
    const masked = (body: () => Promise<unknown>) => selectiveMask({ mask: mask(), expose: ['likelihood.data'] }).run(body);
    const expected = await train(engine, y, masked);
    expect(await train(engine, other, masked)).toEqual(expected);
    expect(await train(engine, other, (body) => body())).not.toEqual(expected);
    expect(warnings()).not.toHaveBeenCalled();
  });

  test('compiled training is eager training, of a network with a name too', async () => {
    const y = wavy([6, 1], 30);
    const wrap = (body: () => Promise<unknown>) =>
      selectiveScale({ scale: 0.1, hide: ['net.likelihood.data'] }).run(() => selectiveMask({ mask: mask(), expose: ['net.likelihood.data'] }).run(body));
    const [compiled, eager] = [await train('compiled', y, wrap, 'net'), await train('eager', y, wrap, 'net')];
    compiled.forEach((value, i) => expect(Math.abs(value - eager[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(eager[i]!))));
    expect(warnings()).not.toHaveBeenCalled();
  });

  test('a mask must not make more of the data than there are', async () => {
    const bnn = new VariationalBNN({
      net: sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] }),
      prior: priors.iid(dist.normal(0, 1)),
      likelihood: likelihoods.homoskedasticGaussian({ scale: 0.5 }),
      guide: guides.autoNormal(),
    });
    const data = { x: wavy([6, 2]), y: wavy([6, 1]) };
    const lossUnder = async (shape: number[]): Promise<number> => {
      const handler = selectiveMask({ mask: tf.ones(shape, 'bool'), expose: ['likelihood.data'] });
      const fit = (): Promise<{ losses: number[] }> => bnn.fit(data, { optim: optim.sgd({ lr: 1e-30 }), epochs: 1 });
      return (await effects.seed({ seed: 3 }).run(() => handler.run(fit))).losses[0]!;
    };
    const whole = await lossUnder([]);
    for (const shape of [[6], [1]]) expect(await lossUnder(shape)).toBeCloseTo(whole, 4);
    // Targets of shape [6, 1] are six data, not a column that broadcasts against a row.
    await expect(lossUnder([6, 1])).rejects.toThrow(/site "likelihood.data": its mask has shape \[6, 1\], .* \[6\]/);
    await expect(lossUnder([1, 1])).rejects.toThrow('[1, 1]');
    await expect(lossUnder([3])).rejects.toThrow('[3]');
    bnn.dispose();
  });

  test('a scale for all but the data weighs the divergence from the prior', async () => {
    const y = wavy([6, 1], 30);
    /** The first loss: expected -log-likelihood at the initial guide, and `weight` times the divergence. */
    const first = async (weight: number) => (await train('eager', y, (body) => selectiveScale({ scale: weight, hide: ['likelihood.data'] }).run(body)))[0]!;
    const [half, one, two] = [await first(0.5), await first(1), await first(2)];
    // KL(Normal(m, 0.1) || Normal(0, 1)) for two weights of one and a bias of zero.
    const divergence = [1, 1, 0].reduce((sum, m) => sum + (0.01 + m * m - 1) / 2 - Math.log(0.1), 0);
    expect(one - half).toBeCloseTo(divergence / 2, 3);
    expect(two - one).toBeCloseTo(divergence, 3);
  });
});
