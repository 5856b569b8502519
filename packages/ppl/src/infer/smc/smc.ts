/** @file Sequential Monte Carlo from prior to posterior. */
import { randomStream } from '../../primitives.ts';
import { RandomStream } from '../../random/stream.ts';
import { currentStack } from '../../runtime/stack.ts';
import { breathe } from '../../util/breathe.ts';
import { progressSink } from '../../util/progress.ts';
import { drawLatents } from '../importance/latentDraws.ts';
import { systematicResample } from '../importance/resampling.ts';
import { logMeanExp, normalisedWeights, relativeStandardError, weightsEss } from '../importance/weights.ts';
import { Callbacks } from '../mcmc/callbacks.ts';
import { createMetric } from '../mcmc/metric.ts';
import { explain } from '../mcmc/model/explain.ts';
import { ModelRun } from '../mcmc/model/modelRun.ts';
import type { SampleArray } from '../mcmc/samples.ts';
import type { Program } from '../svi/loss.ts';
import { Mover } from './moves.ts';
import { checkSmcOptions, type SmcOptions, type SmcSettings } from './smcOptions.ts';
import { describeStages, type SmcSamples, type SmcStage } from './smcSamples.ts';
import { spreadOf } from './spread.ts';
import { temperedDensity, type TemperedDensity } from './temperedDensity.ts';
import { nextTemperature } from './tempering.ts';

const WHERE = 'infer.smc';
const BREATHE_MS = 30;
/** A dense mass matrix wants so many particles a dimension, and not too many dimensions to multiply by. */
const PARTICLES_A_DIMENSION = 10;
const MOST_DENSE = 100;

/**
 * Draws from a posterior by way of prior · likelihoodᵝ, β from 0 to 1: particles drawn from the prior are weighted, resampled
 * (systematically) and moved by HMC, at temperatures that are chosen so that each step keeps enough of them. It estimates the
 * evidence, and finds several modes if the prior reaches them.
 *
 * Source: Del Moral, Doucet and Jasra, "Sequential Monte Carlo samplers" (2006), section 3.3.2.3; Buchholz, Chopin and Jacob,
 * "Adaptive tuning of Hamiltonian Monte Carlo within sequential Monte Carlo" (2021) on the moves.
 *
 * @param args - the model's arguments.
 * @throws TypeError or RangeError for options that are none; SiteError when a latent site is discrete or a plate subsamples.
 * @throws Error when a prior is improper, no particle could have led to the observations; for engine `'compiled'` when the
 *   model cannot be compiled. The signal's reason when aborted.
 */
export async function smc<A extends unknown[]>(model: Program<A>, options: SmcOptions, ...args: A): Promise<SmcSamples> {
  const settings = checkSmcOptions(WHERE, options);
  if (typeof model !== 'function') throw new TypeError(`${WHERE}: takes a model first, which is a function; got ${typeof model}`);
  const stream = settings.seed === undefined ? randomStream('smc') : RandomStream.fromSeed(settings.seed);
  const stack = currentStack();
  const run = new ModelRun(model, args, stream.fold('model'), settings.engine !== 'eager');
  const density = temperedDensity(run, model, settings.engine);
  const { numParticles: count, parallel, signal } = settings;
  const program = (): unknown => model(...args);
  const draws = await drawLatents({ where: WHERE, program, count, stream: stream.fold('prior'), stack, parallel, signal });
  const positions = Array.from({ length: count }, (_, i) =>
    density.unconstrain(
      run.sites.map(({ name }) => {
        const data = draws.sites.get(name)?.data ?? new Float64Array(0);
        return data.subarray((i * data.length) / count, ((i + 1) * data.length) / count);
      }),
    ),
  );
  return new SmcRun(density, settings, stream.fold('particles'), (q) => explain(run, q)).run(positions);
}

/** One run, from particles of the prior on. */
class SmcRun {
  private readonly density: TemperedDensity;
  private readonly settings: SmcSettings;
  private readonly stream: RandomStream;
  private readonly explain: (q: Float64Array) => string | null;
  private readonly callbacks: Callbacks = new Callbacks();
  private lastBreath: number = performance.now();

  constructor(density: TemperedDensity, settings: SmcSettings, stream: RandomStream, explain: (q: Float64Array) => string | null) {
    this.density = density;
    this.settings = settings;
    this.stream = stream;
    this.explain = explain;
  }

