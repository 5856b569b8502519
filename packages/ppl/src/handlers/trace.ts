/** @file `trace`: records what a function does. */
import * as tf from '@tensorflow/tfjs-core';
import { transaction } from '../params/store.ts';
import { Handler } from '../runtime/handler.ts';
import { Keeper } from '../runtime/keeper.ts';
import type { Message, PlateMessage } from '../runtime/message.ts';
import { explainShapes } from '../runtime/shapeTable.ts';
import { SampleSite } from '../runtime/site.ts';
import type { Site } from '../runtime/site.ts';
import { SiteError } from '../runtime/siteError.ts';
import { Trace } from '../runtime/trace.ts';
import { nextTensorId, tensorsIn } from '../util/tensors.ts';
import { isPromise, whenOver } from './whenDone.ts';

/**
 * Records every site that it sees. Law: it changes nothing, but that a plate entered again has the elements of the first
 * time, and that what sites hold outlives a `tf.tidy` inside of the run.
 */
export class TraceHandler extends Handler {
  private readonly sites = new Map<string, Site>();
  private readonly keeper = new Keeper();
  private firstTensorId: number | null = null;

  override process(message: Message): void {
    if (message.type !== 'plate') return;
    const earlier = this.sites.get(message.name);
    if (earlier?.type !== 'plate') return;
    if (earlier.size !== message.size || earlier.subsampleSize !== message.subsampleSize) {
      throw new SiteError(message, `is used with size ${earlier.size} and again with size ${message.size}; give one another name`);
    }
    if (message.value?.some((index, i) => index !== earlier.value[i]) === true) {
      throw new SiteError(message, 'is used again with another subsample; give one another name');
    }
    message.value = earlier.value;
  }

  override postprocess(message: Message): void {
    const site = record(message);
    if (site === null) return;
    const earlier = this.sites.get(site.name);
    if (earlier === undefined) {
      this.sites.set(site.name, site);
      this.keeper.hold(site, this.firstTensorId ?? Infinity);
    } else if (!mayRepeat(earlier, site)) {
      throw new SiteError(message, `the name is used twice in one run (a ${earlier.type} and a ${site.type} statement); give one another name`);
    }
  }

  /** @throws what `body` throws; the shapes of the sites so far are added to complaints about shapes. */
  override run<R>(body: () => R): R {
    this.firstTensorId ??= nextTensorId();
    try {
      return whenOver(() => super.run(body), () => this.keeper.release());
    } catch (error) {
      throw explainShapes(error, this.sites);
    }
  }

  /** Leaves what it holds to the active scope, as at the end of a run: for runs that have no end. */
  release(): void {
    this.keeper.release();
  }

  /** The trace of what has run inside this handler's scope so far. */
  trace(returnValue?: unknown): Trace {
    return new Trace(new Map(this.sites), returnValue, this.firstTensorId ?? nextTensorId());
  }
}

/** A parameter may be read, and a plate entered, as often as one likes. */
function mayRepeat(earlier: Site, site: Site): boolean {
  return earlier.type === site.type && (site.type === 'param' || site.type === 'plate');
}

function record(message: Message): Site | null {
  const { name, plates, infer } = message;
  switch (message.type) {
    case 'sample':
      return message.value === null ? null : new SampleSite({ ...message, value: message.value });
    case 'param':
      return message.value === null
        ? null
        : { type: 'param', name, plates, infer, value: message.value, constraint: message.constraint };
    case 'deterministic':
      return message.value === null ? null : { type: 'deterministic', name, plates, infer, value: message.value };
    case 'plate':
      return plateSite(message);
    case 'stream':
    case 'operation':
      return null;
  }
}

function plateSite({ name, plates, infer, value, size, subsampleSize }: PlateMessage): Site | null {
  return value === null ? null : { type: 'plate', name, plates, infer, value, size, subsampleSize };
}

/** What `handlers.trace(fn)` gives: `fn` itself, with `getTrace` beside it. */
export interface Traced<A extends unknown[], R> {
  (...args: A): R;
  /**
   * Runs the function and returns its trace. Only what the trace holds stays allocated; `trace.dispose()` frees it.
   * If the function throws, tensors and parameters are as before the call, and a complaint about shapes shows those of all
   * sites so far.
   */
  getTrace(...args: A): Trace;
}

/** Runs `fn` inside a fresh trace handler; intermediate tensors are disposed, the trace's are kept. */
export function traceOf<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Trace {
  const engine = tf.engine();
  engine.startScope('trace');
  const handler = new TraceHandler();
  let trace: Trace | null = null;
  try {
    trace = transaction(() => handler.trace(synchronous(handler.run(() => fn(...args)))));
    return trace;
  } finally {
    handler.release();
    engine.endScope(trace === null ? [] : tensorsIn([...trace.nodes.values(), trace.returnValue]));
  }
}

function synchronous<R>(result: R): R {
  if (!isPromise(result)) return result;
  result.then(undefined, () => undefined);
  throw new TypeError('handlers.trace: the function is asynchronous; models and guides must not await, so fetch data beforehand');
}

/** `trace(fn)` gives a function with `getTrace`; `trace()` gives a handler whose `run` and `trace` do the same by hand. */
export function trace<A extends unknown[], R>(fn: (...args: A) => R): Traced<A, R>;
export function trace(): TraceHandler;
export function trace<A extends unknown[], R>(fn?: (...args: A) => R): Traced<A, R> | TraceHandler {
  if (fn === undefined) return new TraceHandler();
  if (typeof fn !== 'function') throw new TypeError('handlers.trace: expected a function, or nothing');
  const traced = (...args: A): R => fn(...args);
  return Object.assign(traced, { getTrace: (...args: A): Trace => traceOf(fn, ...args) });
}
