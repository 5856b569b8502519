/** @file What tracing says when it cannot do something, and what to do about it. */
import * as tf from '@tensorflow/tfjs-core';
import { formatShape } from '../graph/shape.ts';

/** What the messages say of a tensor. */
type Described = Pick<tf.TensorInfo, 'dtype'> & { readonly shape: readonly number[] };

/** The tfjs op that is running, as users call it: the outermost, where ops are made of others. */
export function opName(fallback: string): string {
  const scope = tf.engine().state.scopeStack.find(({ name }) => name.endsWith('__op'));
  return scope === undefined ? fallback : `tf.${scope.name.slice(0, -'__op'.length)}`;
}

/** A kernel without a lowering runs on what depends on the inputs. */
export function kernel(kernelName: string): string {
  return (
    `${opName('the function')} runs the tfjs kernel ${kernelName}, which cannot be traced: it has no lowering. ` +
    `Say it with other ops, or call registerLowering('${kernelName}', ...); docs/jit.md lists the kernels that have one.`
  );
}

/** A value is read that is not known. */
export function reading({ shape, dtype }: Described): string {
  const what = `a tensor of shape ${formatShape(shape)} and type ${dtype}`;
  if (tf.engine().state.kernelDepth > 0) {
    return (
      `${opName('the function')} runs a kernel of its own that reads ${what}, which stands for a value that is not ` +
      `known yet. Call registerLowering for that kernel, so that it can be traced.`
    );
  }
  return (
    `the value of ${what} was read (by dataSync, data, array, print, ...) while the function was being traced. The tensor ` +
    `depends on the inputs and has no value yet. Use tensor ops instead: tf.where for a choice, tf.gather for a lookup, ` +
    `tf.clipByValue for a bound; and leave out printing.`
  );
}

/** A tensor is used that was made outside and is gone. */
export function disposed({ shape }: Described): string {
  return (
    `${opName('the function')} uses a tensor of shape ${formatShape(shape)} that has been disposed of (by dispose, or at ` +
    `the end of the tidy that it was made in). Keep it, by tf.keep or outside of tidy, for as long as the function needs it.`
  );
}

/** A tensor is used that stood for a value in the body of a scan. */
export function outOfScan({ shape }: Described): string {
  return (
    `${opName('the function')} uses a tensor of shape ${formatShape(shape)} that has been disposed of. Tensors made in ` +
    `the body of a scan, by sample statements too, are gone when it ends: return them as results of each step.`
  );
}

/** tfjs draws random numbers. */
export function random(): string {
  return (
    `${opName('the function')} draws random numbers, which tracing would freeze: every run would use the same ones. ` +
    `Draw them outside and pass them in as an input; and build layers before tracing, as they draw their weights then.`
  );
}

/** A stream that knows of tracing draws where it cannot be followed. */
export function randomInScan(label: string): string {
  return (
    `the body of a scan draws random numbers (${label}), which would be the same at every step: draw for all steps before ` +
    `the scan, and scan over the draws.`
  );
}
