/** @file Predictions of a network, one for each draw of its weights. */
import * as tf from '@tensorflow/tfjs-core';
import { DrawEngine, handlers, joinDraws, randomStream } from '@tychejs/ppl';
import type { DrawRequest, DrawStats } from '@tychejs/ppl';
import type { NetInput } from './lift/net.ts';

/** From how many draws on `'auto'` compiles: the next predictions for inputs of this shape need no compiling. */
const WORTHWHILE = 8;

const WHERE = 'bnn.predict';

/** How predictions are made. */
export interface Predictor<P> {
  /** One prediction: draws the weights, under the handlers in force. */
  readonly draw: (x: NetInput) => P;
  /** Predictions as one, with a new first dimension. */
  readonly stack: (predictions: readonly P[]) => P;
  /** Whether predictions depend on nothing but input, weights and handlers. */
  readonly isClosed: boolean;
}

/** Draws predictions: by a program, or, where there is none, eagerly. The two differ by rounding only. */
export class Predictions<P> {
  private readonly predictor: Predictor<P>;
  private readonly engine: DrawEngine<[NetInput]>;

  constructor(predictor: Predictor<P>) {
    this.predictor = predictor;
    this.engine = new DrawEngine<[NetInput]>({
      where: WHERE,
      body: (x) => predictor.stack([predictor.draw(x)]),
      worthwhile: WORTHWHILE,
      isClosed: predictor.isClosed,
      subject: this,
    });
  }

  /** How the last ones were made. */
  get stats(): DrawStats {
    return this.engine.stats;
  }

  /** @returns predictions along a new first dimension; the caller's. */
  draw(x: NetInput, request: DrawRequest): P {
    const stream = randomStream(WHERE);
    const joined = joinDraws(this.engine, stream, [x], request);
    if (joined !== null) return joined as P;
    const { draw, stack } = this.predictor;
    const each = (_: unknown, i: number): P => tf.tidy(() => handlers.seed({ seed: stream.fold(i) }).run(() => draw(x)) as never);
    return stack(Array.from({ length: request.count }, each));
  }
}
