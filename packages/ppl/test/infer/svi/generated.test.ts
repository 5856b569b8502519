/** @file Losses and gradients of generated models under AutoNormal, against plain arithmetic and finite differences. */
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import { getParamStore, guides, Handler, handlers, infer, ready } from '@tychejs/ppl';
import { initToSample } from '../../../src/infer/initialisation/index.ts';
import { runParticle } from '../../../src/infer/svi/particle.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import type { Message } from '../../../src/runtime/message.ts';
import type { SampleSite } from '../../../src/runtime/site.ts';
import type { Trace } from '../../../src/runtime/trace.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { arbitraryModel, logJoint, modelOf } from '../../helpers/models.ts';
import type { Model } from '../../helpers/models.ts';
import { estimate, lossAt } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

const continuous = arbitraryModel({ discrete: false });

/** Runs `body` with the model and a guide for it, and a store that holds their parameters and nothing else. */
function withGuide<R>(model: Model, body: (model: () => unknown, guide: () => unknown) => R): R {
  getParamStore().clear();
  const program = modelOf(model);
  const guide = new guides.AutoNormal(program, { initLoc: initToSample(), initScale: 0.3 });
  // The first run makes the parameters.
  handlers.seed({ seed: 1 }).run(() => tf.tidy(() => guide()));
  return body(program, guide);
}

/** The joint run that a loss with `seed` makes of its first particle. */
function particle(model: () => unknown, guide: () => unknown, seed: number): { model: Trace; guide: Trace } {
  const stream = RandomStream.fromSeed(seed).fold('elbo').fold(0).fold(0);
  return runParticle(model, guide, [], { stream });
}

/** log q of one site, element by element: a normal, or the exponential of one. */
function logGuide(site: SampleSite, guide: Trace): number {
  const parameter = (kind: string): { values: ArrayLike<number>; shape: number[] } => {
    const value = getParamStore().get(`AutoNormal.${kind}.${site.name}`);
    const result = { values: value.dataSync().slice(), shape: value.shape };
    value.dispose();
    return result;
  };
  const [locs, scales] = [parameter('locs'), parameter('scales')];
  const { shape } = site.value;
  let sum = 0;
  site.value.dataSync().forEach((value, i) => {
    const at = fullIndex(i, shape, locs.shape, site, guide);
    const isPositive = site.distribution.support.name === 'positive';
    const x = isPositive ? Math.log(value) : value;
    const [loc, scale] = [locs.values[at]!, scales.values[at]!];
    sum += -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI) - (isPositive ? x : 0);
  });
  const scale = site.plates.reduce((product, frame) => (product * frame.size) / frame.subsampleSize, 1);
  return scale * sum;
}

/** Where element `i` of a value, whose plates may be subsampled, stands in a parameter with plates in full. */
function fullIndex(i: number, shape: number[], fullShape: number[], site: SampleSite, guide: Trace): number {
  let rest = i;
  let index = 0;
  let stride = 1;
  for (let dim = -1; dim >= -shape.length; dim--) {
    const position = rest % shape.at(dim)!;
    rest = Math.floor(rest / shape.at(dim)!);
    const frame = site.plates.find((candidate) => candidate.dim === dim);
    const chosen = frame === undefined ? null : (guide.nodes.get(frame.name) as { value: Int32Array }).value;
    index += stride * (chosen === null ? position : chosen[position]!);
    stride *= fullShape.at(dim)!;
  }
  return index;
}

