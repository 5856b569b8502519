/** @file Putting the recording backend in place of the active one, and everything back as it was. */
import * as tf from '@tensorflow/tfjs-core';
import { BACKEND_NAME, TraceBackend } from './backend.ts';
import type { KernelInputs } from './backend.ts';
import type { TracedConstants } from './constant.ts';
import { switchBackend } from './eager.ts';
import { SavedTensor, TraceBooks } from './entry.ts';
import { AssignmentError, TraceError } from './error.ts';
import { loweredKernels } from './lower/registry.ts';

let isTracing = false;

/**
 * Runs `body` with a new recording backend active. Afterwards, even if it throws, the backend that was active is so
 * again, tfjs's registries are as before, and every tensor made by `body` is disposed of; constants that were kept
 * (`tf.keep`, variables) move to the backend that was active.
 *
 * @throws TraceError inside another trace or a gradient; when no backend is ready; and when `body` lets a tensor that
 * depends on the inputs escape.
 */
export function withTraceBackend<T>(constants: TracedConstants, body: (backend: TraceBackend) => T): T {
  const engine = tf.engine();
  if (isTracing) {
    throw new TraceError('traceGraph cannot be called inside a function that is being traced: trace them one after another');
  }
  if (engine.state.gradientDepth > 0) {
    throw new TraceError('traceGraph cannot be called inside tf.grad or its like: trace outside, and use valueAndGrad');
  }
  const previous = activeBackend();
  const backend = new TraceBackend(previous, constants);
  const uninstall = install(backend, previous);
  const known = new Set(Object.values(engine.registeredVariables));
  isTracing = true;
  let escaped = 0;
  let result: T;
  try {
    result = inScope(() => body(backend));
  } finally {
    backend.disposeTapes();
    backend.state.restore();
    escaped = release(backend, previous, known);
    uninstall();
    isTracing = false;
  }
  // What the body threw itself says more; but it may have swallowed an error.
  if (backend.error !== null) throw backend.error;
  if (escaped > 0) {
    throw new TraceError(
      `the function kept ${escaped} ${escaped === 1 ? 'tensor that depends' : 'tensors that depend'} on its inputs (by tf.keep ` +
        `or in a variable); a graph has results but no side effects. Return what is needed instead.`,
    );
  }
  return result;
}

/** The active backend's name, null if tfjs has not chosen one yet. @throws TraceError when it has not finished starting. */
function activeBackend(): string | null {
  const engine = tf.engine();
  // Typed otherwise, but null or undefined before the first op.
  const name = (engine.backendName as string | null | undefined) ?? null;
  if (name === null) return null;
  try {
    void engine.backend;
  } catch (error) {
    throw new TraceError(`traceGraph: the backend "${name}" is still starting: await tf.ready() first`, { cause: error });
  }
  return name;
}

/** Makes the backend known and active; the returned function undoes it. */
function install(backend: TraceBackend, previous: string | null): () => void {
  const engine = tf.engine();
  // Every kernel that any backend knows, so that one without a lowering is refused by us, in our words.
  const names = new Set([
    ...loweredKernels(),
    ...engine.backendNames().flatMap((name) => tf.getKernelsForBackend(name).map(({ kernelName }) => kernelName)),
  ]);
  for (const kernelName of names) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND_NAME,
      kernelFunc: ({ inputs, attrs }) => backend.run(kernelName, inputs as unknown as KernelInputs, attrs ?? {}),
    });
  }
  engine.registerBackend(BACKEND_NAME, () => backend, 0);
  switchBackend(BACKEND_NAME);
  const unguard = guardVariables(backend);
  const unsave = saveWithoutCopies();
  const unbook = openBooks(backend);
  return () => {
    unguard();
    unsave();
    unbook();
    if (previous !== null) switchBackend(previous);
    // What is there now, as user code may have registered more.
    for (const { kernelName } of tf.getKernelsForBackend(BACKEND_NAME)) tf.unregisterKernel(kernelName, BACKEND_NAME);
    engine.removeBackend(BACKEND_NAME);
  };
}

