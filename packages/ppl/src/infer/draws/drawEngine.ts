/** @file How many draws of one kind are made: compiled or eagerly. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import { SeedHandler } from '../../handlers/seed.ts';
import { scopesOf } from '../../runtime/stack.ts';
import type { Stack } from '../../runtime/stack.ts';
import { warn } from '../../util/warn.ts';
import type { Engine } from '../mcmc/target.ts';
import type { Signature } from '../svi/compiled/arguments.ts';
import { sameTokens, signatureOf } from '../svi/compiled/arguments.ts';
import type { StepParam } from '../svi/compiled/paramCensus.ts';
import { ParamCensus } from '../svi/compiled/paramCensus.ts';
import type { StepContext } from '../svi/sviStep.ts';
import { within } from '../svi/sviStep.ts';
import type { DrawBody, DrawFunction } from './drawFunction.ts';
import { drawFunction } from './drawFunction.ts';
import { Drawing, DrawProgram } from './drawing.ts';

/** How draws were made so far. */
export interface DrawStats {
  /** `null` before the first. */
  readonly engine: 'compiled' | 'eager' | null;
  /** Why draws are made eagerly although many were asked for, and not that. */
  readonly reason: string | null;
  /** How many programs were compiled. */
  readonly programs: number;
}

/** What is to be drawn. */
export interface DrawTask<A extends unknown[]> {
  /** Begins messages, as in `infer.Predictive`. */
  readonly where: string;
  /** Makes a draw; what it returns has the same form, shapes and types every time. */
  readonly body: DrawBody<A>;
  /** From how many draws on `'auto'` compiles. */
  readonly worthwhile: number;
  /**
   * What the body reads besides arguments, parameters and handlers: other objects in place of these when anything of it has
   * changed. Left out, nobody knows, and the body is recorded again in every call, to see whether it is still what was compiled.
   */
  readonly closure?: (() => readonly unknown[]) | null;
  /** Of what a warning is given once. */
  readonly subject: object;
}

/** What is asked for. */
export interface DrawRequest {
  readonly count: number;
  readonly engine: Engine;
  /** How many of the tensors among the arguments, the first, differ from draw to draw; none by default. */
  readonly numOwn?: number;
}

/** A program at work, and a draw's result with tensors that stand for those of the program, disposed of. */
export interface Prepared {
  readonly drawing: Drawing;
  readonly template: unknown;
}

/** What an eager draw tells. */
interface Found {
  readonly params: readonly StepParam[];
  readonly template: unknown;
}

/** What a program is made of. */
interface Parts extends Found {
  readonly tokens: readonly unknown[];
  readonly numOwn: number;
}

interface Entry {
  readonly tokens: readonly unknown[];
  readonly params: readonly StepParam[];
  readonly program: DrawProgram;
  /** As it was when it was compiled. */
  readonly prepared: Prepared;
}

/** Programs of so many kinds of arguments are kept, each with memory of its own. */
const MOST_PROGRAMS = 4;

/** Where tfjs itself computes, so that programs of ours are faster at any size. */
const SLOW_BACKENDS: ReadonlySet<string> = new Set(['cpu', 'wasm']);

/** On other backends, draws that read more numbers than that stay there. */
const SMALL = 100_000;

const warnedOf = new WeakSet<object>();

/**
 * Makes draws that differ in their random numbers, and in arguments of the same shapes: by a program that is compiled for the
 * first and executed for each, or, where there is none, eagerly by whoever asked. The two differ by rounding only.
 */
export class DrawEngine<A extends unknown[]> {
  private readonly task: DrawTask<A>;
  private entries: Entry[] = [];
  private last: DrawStats = { engine: null, reason: null, programs: 0 };

  constructor(task: DrawTask<A>) {
    this.task = task;
  }

  get stats(): DrawStats {
    return this.last;
  }

