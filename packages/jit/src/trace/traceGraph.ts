/** @file From a tfjs function to a graph. */
import { exact } from '../graph/evaluate/rounding.ts';
import type { Graph } from '../graph/graph.ts';
import { compareRecording } from './check.ts';
import { recordGraph } from './record.ts';
import type { TraceableFunction, TraceOptions } from './recording.ts';
import { checkRecording } from './recording.ts';

/**
 * Runs a tfjs function once, with tensors that stand for its arguments, and gives the graph of the kernels that it runs,
 * with its gradients, and an update by them, if asked. Nothing is computed that depends on the arguments; what does not is
 * computed at once, in float64, and becomes a constant.
 *
 * The function must not read the values of its tensors, draw random numbers, or change variables.
 *
 * @throws TypeError for unknown or malformed options.
 * @throws TraceError when the function cannot be traced, naming the line and the cure; when its gradient cannot be taken;
 * and when, at `point`, the graph and an eager evaluation differ.
 */
export function traceGraph(fn: TraceableFunction, options: TraceOptions): Graph {
  const recording = checkRecording('traceGraph', fn, options);
  const graph = recordGraph(recording, exact);
  if (options.point !== undefined) compareRecording(recording, graph, options.point);
  return graph;
}
