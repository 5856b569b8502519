/** @file Running a kernel on a real backend in the middle of a trace, for constants that we cannot compute ourselves. */
import * as tf from '@tensorflow/tfjs-core';
import { callerLocation, TraceError } from './error.ts';

/** Numbers with what tfjs says of them. */
export interface EagerValue {
  readonly values: tf.backend_util.BackendValues;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

/**
 * Runs a kernel eagerly; it must be called inside another kernel, so that no gradient tape sees it. The result is an array
 * where the kernel's is.
 *
 * @param backendName - the backend to run it on; null when there was none before the trace.
 * @throws TraceError when there is no backend, or it lacks the kernel.
 */
export function runEagerly(
  kernelName: string,
  inputs: readonly (EagerValue & { readonly name: string })[],
  attrs: tf.NamedAttrMap,
  backendName: string | null,
): EagerValue | EagerValue[] {
  const engine = tf.engine();
  const current = engine.backendName;
  // Typed otherwise, but undefined when there is none.
  const kernel = backendName === null ? undefined : (tf.getKernel(kernelName, backendName) as tf.KernelConfig | undefined);
  if (backendName === null || kernel === undefined) {
    throw new TraceError(
      `the tfjs kernel ${kernelName} has no lowering, and no backend that has it was active before tracing began`,
      { location: callerLocation() },
    );
  }
  let results: EagerValue | EagerValue[] = [];
  switchBackend(backendName);
  try {
    tf.tidy(() => {
      const tensors = inputs.map(({ name, values, shape, dtype }) => {
        return [name, engine.makeTensor(values as tf.TypedArray, shape, dtype)] as const;
      });
      const result = engine.runKernel(kernelName, Object.fromEntries(tensors), attrs) as tf.Tensor | tf.Tensor[];
      results = Array.isArray(result) ? result.map(read) : read(result);
    });
  } finally {
    switchBackend(current);
  }
  return results;
}

function read({ dataId, shape, dtype }: tf.Tensor): EagerValue {
  return { values: tf.engine().readSync(dataId), shape, dtype };
}

/** Makes a backend that has been started active, at once: `tf.setBackend` returns a promise but waits for nothing then. */
export function switchBackend(name: string): void {
  void tf.setBackend(name);
}
