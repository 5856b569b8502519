/** @file Models with their gradients before and after the passes: the same values, for less. */
import * as tf from '@tensorflow/tfjs-core';
import { Graph } from '../../src/graph/graph.ts';
import type { Node } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import { optimise } from '../../src/passes/optimise.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import { densityOf, MODELS, N } from '../helpers/models.ts';
import { uniform } from '../helpers/numbers.ts';
import { expectSameValues } from '../helpers/sameValues.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(async () => {
  await useCpu();
  // tfjs's gradient of a maximum runs into a comparison, which has none.
  tf.registerGradient({
    kernelName: tf.Equal,
    inputsToSave: ['a', 'b'],
    gradFunc: (_, saved) => Object.fromEntries(['a', 'b'].map((name, i) => [name, () => tf.zeros(saved[i]!.shape)])),
  });
});

const names = Object.keys(MODELS) as (keyof typeof MODELS)[];

function traced(name: keyof typeof MODELS): Graph {
  const model = MODELS[name];
  return traceGraph(densityOf(model), { inputs: [{ shape: [model.dimension] }], valueAndGrad: true });
}

/** Nodes that work through at least as many numbers as there are observations. */
function numLoops({ nodes }: Graph): number {
  const isLoop = ({ op, shape }: Node): boolean => !['input', 'constant', 'reshape', 'slice', 'broadcast'].includes(op) && sizeOf(shape) >= N;
  return nodes.filter(isLoop).length;
}

test.each(names)('%s keeps its values', (name) => {
  const graph = traced(name);
  const result = optimise(graph);
  const { dimension } = MODELS[name];
  for (const seed of [1, 2, 3]) expectSameValues(graph, result, [uniform(dimension, -1, 1, seed)]);
});

// What there was and what is left; a rule that no longer fits shows here.
test.each<[keyof typeof MODELS, number, number]>([
  ['eightSchools', 33, 0],
  ['regression', 33, 4],
  ['logistic', 14, 8],
  ['logisticBySum', 14, 8],
  ['hierarchical', 27, 3],
  ['mixture', 43, 17],
  ['network', 34, 12],
  ['convolution', 22, 6],
  ['randomWalk', 30, 4],
  ['autoregression', 1218, 8],
  ['volatility', 2038, 13],
])('%s: %i operations, %i of them over all observations', (name, operations, loops) => {
  const graph = optimise(traced(name));
  expect([graph.numOperations, numLoops(graph)]).toEqual([operations, loops]);
});
