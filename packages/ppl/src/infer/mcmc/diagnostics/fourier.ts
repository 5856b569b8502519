/** @file The fast Fourier transform. */

/**
 * Replaces the complex numbers xₙ by Σₙ xₙ exp(-2πi k n / N), in place, for N a power of two (Cooley and Tukey 1965,
 * decimation in time).
 */
export function fourierTransform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  reverseBits(real, imaginary);
  for (let half = 1; half < size; half *= 2) {
    const step = -Math.PI / half;
    for (let k = 0; k < half; k++) {
      const cos = Math.cos(step * k);
      const sin = Math.sin(step * k);
      for (let top = k; top < size; top += 2 * half) {
        const bottom = top + half;
        const re = (real[bottom] as number) * cos - (imaginary[bottom] as number) * sin;
        const im = (real[bottom] as number) * sin + (imaginary[bottom] as number) * cos;
        real[bottom] = (real[top] as number) - re;
        imaginary[bottom] = (imaginary[top] as number) - im;
        real[top] = (real[top] as number) + re;
        imaginary[top] = (imaginary[top] as number) + im;
      }
    }
  }
}

/** Exchanges the entries whose indices are one another's bits in reverse. */
function reverseBits(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 0, j = 0; i < size; i++) {
    if (i < j) {
      [real[i], real[j]] = [real[j] as number, real[i] as number];
      [imaginary[i], imaginary[j]] = [imaginary[j] as number, imaginary[i] as number];
    }
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j |= bit;
  }
}
