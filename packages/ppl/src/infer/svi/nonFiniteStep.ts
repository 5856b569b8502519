/** @file The error of a step whose loss or gradients are no numbers. */

/** A loss or a gradient is NaN or infinite, so that the step was not taken; the message says where that comes from. */
export class NonFiniteStep extends Error {
  override readonly name: string = 'NonFiniteStep';
}
