/** @file How weighted particles lie: the mass matrix that moves them well. */
import type { InverseMassMatrix } from '../mcmc/metric.ts';

// Stan's: as if five more particles had been seen, of this variance.
const PRIOR_COUNT = 5;
const PRIOR_VARIANCE = 1e-3;

/**
 * The (co)variance of weighted particles, shrunk a little towards a small multiple of the identity, as M⁻¹.
 *
 * @param weights - of sum 1.
 * @param ess - how many particles of equal weight they are worth.
 */
export function spreadOf(
  positions: readonly Float64Array[],
  weights: Float64Array,
  ess: number,
  kind: 'diagonal' | 'dense',
): InverseMassMatrix {
  const n = positions[0]?.length ?? 0;
  const mean = new Float64Array(n);
  each(positions, weights, (q, weight) => {
    for (let i = 0; i < n; i++) mean[i] = (mean[i] as number) + weight * (q[i] as number);
  });
  const isDense = kind === 'dense';
  const values = Array.from({ length: isDense ? n * n : n }, () => 0);
  const deviation = new Float64Array(n);
  each(positions, weights, (q, weight) => {
    for (let i = 0; i < n; i++) deviation[i] = (q[i] as number) - (mean[i] as number);
    for (let i = 0; i < n; i++) {
      const scaled = weight * (deviation[i] as number);
      if (!isDense) values[i] = (values[i] as number) + scaled * (deviation[i] as number);
      else for (let j = 0; j < n; j++) values[i * n + j] = (values[i * n + j] as number) + scaled * (deviation[j] as number);
    }
  });
  const share = ess / (ess + PRIOR_COUNT);
  const floor = (1 - share) * PRIOR_VARIANCE;
  return { kind, values: values.map((value, i) => share * value + (!isDense || i % (n + 1) === 0 ? floor : 0)) };
}

/** Particles without weight are passed over: they may lie anywhere. */
function each(positions: readonly Float64Array[], weights: Float64Array, visit: (q: Float64Array, weight: number) => void): void {
  positions.forEach((q, i) => {
    const weight = weights[i] ?? 0;
    if (weight > 0) visit(q, weight);
  });
}