  /**
   * Gets draws ready that are to be made with the streams `context.stream.fold(i)`.
   *
   * @param args - those of the first draw.
   * @returns null if they are to be made eagerly.
   * @throws Error for engine `'compiled'` when that cannot be done; what the body throws eagerly.
   */
  prepare(context: StepContext, args: A, { count, engine, numOwn = 0 }: DrawRequest): Prepared | null {
    const isLeft = engine === 'auto' && (this.last.reason !== null || count < this.task.worthwhile);
    if (engine === 'eager' || isLeft) return this.eagerly(null);
    const first = { ...context, stream: context.stream.fold(0) };
    const signature = signatureOf(args);
    const closure = this.task.closure?.() ?? null;
    const isTrusted = closure !== null && hasOnlySeeds(context.stack);
    const tokens = [context.validate, isTrusted, numOwn, ...signature.tokens, ...(isTrusted ? closure : [])];
    const known = this.reuse(tokens, isTrusted, first, args, signature);
    if (known !== null) return known;
    if (!canReadSynchronously()) return this.refuse(engine, `the backend '${tf.getBackend()}' cannot hand out its numbers at once`);
    const found = this.discover(first, args);
    const size = [...found.params.map(({ variable }) => variable), ...signature.tensors].reduce((sum, x) => sum + x.size, 0);
    if (engine === 'auto' && size > SMALL && !SLOW_BACKENDS.has(tf.getBackend())) {
      return this.refuse(engine, `draws read ${size} numbers, for which the backend '${tf.getBackend()}' is faster`);
    }
    try {
      return this.compile({ tokens, numOwn, ...found }, first, args, signature);
    } catch (error) {
      return this.refuse(engine, error instanceof Error ? error.message : String(error), error);
    }
  }

  /** A program for such arguments that still does what the body does. */
  private reuse(tokens: readonly unknown[], isTrusted: boolean, first: StepContext, args: A, { tensors }: Signature): Prepared | null {
    for (const entry of this.entries) {
      const { params, program, prepared } = entry;
      if (!sameTokens(entry.tokens, tokens) || params.some(({ variable }) => variable.isDisposed)) continue;
      if (isTrusted) return this.atWork(entry, prepared.drawing);
      const fn = this.functionOf(first, args, tensors, params);
      try {
        if (program.isOf(fn, first.stream)) return this.atWork(entry, new Drawing(program, fn, first.stream));
      } catch {
        // What is wrong, if anything, shows when the body is run eagerly.
      }
    }
    return null;
  }

  /** Makes a draw eagerly, for its parameters and the form of its result, and to check it. */
  private discover(first: StepContext, args: A): Found {
    const census = new ParamCensus();
    let template: unknown = null;
    // Tensors that are disposed of still have their shapes.
    tf.tidy(() => {
      template = within(first, census, () => this.task.body(...args));
    });
    return { params: [...census.params.values()], template };
  }

  private compile({ numOwn, template, ...parts }: Parts, first: StepContext, args: A, { tensors }: Signature): Prepared {
    const fn = this.functionOf(first, args, tensors, parts.params);
    const program = new DrawProgram(fn, first.stream, tensors, numOwn);
    const drawing = new Drawing(program, fn, first.stream);
    this.last = { ...this.last, programs: this.last.programs + 1 };
    return this.atWork({ ...parts, program, prepared: { drawing, template } }, drawing);
  }

  private functionOf(first: StepContext, args: A, tensors: readonly Tensor[], params: readonly StepParam[]): DrawFunction {
    return drawFunction(this.task.body, first, args, tensors, params);
  }

  private atWork(entry: Entry, drawing: Drawing): Prepared {
    this.entries = [entry, ...this.entries.filter((other) => other !== entry)].slice(0, MOST_PROGRAMS);
    this.last = { ...this.last, engine: 'compiled', reason: null };
    return { drawing, template: entry.prepared.template };
  }

  private refuse(engine: Engine, reason: string, cause?: unknown): null {
    const { where, subject } = this.task;
    if (engine === 'compiled') throw new Error(`${where}: the draws cannot be compiled: ${reason}`, { cause });
    if (!warnedOf.has(subject)) {
      warnedOf.add(subject);
      warn(`${where}: draws are made eagerly, many times slower, since they cannot be compiled: ${reason}\n(engine: 'eager' silences this.)`);
    }
    this.entries = [];
    return this.eagerly(reason);
  }

  private eagerly(reason: string | null): null {
    this.last = { ...this.last, engine: 'eager', reason: reason ?? this.last.reason };
    return null;
  }
}

/** Whether no handler is in force but such as give random streams. */
function hasOnlySeeds(stack: Stack): boolean {
  return [...scopesOf(stack)].every(({ handler }) => handler.constructor === SeedHandler);
}
