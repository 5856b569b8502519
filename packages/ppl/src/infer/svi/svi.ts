/** @file Stochastic variational inference: fitting a guide to a model by gradient descent. */
import { randomStream } from '../../primitives.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import type { Stack } from '../../runtime/stack.ts';
import { currentStack } from '../../runtime/stack.ts';
import { checkOptions } from '../../util/options.ts';
import { isValidationOn } from '../../util/validation.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import { StepEngine } from './compiled/stepEngine.ts';
import type { StepStats } from './compiled/stepEngine.ts';
import type { Loss, Program } from './loss.ts';
import type { LossFunction } from './lossOf.ts';
import { lossOf } from './lossOf.ts';
import { ParamsRead } from './paramsRead.ts';
import type { SviResult, SviRunOptions } from './runOptions.ts';
import { checkRunOptions } from './runOptions.ts';
import { SviRun } from './sviRun.ts';
import type { StepContext } from './sviStep.ts';

export interface SviOptions<A extends unknown[]> {
  readonly model: Program<A>;
  /** Samples every latent site of the model, from distributions whose parameters are `param`s. */
  readonly guide: Program<A>;
  /** Such as `optim.adam({ lr: 0.01 })`. It keeps its state, so that training can go on with another SVI. */
  readonly optim: Optimizer;
  /** Such as `new infer.TraceELBO()`, or a function `(model, guide, args) => scalar`. */
  readonly loss: Loss | LossFunction;
  /**
   * How steps are run. `'compiled'`: recorded once for each shape of the arguments, and run as WebAssembly. `'eager'`: on the
   * active tfjs backend. `'auto'`, the default unless the loss says otherwise: compiled where that can be done, with one
   * warning where it cannot; large parameters on a native or graphics backend stay there.
   */
  readonly engine?: Engine;
  /**
   * What compiled steps compute in; `'float32'` by default. `'float64'` is for models that lose their digits, such as Gaussian
   * processes with nearly singular kernels; between steps parameters are kept in it too, until their store is asked for them.
   */
  readonly precision?: 'float32' | 'float64';
}

/**
 * Fits the parameters of a guide, and of a model, by stochastic gradient descent on a loss such as -ELBO.
 *
 * A step trains the parameters that are read in it, also those that come into being in it. It runs under the handlers in
 * force when `step` or `run` was called. A step that fails leaves parameters, and variables that model and guide assign, as
 * they were, and no tensors.
 *
 * Source: Hoffman, Blei, Wang and Paisley, "Stochastic variational inference" (JMLR 2013); Wingate and Weber, "Automated
 * variational inference in probabilistic programming" (2013).
 */
export class SVI<A extends unknown[] = unknown[]> {
  private readonly engine: StepEngine<A>;
  private readonly optim: Optimizer;
  private readonly paramsRead = new ParamsRead();
  private hasStepped = false;

  /** @throws TypeError when an option is missing, unknown or of the wrong kind. */
  constructor(options: SviOptions<A>) {
    checkOptions('infer.SVI', options, ['model', 'guide', 'optim', 'loss', 'engine', 'precision']);
    checkKinds(options);
    const { model, guide, optim } = options;
    const loss = lossOf(options.loss);
    const { engine = loss.engine ?? 'auto', precision = 'float32' } = options;
    checkEngine('infer.SVI', engine);
    if (precision !== 'float32' && precision !== 'float64') {
      throw new TypeError(`infer.SVI: precision must be 'float32' or 'float64', got ${String(precision)}`);
    }
    this.engine = new StepEngine({ model, guide, loss }, optim, engine, precision);
    this.optim = optim;
  }

  /** How steps were run so far. */
  get stats(): StepStats {
    return this.engine.stats;
  }

  /**
   * Takes one step. Distribution parameters and values are checked in the first one only, and when a loss is not finite.
   *
   * @returns the loss, as it was before the parameters moved.
   * @throws Error when the loss or a gradient is not finite, naming the site or parameter; whatever model, guide and loss
   * throw, such as SiteError.
   */
  async step(...args: A): Promise<number> {
    const validate = !this.hasStepped && isValidationOn();
    const loss = await this.takeStep({ stack: this.stack(), stream: randomStream('svi.step'), validate }, args);
    this.hasStepped = true;
    return loss;
  }

  /** An estimate of the loss; nothing is learnt. @throws Error when it is NaN, naming the site or parameter. */
  async evaluateLoss(...args: A): Promise<number> {
    const stream = randomStream('svi.evaluateLoss');
    return this.engine.loss({ stack: this.stack(), stream, validate: isValidationOn() }, args);
  }

  /**
   * Takes many steps, letting the event loop turn every 30 ms.
   *
   * @returns the loss of each step, how many there were, and why the run ended.
   * @throws the signal's reason when it is aborted; TypeError and RangeError for options that are no good; Error for a
   * checkpoint that is none; what callbacks throw; else what {@link step} throws. `onCheckpoint` has been called by then.
   */
  async run(options: SviRunOptions<A>): Promise<SviResult> {
    checkRunOptions(options);
    this.review();
    const { optim, paramsRead } = this;
    const step = (context: StepContext, args: A): Promise<number> => this.takeStep(context, args);
    const result = await new SviRun({ stack: this.stack(), optim, paramsRead, step }, options).run();
    return { ...result, stats: this.stats };
  }

  /**
   * Has the next step look whether model and guide still do what they did when they were compiled. Changes of what they read
   * besides their arguments are found by themselves, but maybe some steps late; `run` begins with this.
   */
  review(): void {
    this.engine.review();
  }

  private async takeStep(context: StepContext, args: A): Promise<number> {
    const loss = await this.engine.step(context, args);
    this.optim.observe?.(loss);
    return loss;
  }

  /** The handlers in force at the call, and innermost the one that notes parameters. */
  private stack(): Stack {
    return { handler: this.paramsRead, outer: currentStack() };
  }
}

function checkKinds<A extends unknown[]>({ model, guide, optim }: SviOptions<A>): void {
  if (typeof model !== 'function') throw new TypeError(`infer.SVI: model must be a function, got ${typeof model}`);
  if (typeof guide !== 'function') {
    throw new TypeError(`infer.SVI: guide must be a function, or one of \`guides\` such as new guides.AutoNormal(model), got ${typeof guide}`);
  }
  if (typeof optim?.step !== 'function') {
    throw new TypeError('infer.SVI: optim must be made by one of `optim`, such as optim.adam({ lr: 0.01 }); optimisers of tf.train do not fit');
  }
}
