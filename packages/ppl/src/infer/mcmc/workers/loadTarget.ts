/** @file A compiled model as a worker samples it. */
import type { LoadedTarget } from './serve.ts';
import type { WorkerTarget } from './workerTarget.ts';

/** Makes density and sites of the programs of a model. @throws Error for bytes that are no program. */
export function loadTarget(_: WorkerTarget): LoadedTarget {
  throw new Error('no compiled programs yet');
}
