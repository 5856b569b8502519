/** @file The distributions whose draws programs make themselves. */

/** Standard normal draws, uniform ones in (0, 1), exponential ones of rate 1. */
export type NoiseKind = 'normal' | 'uniform' | 'exponential';

/** All of them. */
export const NOISE_KINDS: readonly NoiseKind[] = ['normal', 'uniform', 'exponential'];

/** An input that a program draws itself. */
export interface NoiseInput {
  /** Its place among the inputs. */
  readonly input: number;
  readonly kind: NoiseKind;
}

/** Bytes of the key of one input: two words. */
export const KEY_BYTES = 8;
