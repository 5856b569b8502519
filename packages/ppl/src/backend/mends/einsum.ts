/** @file The gradient of `einsum`, which tfjs lacks. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The derivative in one operand is the einsum of dy with the others, read backwards. An index that only this operand has
 * was summed over: there the derivative is the same along all of it.
 */
export function mendEinsum(): void {
  tf.registerGradient({
    kernelName: tf.Einsum,
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      const [left, right] = (attrs['equation'] as string).replaceAll(' ', '').split('->') as [string, string];
      const terms = left.split(',');
      return Object.fromEntries(
        terms.map((term, i) => [i, () => gradient(dy as Tensor, right, terms, saved, term, saved[i] as Tensor)]),
      );
    },
  });
}

function gradient(dy: Tensor, right: string, terms: string[], operands: Tensor[], term: string, x: Tensor): Tensor {
  const others = operands.filter((other) => other !== x);
  const otherTerms = terms.filter((_, i) => operands[i] !== x);
  const letters = term.split('');
  const known = letters.filter((index) => [right, ...otherTerms].join('').includes(index));
  const partial = tf.einsum(`${[right, ...otherTerms].join(',')}->${known.join('')}`, dy, ...others);
  const kept = x.shape.map((size, axis) => (known.includes(letters[axis] as string) ? size : 1));
  const copies = x.shape.map((size, axis) => (known.includes(letters[axis] as string) ? 1 : size));
  return tf.tile(tf.reshape(partial, kept), copies);
}
