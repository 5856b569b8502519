/** @file Predictions of a network, one for each draw of its weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { DrawEngine, checkOptions, handlers, joinDraws, randomStream } from '@tychejs/ppl';
import type { DrawStats, Engine } from '@tychejs/ppl';
import type { NetInput } from './lift/net.ts';
import type { Likelihood } from './likelihoods/likelihood.ts';
import type { Latents, PosteriorDraws } from './posteriorDraws.ts';

/** From how many draws on `'auto'` compiles: the next predictions for inputs of this shape need no compiling. */
const WORTHWHILE = 8;

const WHERE = 'bnn.predict';

export interface PredictOptions {
  /** Number of draws of the weights. */
  readonly numSamples: number;
  /** Whether to make one prediction of them; true by default. */
  readonly aggregate?: boolean;
  /**
   * Whether draws are compiled, once for each shape of the input; `'auto'`, the default: from eight draws on, where that can
   * be done. Handlers around that look at every draw see eager ones only.
   */
  readonly engine?: Engine;
}

/** How predictions are made. */
export interface Predictor<P> {
  /** One prediction, under the handlers in force. @param latents - draws of latent sites, if there are {@link PosteriorDraws}. */
  readonly draw: (x: NetInput, latents: Latents) => P;
  readonly likelihood: Likelihood<P>;
  /** What predictions depend on besides input, parameters and handlers: other objects once it has changed; null if nobody knows. */
  readonly closure: (() => readonly unknown[]) | null;
}

/** The mean error and mean log-likelihood of targets under the prediction that `predict` gives. */
export function evaluatePredictions<P>(likelihood: Likelihood<P>, predict: () => P, y: Tensor): { error: number; logLikelihood: number } {
  const mean = { reduction: 'mean' } as const;
  const [error = NaN, logLikelihood = NaN] = tf.tidy(() => {
    const predictions = predict();
    const measures = [likelihood.error(predictions, y, mean), likelihood.logLikelihood(predictions, y, mean)];
    return measures.map((measure) => measure.dataSync()[0] ?? NaN) as never;
  }) as unknown as number[];
  return { error, logLikelihood };
}

/** Draws predictions: by a program, or, where there is none, eagerly. The two differ by rounding only. */
export class Predictions<P> {
  private readonly predictor: Predictor<P>;
  private readonly engine: DrawEngine<[Latents, NetInput]>;

  constructor(predictor: Predictor<P>) {
    this.predictor = predictor;
    this.engine = new DrawEngine<[Latents, NetInput]>({
      where: WHERE,
      body: (latents, x) => predictor.likelihood.stack([predictor.draw(x, latents)]),
      worthwhile: WORTHWHILE,
      closure: predictor.closure,
      subject: this,
    });
  }

  /** How the last ones were made. */
  get stats(): DrawStats {
    return this.engine.stats;
  }

  /**
   * What the likelihood predicts at `x`: one prediction for all draws, or with `aggregate: false` those of all draws along a
   * new first dimension. The tensors are the caller's.
   *
   * @param posterior - draws of the latent sites, to be used evenly spaced; none where the predictor itself draws them.
   */
  predict(x: NetInput, options: PredictOptions, posterior: PosteriorDraws | null = null): P {
    return tf.tidy(() => {
      const draws = this.draw(x, options, posterior);
      return (options.aggregate === false ? draws : this.predictor.likelihood.aggregatePredictions(draws)) as never;
    });
  }

  /** The mean error and mean log-likelihood of targets under the aggregated prediction. */
  evaluate(
    x: NetInput,
    y: Tensor,
    options: Omit<PredictOptions, 'aggregate'>,
    posterior: PosteriorDraws | null = null,
  ): { error: number; logLikelihood: number } {
    checkOptions('bnn.evaluate', options, ['numSamples', 'engine']);
    const { likelihood } = this.predictor;
    return evaluatePredictions(likelihood, () => likelihood.aggregatePredictions(this.draw(x, options, posterior)), y);
  }

  private draw(x: NetInput, options: PredictOptions, posterior: PosteriorDraws | null): P {
    checkOptions(WHERE, options, ['numSamples', 'aggregate', 'engine']);
    const count: unknown = options?.numSamples;
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1) {
      throw new RangeError(`${WHERE}: numSamples must be a positive integer, got ${String(count)}`);
    }
    const { draw, likelihood } = this.predictor;
    const chosen = posterior?.choose(WHERE, count) ?? [];
    const latents = (i: number): Latents => posterior?.tensors(chosen[i] ?? 0) ?? {};
    const stream = randomStream(WHERE);
    const request = { count, engine: options.engine ?? 'auto', numOwn: posterior?.names.length ?? 0 };
    const joined = joinDraws(this.engine, stream, [latents(0), x], request, (i, target) => posterior?.write(chosen[i] ?? 0, target));
    if (joined !== null) return joined as P;
    const each = (_: unknown, i: number): P => tf.tidy(() => handlers.seed({ seed: stream.fold(i) }).run(() => draw(x, latents(i))) as never);
    return likelihood.stack(Array.from({ length: count }, each));
  }
}
