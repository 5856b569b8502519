/** @file Numbers that do not depend on the inputs of a trace. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Rounding } from '../graph/evaluate/rounding.ts';
import type { NodeId } from '../graph/node.ts';
import { originalOf } from './data.ts';
import { callerLocation, TraceError } from './error.ts';
import { intendedAll } from './intended.ts';
import { dtypeOf } from './lower/lowering.ts';
import { opName } from './refusals.ts';

/** How float32 constants are read; see `TraceOptions.constants`. */
export type ConstantReading = 'intended' | 'float32';

/** What becomes of the numbers that do not depend on the inputs. */
export interface TracedConstants {
  readonly reading: ConstantReading;
  /** What becomes of each one, and of what is worked out from them; by default nothing. */
  readonly round: Rounding;
}

/** The values of a tensor as a constant of the graph. @throws TraceError for tensors of strings or complex numbers. */
export function constantOf(
  graph: GraphBuilder,
  { dataId, shape, dtype }: tf.TensorInfo,
  values: tf.backend_util.BackendValues,
  reading: ConstantReading,
): NodeId {
  if (dtype === 'string' || dtype === 'complex64') {
    throw new TraceError(`${opName('an op')}: tensors of type ${dtype} cannot be traced`, { location: callerLocation() });
  }
  const numbers = values as tf.TypedArray;
  if (dtype !== 'float32') return graph.constant(numbers, shape, dtypeOf(dtype));
  const exact = originalOf(dataId);
  const doubles = exact ?? (reading === 'intended' ? intendedAll(numbers) : new Float64Array(numbers));
  return graph.constant(doubles, shape, 'float');
}
