/** @file The linear operation that layers and functions of one's own can do, so that handlers see it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '@tychejs/ppl';
import { separate } from './dense.ts';
import type { ChannelAxes } from './operation.ts';
import { performLinear } from './operation.ts';

export interface LinearOptions {
  /** For messages, and for the random numbers of handlers; `'linear'` by default. */
  readonly name?: string;
  /**
   * The product, if it is not that of matrices. Each element of what it gives must be a plain sum of products of an element of the
   * input with an element of the kernel (no factors beside them, no element of the kernel twice): handlers call it with squares,
   * for variances.
   */
  readonly product?: (input: Tensor, kernel: Tensor) => Tensor;
  /** Where channels stand in the input and in what the product gives: the last dimensions by default. */
  readonly channelAxes?: ChannelAxes;
}

const WHERE = 'linear';

/**
 * `input * kernel + bias`, by way of the handlers in force: what `localReparameterization` and `flipout` can act on in a custom
 * layer, or in a network that is a function. Without a handler it is the sum as it stands.
 *
 * The kernel must be the weight itself, as `weight.read()` or the second argument of `forward` gives it: of a tensor computed from
 * it nobody knows what it was drawn from. What mixes rows (the adjacency matrix of a graph) is to be multiplied before or after.
 *
 * ```ts
 * class GraphConvolution extends tf.layers.Layer {
 *   call([features, adjacency]) {
 *     return tf.relu(tf.matMul(adjacency, linear(features, this.kernel.read(), this.bias.read(), { name: this.name })));
 *   }
 * }
 * ```
 *
 * @param input - `[rows, ..., inputs]`, or `[inputs]` for one row; rows get noise, or signs, of their own.
 * @param kernel - `[inputs, outputs]`, unless there is a product.
 * @param bias - added to what the product gives; `null` for none.
 * @returns `[rows, ..., outputs]`, or `[outputs]`.
 * @throws TypeError for what is no tensor, or for unknown options; Error when the shapes do not fit.
 */
export function linear(input: Tensor, kernel: Tensor, bias: Tensor | null = null, options: LinearOptions = {}): Tensor {
  checkOptions(WHERE, options, ['name', 'product', 'channelAxes']);
  for (const [what, tensor] of Object.entries({ input, kernel })) {
    if (!(tensor instanceof tf.Tensor)) throw new TypeError(`${WHERE}: the ${what} must be a tensor, got ${typeof tensor}`);
  }
  const { name = WHERE, product, channelAxes = { input: -1, output: -1 } } = options;
  if (product === undefined) checkShapes(name, input, kernel);
  const sum = (x: Tensor, w: Tensor, b: Tensor | null): Tensor => {
    if (product === undefined) return separate(x, w, b);
    return b === null ? product(x, w) : tf.add(product(x, w), b);
  };
  return performLinear(WHERE, name, { input, kernel, bias, linear: sum, channelAxes });
}

function checkShapes(name: string, input: Tensor, kernel: Tensor): void {
  if (kernel.rank === 2 && input.rank >= 1 && input.shape.at(-1) === kernel.shape[0]) return;
  throw new Error(
    `${WHERE} "${name}": an input of shape [${input.shape.join(', ')}] cannot be multiplied with a kernel of shape ` +
      `[${kernel.shape.join(', ')}]; they must be [..., inputs] and [inputs, outputs], or else give a product`,
  );
}