/** Keeps traced tensors out of variables, but for state: `assign` drops the old value before any backend hears of it. */
function guardVariables(backend: TraceBackend): () => void {
  const { prototype } = tf.Variable;
  const assign = Reflect.get(prototype, 'assign') as (this: tf.Variable, value: tf.Tensor) => void;
  prototype.assign = function guarded(this: tf.Variable, value: tf.Tensor): void {
    // What does not fit is refused by tfjs.
    if (backend.state.has(this) && value.dtype === this.dtype && tf.util.arraysEqual(value.shape, this.shape)) {
      backend.state.assign(this, value);
      return;
    }
    if (backend.isTraced(value.dataId)) {
      backend.error ??= new AssignmentError(this);
      throw backend.error;
    }
    assign.call(this, value);
  };
  return () => {
    prototype.assign = assign;
  };
}

/** Has tfjs save tensors for gradients as they are. */
function saveWithoutCopies(): () => void {
  const engine = tf.engine();
  const method = 'saveTensorsForBackwardMode';
  Reflect.set(engine, method, (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => new SavedTensor(tensor)));
  return () => {
    // The engine's own is its prototype's.
    Reflect.deleteProperty(engine, method);
  };
}

/** Has tfjs note what it notes of tensors on the entries of the trace; afterwards, those that were kept go to its own books. */
function openBooks(backend: TraceBackend): () => void {
  const { state } = tf.engine();
  const outer = state.tensorInfo;
  state.tensorInfo = new TraceBooks(backend.owner, outer);
  return () => {
    state.tensorInfo = outer;
    for (const { info, entry } of backend.booked()) {
      outer.set(entry, info);
      entry.outlive();
    }
  };
}

/** Runs `body` in a tfjs scope of its own; if it throws, scopes and gradient tapes that it left open are closed. */
function inScope<T>(body: () => T): T {
  const engine = tf.engine();
  const { state } = engine;
  const depth = state.scopeStack.length;
  const tape = state.activeTape;
  engine.startScope('trace');
  try {
    return body();
  } finally {
    while (state.scopeStack.length > depth) engine.endScope();
    // tfjs keeps the tape of a gradient that failed, and the tensors saved on it.
    if (state.activeTape !== tape && (state.activeTape as unknown) !== null) {
      for (const node of state.activeTape) for (const tensor of node.saved ?? []) tensor.dispose();
      state.activeTape = tape;
    }
  }
}

/**
 * Gives up what the backend still holds; the number of tensors among it that depend on the inputs.
 *
 * @param known - variables from before the trace, to which no such tensor was assigned.
 */
function release(backend: TraceBackend, previous: string | null, known: ReadonlySet<tf.Variable>): number {
  const engine = tf.engine();
  let escaped = 0;
  for (const variable of Object.values(engine.registeredVariables)) {
    if (known.has(variable) || !backend.isTraced(variable.dataId)) continue;
    variable.dispose();
    escaped++;
  }
  for (const dataId of backend.heldData()) {
    if (backend.isTraced(dataId)) {
      escaped += backend.refCount(dataId);
      forget(dataId, backend);
    } else if (previous !== null) {
      engine.moveData(engine.findBackend(previous), dataId);
    }
  }
  return escaped;
}

/** Takes tensors that nobody can find any more off tfjs's books. */
function forget(dataId: object, backend: TraceBackend): void {
  const { state } = tf.engine();
  const info = state.tensorInfo.get(dataId);
  if (info === undefined) return;
  const { shape, dtype } = info;
  while (backend.refCount(dataId) > 0) {
    tf.engine().disposeTensor({ dataId, shape, dtype, size: tf.util.sizeFromShape(shape) } as unknown as tf.Tensor);
  }
}
