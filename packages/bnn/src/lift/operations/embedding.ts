/** @file The operation of embedding layers: rows of a table. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { LayerOperation, LinearFunction, LinearLayer } from './operation.ts';

interface EmbeddingLayer extends LinearLayer {
  readonly embeddings: LayerVariable;
}

/**
 * kernel [words, units]; input [batch, ...], indices of words → [batch, ..., units]. A look-up is linear in the table: it is the
 * product with rows that are one at the word's place and zero elsewhere.
 */
export const embedding: LayerOperation = {
  operation: 'embedding',
  className: 'Embedding',
  steps(layer) {
    const lookUp: LinearFunction = (input, table) => {
      const indices = tf.reshape(tf.cast(input, 'int32'), [input.size]);
      // tfjs has the shape from here, or an error of a length that is not inputLength.
      return tf.reshape(tf.gather(table, indices as Tensor1D), layer.computeOutputShape([...input.shape]) as number[]);
    };
    return [{ kernel: (layer as EmbeddingLayer).embeddings, bias: null, linear: lookUp, channelAxes: { input: null, output: -1 } }];
  },
};