test('the loss is log q - log p, plates, subsamples, factors and all', () => {
  fc.assert(
    fc.property(continuous, fc.nat(), (statements, seed) => {
      withGuide(statements, (model, guide) => {
        const expected = tf.tidy(() => {
          const traces = particle(model, guide, seed);
          const logQ = traces.guide.stochasticSites().reduce((sum, site) => sum + logGuide(site, traces.guide), 0);
          return logQ - logJoint(statements, traces.model);
        });
        const loss = lossAt(new infer.TraceELBO(), model, guide, seed);
        expect(Math.abs(loss - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
      });
    }),
    { numRuns: 40, seed: 1 },
  );
});

test.each([
  ['TraceELBO', () => new infer.TraceELBO()],
  ['TraceMeanFieldELBO', () => new infer.TraceMeanFieldELBO()],
] as const)('P29: gradients of the seeded %s are its finite differences', (_, make) => {
  const step = 1e-2;
  fc.assert(
    fc.property(continuous, fc.nat(), (statements, seed) => {
      withGuide(statements, (model, guide) => {
        const { loss, gradients } = estimate(make(), model, guide, seed);
        for (const [name, gradient] of Object.entries(gradients)) {
          const variable = getParamStore().variable(name);
          // The first element stands for all: they are treated alike.
          const at = (change: number): number => {
            const values = Float32Array.from(variable.dataSync());
            const kept = Float32Array.from(values);
            values[0]! += change;
            assign(variable, values);
            const moved = lossAt(make(), model, guide, seed);
            assign(variable, kept);
            return moved;
          };
          // Extrapolated from two steps, so that the error is of fourth order; what float32 rounds off remains.
          const [narrow, wide] = [step, 2 * step].map((h) => (at(h) - at(-h)) / (2 * h));
          const slope = (4 * narrow! - wide!) / 3;
          const rounding = (1e-6 * (1 + Math.abs(loss))) / step;
          expect(Math.abs(gradient[0]! - slope)).toBeLessThan(0.01 * (1 + Math.abs(slope)) + rounding);
        }
      });
    }),
    { numRuns: 8, seed: 2 },
  );
});

function assign(variable: tf.Variable, values: Float32Array): void {
  const next = tf.tensor(values, variable.shape);
  variable.assign(next);
  next.dispose();
}

/** Notes the draws of particles that run together. */
class Draws extends Handler {
  readonly of = new Map<string, tf.TypedArray>();

  override postprocess(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value === null) return;
    if (message.plates.some((frame) => frame.name === '_particles')) this.of.set(message.name, message.value.dataSync().slice());
  }
}

/** Gives the same draws to particles that run one by one. */
class OneByOne extends Handler {
  private readonly draws: ReadonlyMap<string, tf.TypedArray>;
  private readonly met = new Map<string, number>();

  constructor(draws: ReadonlyMap<string, tf.TypedArray>) {
    super();
    this.draws = draws;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value !== null) return;
    const k = this.met.get(message.name) ?? 0;
    this.met.set(message.name, k + 1);
    const shape = [...message.distribution.batchShape];
    const size = shape.reduce((a, b) => a * b, 1);
    message.value = tf.tensor(this.draws.get(message.name)!.slice(k * size, (k + 1) * size), shape);
  }
}

test('P30: particles that run together have the densities that they have one by one', () => {
  const numParticles = 3;
  fc.assert(
    fc.property(arbitraryModel({ discrete: false, subsampling: false }), fc.nat(), (statements, seed) => {
      withGuide(statements, (model, guide) => {
        const draws = new Draws();
        const loss = new infer.TraceELBO({ numParticles, vectorizeParticles: true });
        const together = draws.run(() => lossAt(loss, model, guide, seed));
        const apart = new OneByOne(draws.of).run(() => lossAt(new infer.TraceELBO({ numParticles }), model, guide, seed));
        expect(Math.abs(together - apart)).toBeLessThan(1e-4 * (1 + Math.abs(apart)));
      });
    }),
    { numRuns: 25, seed: 4 },
  );
});

test('no tensors are left, whatever the model', () => {
  fc.assert(
    fc.property(continuous, (statements) => {
      withGuide(statements, (model, guide) => {
        const together = { numParticles: 2, vectorizeParticles: true };
        for (const loss of [new infer.TraceELBO(), new infer.TraceMeanFieldELBO(), new infer.IWAE(), new infer.TraceELBO(together)]) {
          estimate(loss, model, guide, 1);
          expectNoLeak(() => estimate(loss, model, guide, 2));
        }
      });
    }),
    { numRuns: 10, seed: 3 },
  );
});