  async run(prior: readonly Float64Array[]): Promise<SmcSamples> {
    const { density, settings, callbacks } = this;
    const mover = new Mover(density, settings, () => this.breathe());
    const sink = progressSink(settings);
    const stages: SmcStage[] = [];
    let positions = prior;
    let logEvidence = 0;
    let squaredError = 0;
    try {
      for (let temperature = 0; temperature < 1; ) {
        const logLikelihoods = await this.logLikelihoods(positions);
        const next = nextTemperature(logLikelihoods, temperature, settings.essThreshold);
        const logWeights = logLikelihoods.map((x) => (x === -Infinity ? x : (next - temperature) * x));
        const own = this.stream.fold(stages.length);
        const ess = weightsEss(logWeights);
        const weights = normalisedWeights(logWeights);
        const metric = createMetric(density.dimension, spreadOf(positions, weights, ess, this.massMatrix));
        const indices = systematicResample(weights, own.uniform());
        positions = Array.from(indices, (i) => (positions[i] as Float64Array).slice());
        density.temperature = next;
        temperature = next;
        const moves = await mover.move(positions, metric, own);
        logEvidence += logMeanExp(logWeights);
        squaredError += relativeStandardError(logWeights) ** 2;
        const stage = { stage: stages.length + 1, temperature, ess, logEvidence: logMeanExp(logWeights), ...moves };
        stages.push(stage);
        const { acceptProb, stepSize } = moves;
        sink.update({ label: 'smc', current: Math.floor(100 * temperature), total: 100, metrics: { stage: stage.stage, accept: acceptProb, step: stepSize } });
        callbacks.add(settings.onProgress?.(stage));
        callbacks.check();
      }
      await callbacks.done();
    } finally {
      sink.finish();
    }
    const logEvidenceSe = Math.sqrt(squaredError);
    return {
      samples: await this.constrained(positions),
      logEvidence,
      logEvidenceSe,
      stages,
      temperatures: stages.map(({ temperature }) => temperature),
      warnings: describeStages(stages, logEvidenceSe),
    };
  }

  private get massMatrix(): 'diagonal' | 'dense' {
    const { massMatrix, numParticles } = this.settings;
    if (massMatrix !== 'auto') return massMatrix;
    const { dimension } = this.density;
    return dimension <= MOST_DENSE && numParticles >= PARTICLES_A_DIMENSION * dimension ? 'dense' : 'diagonal';
  }

  /** @throws Error when no particle has a likelihood. */
  private async logLikelihoods(positions: readonly Float64Array[]): Promise<Float64Array> {
    const { density } = this;
    const gradient = new Float64Array(density.dimension);
    const result = new Float64Array(positions.length);
    for (const [i, q] of positions.entries()) {
      density.evaluate(q, gradient);
      const { logLikelihood } = density;
      // Where a draw lies at the very edge of its support, densities may not be numbers.
      result[i] = Number.isNaN(logLikelihood) ? -Infinity : logLikelihood;
      if (logLikelihood === Infinity) throw new Error(`${WHERE}: the likelihood is infinite at a particle; is a scale zero?`);
      await this.breathe();
    }
    if (result.some((x) => x > -Infinity)) return result;
    const why = this.explain(positions[0] ?? new Float64Array(0));
    throw new Error(
      `${WHERE}: none of the ${positions.length} particles from the prior could have led to the observations.` +
        `${why === null ? '' : ` At the first, ${why}.`} Take more particles, or a prior that knows more`,
    );
  }

  private async constrained(positions: readonly Float64Array[]): Promise<Record<string, SampleArray>> {
    const samples: Record<string, SampleArray> = {};
    for (const [i, q] of positions.entries()) {
      for (const [name, { data, shape }] of Object.entries(this.density.constrain(q))) {
        const site = (samples[name] ??= { data: new Float64Array(positions.length * data.length), shape: [positions.length, ...shape] });
        site.data.set(data, i * data.length);
      }
      await this.breathe();
    }
    return samples;
  }

  /** Lets the event loop turn now and then. @throws the signal's reason when aborted. */
  private breathe(): Promise<void> {
    if (performance.now() - this.lastBreath < BREATHE_MS) return READY;
    return breathe().then(() => {
      this.settings.signal?.throwIfAborted();
      this.lastBreath = performance.now();
    });
  }
}

const READY: Promise<void> = Promise.resolve();
