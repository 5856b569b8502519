/** @file What a Laplace approximation is made of. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkOptions } from '@tychejs/ppl';
import { VariationalBNN } from '../bnn.ts';
import { Likelihood } from '../likelihoods/likelihood.ts';
import type { CovarianceStructure } from './statistics.ts';

export interface LaplaceBNNOptions<P> {
  /** Trained: a `tf.LayersModel`, or a `VariationalBNN` with `guide: null` or `AutoDelta`. It must stay as it is from `fit` on. */
  readonly net: LayersModel | VariationalBNN<P>;
  /** That of the `VariationalBNN` by default. Outputs are logits, logarithms of rates, or means; an unknown scale of noise is estimated. */
  readonly likelihood?: Likelihood<P>;
  /** Whose weights are doubtful: `'last'`, the default, or the name of the last layer, which must be dense, without an activation. */
  readonly layers?: string;
  /** `'full'` by default; `'kronecker'` for layers that are too large for that; `'diagonal'` takes weights for independent. */
  readonly structure?: CovarianceStructure;
  /** Of the weights' prior Normal(0, 1 / precision); chosen by the marginal likelihood by default. */
  readonly priorPrecision?: number | 'marginalLikelihood';
}

const WHERE = 'LaplaceBNN';
const KEYS: readonly string[] = ['net', 'likelihood', 'layers', 'structure', 'priorPrecision'];

/** @throws TypeError unless there is one. */
export function likelihoodOf<P>({ net, likelihood }: LaplaceBNNOptions<P>): Likelihood<P> {
  const chosen = likelihood ?? (net instanceof VariationalBNN ? net.likelihood : undefined);
  if (chosen instanceof Likelihood) return chosen;
  throw new TypeError(`${WHERE}: likelihood must be one of likelihoods.*, such as likelihoods.categorical()`);
}

/** @throws RangeError unless `value` is positive and finite. */
export function checkPositive(where: string, name: string, value: unknown): void {
  if (!(typeof value === 'number' && value > 0 && value < Infinity)) throw new RangeError(`${where}: ${name} must be positive and finite, got ${String(value)}`);
}

/** @throws TypeError, RangeError for options that are missing, unknown or of the wrong kind. */
export function checkLaplaceOptions<P>(options: LaplaceBNNOptions<P>): void {
  if (options === undefined) throw new TypeError(`${WHERE}: needs options { net, likelihood }`);
  checkOptions(WHERE, options, KEYS);
  const { layers, priorPrecision = 'marginalLikelihood' } = options;
  if (layers !== undefined && typeof layers !== 'string') throw new TypeError(`${WHERE}: layers must be 'last', or the name of the last layer`);
  if (priorPrecision !== 'marginalLikelihood') checkPositive(WHERE, "priorPrecision, if not 'marginalLikelihood',", priorPrecision);
}
