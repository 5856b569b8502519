/** @file Autocovariances of chains, lag by lag as they are asked for. */
import { fourierTransform } from './fourier.ts';

/** Lags up to this one are summed one by one: most chains need no more. */
const DIRECT_LAGS = 64;

/**
 * The mean over `chains`, which are centred and of one length N, of Σₜ xₜ xₜ₊ₗ / N, as a function of the lag l. Lags beyond
 * 64 are computed all at once, by fast Fourier transform, when the first is asked for.
 */
export function meanAutocovariance(chains: readonly Float64Array[]): (lag: number) => number {
  const length = chains[0]?.length ?? 0;
  let all: Float64Array | null = null;
  return (lag) => {
    if (lag > DIRECT_LAGS) {
      all ??= allSums(chains, length);
      return (all[lag] ?? 0) / length / chains.length;
    }
    let sum = 0;
    for (const chain of chains) sum += laggedSum(chain, lag);
    return sum / length / chains.length;
  };
}

/** Σ xₜ xₜ₊ₗₐ₉, in four parts, since each addition would wait for the one before. */
function laggedSum(chain: Float64Array, lag: number): number {
  const last = chain.length - lag;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let t = 0;
  for (; t + 3 < last; t += 4) {
    a += (chain[t] as number) * (chain[t + lag] as number);
    b += (chain[t + 1] as number) * (chain[t + 1 + lag] as number);
    c += (chain[t + 2] as number) * (chain[t + 2 + lag] as number);
    d += (chain[t + 3] as number) * (chain[t + 3 + lag] as number);
  }
  for (; t < last; t++) a += (chain[t] as number) * (chain[t + lag] as number);
  return a + b + (c + d);
}

/** Σ over chains of Σ xₜ xₜ₊ₗₐ₉ for all lags: the transform of the power spectrum (Wiener and Khinchin). */
function allSums(chains: readonly Float64Array[], length: number): Float64Array {
  let size = 1;
  while (size < 2 * length) size *= 2; // zeros, so that the ends do not meet
  const power = new Float64Array(size);
  // Two chains at a time, as real and imaginary part: the power of both comes out as that of the sum.
  for (let i = 0; i < chains.length; i += 2) {
    const real = padded(chains[i], size);
    const imaginary = padded(chains[i + 1], size);
    fourierTransform(real, imaginary);
    for (let k = 0; k < size; k++) {
      power[k] = (power[k] as number) + (real[k] as number) ** 2 + (imaginary[k] as number) ** 2;
    }
  }
  // The cross terms of two chains are odd in frequency, and so make an imaginary part, which is dropped.
  fourierTransform(power, new Float64Array(size));
  return power.subarray(0, length).map((sum) => sum / size);
}

function padded(chain: Float64Array | undefined, size: number): Float64Array {
  const result = new Float64Array(size);
  if (chain !== undefined) result.set(chain);
  return result;
}
