/** @file The options that HMC and NUTS share. */
import { checkOptions } from '../../util/options.ts';
import { checkPositive } from './checks.ts';
import type { TransitionKernel } from './kernel.ts';
import type { LogDensity } from './logDensity.ts';
import type { InverseMassMatrix } from './metric.ts';
import type { Engine, Model } from './target.ts';

export interface KernelOptions {
  /**
   * The first step size; default 1. With step size adaptation on and a warm-up, it is where the search for a reasonable
   * one begins; otherwise it is used as it is. Left out, a reasonable one is always searched for.
   */
  readonly stepSize?: number;
  /** The mean acceptance statistic that the step size is tuned to; default 0.8. Raise it against divergences. */
  readonly targetAcceptProb?: number;
  /**
   * The form of the mass matrix that warm-up estimates. 'auto', the default, is diagonal but for those directions in which
   * correlations change the scale by more than a factor; with `adaptation: 'stan'` it is the same as 'diagonal'.
   * 'identity' estimates none.
   */
  readonly massMatrix?: 'auto' | 'diagonal' | 'dense' | 'identity';
  /**
   * M⁻¹ to begin with: its diagonal, or for 'dense' the whole matrix row by row. By default the identity, or, where warm-up
   * learns from gradients, a diagonal of the inverse gradient at the initial point.
   */
  readonly inverseMassMatrix?: ArrayLike<number>;
  /**
   * How warm-up learns the mass matrix: 'gradient', the default, from draws and gradients together, from the first draws
   * on; 'stan' from the covariance of draws, in Stan's windows.
   */
  readonly adaptation?: 'gradient' | 'stan';
  /** Whether warm-up tunes the step size; default true. */
  readonly adaptStepSize?: boolean;
  /** Whether warm-up estimates the mass matrix; default true. */
  readonly adaptMassMatrix?: boolean;
  /** How a model is made a log density; default 'auto'. Without effect on a kernel given a `LogDensity`. */
  readonly engine?: Engine;
}

/** Names of {@link KernelOptions}, for checks. */
export const KERNEL_OPTIONS: readonly string[] = [
  'stepSize', 'targetAcceptProb', 'massMatrix', 'inverseMassMatrix', 'adaptation', 'adaptStepSize', 'adaptMassMatrix',
  'engine',
];

/** {@link KernelOptions}, checked and complete. */
export interface KernelSettings {
  /** Undefined: search for a reasonable one, even when it is not adapted. */
  readonly stepSize: number | undefined;
  readonly targetAcceptProb: number;
  readonly massMatrix: 'auto' | 'diagonal' | 'dense' | 'identity';
  readonly inverseMassMatrix: readonly number[] | undefined;
  readonly adaptation: 'gradient' | 'stan';
  readonly adaptStepSize: boolean;
  readonly adaptMassMatrix: boolean;
  readonly engine: Engine;
}

/** What `MCMC` asks of HMC and NUTS: a model or density, and how to make transitions over it. */
export interface McmcKernel {
  /** As users call it, such as `infer.NUTS`: a checkpoint is for a kernel of the same name. */
  readonly name?: string;
  readonly target: Model | LogDensity;
  readonly settings: KernelSettings;
  /** The transitions of this kernel over `density`, with working memory of their own: one for each chain. */
  bind(density: LogDensity): TransitionKernel;
}

const MASS_MATRICES = ['auto', 'diagonal', 'dense', 'identity'];
const ADAPTATIONS = ['gradient', 'stan'];
const ENGINES = ['auto', 'compiled', 'eager'];

/** @throws TypeError or RangeError that says which option is wrong, and how. */
export function checkKernelOptions(where: string, options: KernelOptions, allowed: readonly string[]): KernelSettings {
  checkOptions(where, options, allowed);
  const {
    stepSize, targetAcceptProb = 0.8, massMatrix = 'auto', inverseMassMatrix, adaptation = 'gradient', engine = 'auto',
  } = options;
  if (stepSize !== undefined) checkPositive(where, 'stepSize', stepSize);
  if (!(targetAcceptProb > 0 && targetAcceptProb < 1)) {
    throw new RangeError(`${where}: targetAcceptProb must lie between 0 and 1, got ${targetAcceptProb}`);
  }
  checkOneOf(where, 'massMatrix', massMatrix, MASS_MATRICES);
  checkOneOf(where, 'adaptation', adaptation, ADAPTATIONS);
  checkOneOf(where, 'engine', engine, ENGINES);
  if (massMatrix === 'identity' && inverseMassMatrix !== undefined) {
    throw new TypeError(`${where}: massMatrix 'identity' takes no inverseMassMatrix; choose 'diagonal' or 'dense'`);
  }
  return {
    stepSize,
    targetAcceptProb,
    massMatrix,
    inverseMassMatrix: inverseMassMatrix && Array.from(inverseMassMatrix),
    adaptation,
    adaptStepSize: options.adaptStepSize ?? true,
    adaptMassMatrix: options.adaptMassMatrix ?? true,
    engine,
  };
}

/** M⁻¹ before any adaptation, in `dimension` dimensions. */
export function initialInverseMassMatrix(settings: KernelSettings, dimension: number): InverseMassMatrix {
  const { massMatrix, inverseMassMatrix: given } = settings;
  if (massMatrix === 'identity') return { kind: 'identity' };
  const kind = massMatrix === 'dense' ? 'dense' : 'diagonal';
  if (given) return { kind, values: given };
  if (kind === 'diagonal') return { kind, values: Array.from({ length: dimension }, () => 1) };
  const isDiagonal = (i: number) => i % (dimension + 1) === 0;
  return { kind, values: Array.from({ length: dimension * dimension }, (_, i) => (isDiagonal(i) ? 1 : 0)) };
}

function checkOneOf(where: string, name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    const choices = allowed.map((choice) => `'${choice}'`).join(', ');
    throw new TypeError(`${where}: ${name} must be one of ${choices}, got '${value}'`);
  }
}
