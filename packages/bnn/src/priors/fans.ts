/** @file How many inputs and outputs a weight connects. */
import type { NetParameter } from '../lift/net.ts';

export interface Fans {
  /** Inputs that one output sums over. */
  readonly in: number;
  /** Outputs that one input goes to. */
  readonly out: number;
}

/** Weights that act on one element each, of whatever shape: those of normalisation layers and of PReLU, and biases. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['bias', 'gamma', 'beta', 'alpha']);

/**
 * The fans of a weight. Kernels are `[...space, inputs, outputs]`, those of recurrent layers too, whose outputs are the
 * units of all gates side by side; kernels of transposed convolutions have outputs before inputs, depthwise ones have a
 * multiplier last and keep channels apart. An embedding reads one row at a time. Vectors and other weights that act on one
 * element each (biases, scales) have fan-in 1, and as fan-out the number of their elements.
 */
export function fansOf({ shape, role, layers }: Pick<NetParameter, 'shape' | 'role' | 'layers'>): Fans {
  if (shape.length < 2 || ELEMENTWISE.has(role)) return { in: 1, out: shape.reduce((product, size) => product * size, 1) };
  const field = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const [first = 1, last = 1] = shape.slice(-2);
  if (role === 'embeddings') return { in: 1, out: last };
  if (role === 'depthwiseKernel') return { in: field, out: field * last };
  const isTransposed = layers[0]?.getClassName().endsWith('Transpose') ?? false;
  return isTransposed ? { in: field * last, out: field * first } : { in: field * first, out: field * last };
}
