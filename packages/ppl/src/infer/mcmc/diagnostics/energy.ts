/** @file Whether the momentum draws reach all energies of the posterior. */
import { mean } from './moments.ts';

/**
 * E-BFMI, the energy Bayesian fraction of missing information of one chain: Σ (Eₙ - Eₙ₋₁)² / Σ (Eₙ - Ē)². Below about
 * 0.3 the tails of the posterior are explored too slowly.
 *
 * Source: Betancourt, "Diagnosing suboptimal cotangent disintegrations" (arXiv 1604.00695, 2016), equation 9.
 *
 * @param energies - the Hamiltonian at each draw.
 * @returns NaN for fewer than two draws, or when the energy never changes.
 */
export function eBfmi(energies: ArrayLike<number>): number {
  const centre = mean(energies);
  let steps = 0;
  let spread = 0;
  for (let n = 0; n < energies.length; n++) {
    const energy = energies[n] ?? 0;
    if (n > 0) steps += (energy - (energies[n - 1] ?? 0)) ** 2;
    spread += (energy - centre) ** 2;
  }
  return steps / spread;
}
