/** @file Draws of several chains, as all diagnostics take them. */

/** `[chain, draw]`: chains of equal length. */
export type Chains = readonly ArrayLike<number>[];

/**
 * `chains` as float64 arrays, without copying those that are.
 *
 * @throws RangeError when there are no chains, or their lengths differ.
 */
export function checkChains(where: string, chains: Chains): Float64Array[] {
  const lengths = chains.map((chain) => chain.length);
  if (lengths.length === 0) throw new RangeError(`${where}: expected draws as [chain, draw], got no chains`);
  if (lengths.some((length) => length !== lengths[0])) {
    throw new RangeError(`${where}: chains must be of equal length, got lengths ${lengths.join(', ')}`);
  }
  return chains.map((chain) => (chain instanceof Float64Array ? chain : Float64Array.from(chain)));
}

/** Each chain cut into two halves; the middle draw of an odd number is left out. */
export function splitChains(chains: readonly Float64Array[]): Float64Array[] {
  return chains.flatMap((chain) => {
    const half = Math.floor(chain.length / 2);
    return [chain.subarray(0, half), chain.subarray(chain.length - half)];
  });
}

/** All draws, chain after chain. */
export function pool(chains: Chains): Float64Array {
  const pooled = new Float64Array(chains.reduce((total, chain) => total + chain.length, 0));
  let at = 0;
  for (const chain of chains) {
    pooled.set(chain, at);
    at += chain.length;
  }
  return pooled;
}

/** Whether there is something to diagnose: at least four draws a chain, all finite, not all the same. */
export function isDiagnosable(chains: Chains): boolean {
  const first = chains[0];
  if (first === undefined || first.length < 4) return false;
  let varies = false;
  for (const chain of chains) {
    for (let i = 0; i < chain.length; i++) {
      const draw = chain[i] ?? Number.NaN;
      if (!Number.isFinite(draw)) return false;
      if (draw !== first[0]) varies = true;
    }
  }
  return varies;
}
