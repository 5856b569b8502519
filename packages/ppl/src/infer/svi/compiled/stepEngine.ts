/** @file How steps are run: compiled or eagerly. */
import * as tf from '@tensorflow/tfjs-core';
import type { Precision } from '@tychejs/jit';
import { MismatchError } from '@tychejs/jit';
import { canReadSynchronously } from '../../../distributions/parameter.ts';
import type { Optimizer } from '../../../optim/optimizer.ts';
import { scopesOf } from '../../../runtime/stack.ts';
import { warn } from '../../../util/warn.ts';
import type { Engine } from '../../mcmc/target.ts';
import { Assignments } from '../assignments.ts';
import { NewParams } from '../paramRecorder.ts';
import type { Objective, StepContext } from '../sviStep.ts';
import { evaluate, takeStep } from '../sviStep.ts';
import type { Signature } from './arguments.ts';
import { sameTokens, signatureOf } from './arguments.ts';
import { ParamCensus } from './paramCensus.ts';
import type { StepVariables } from './stepFunction.ts';
import { stepFunction } from './stepFunction.ts';
import { StepProgram } from './stepProgram.ts';
import { OptimizerRefusal } from './stepUpdate.ts';

/** How steps were run so far. */
export interface StepStats {
  /** `null` before the first step. */
  readonly engine: 'compiled' | 'eager' | null;
  /** Why steps are run eagerly although that was not asked for. */
  readonly reason: string | null;
  /** How many programs were compiled: one for each shape of the arguments, each combination of handlers around. */
  readonly programs: number;
  /** What recording and compiling them took, in milliseconds. */
  readonly compileMilliseconds: number;
  /** What the last program computes in: float64 if that was asked for, or if float32 proved too coarse for the step. */
  readonly precision: Precision | null;
}

interface Entry {
  readonly tokens: readonly unknown[];
  readonly program: StepProgram;
  steps: number;
  /** Whether something may have changed since its last step. */
  isDoubtful: boolean;
  /** Time spent in steps since the program was last found to be up to date, in milliseconds. */
  unchecked: number;
}

/** Recording a step again, to see whether it has changed, may take this share of the time. */
const CHECKING_SHARE = 0.05;

/** Programs for so many different arguments, with fewer than ten steps each, show that arguments change all the time. */
const MOST_PROGRAMS = 8;

/** Where tfjs itself computes, so that programs of ours are faster at any size. */
const SLOW_BACKENDS: ReadonlySet<string> = new Set(['cpu', 'wasm']);

/** On other backends, more numbers than that in parameters stay there. */
const SMALL = 100_000;

/** Runs the steps of one objective with one optimiser, compiled if `engine` says so and it can be done. */
export class StepEngine<A extends unknown[]> {
  private readonly objective: Objective<A>;
  private readonly optimizer: Optimizer;
  private readonly engine: Engine;
  private readonly precision: Precision;
  private entries: Entry[] = [];
  private preparing: Promise<unknown> = Promise.resolve();
  private hasWarned = false;
  private last: StepStats = { engine: null, reason: null, programs: 0, compileMilliseconds: 0, precision: null };

  constructor(objective: Objective<A>, optimizer: Optimizer, engine: Engine, precision: Precision = 'float32') {
    this.objective = objective;
    this.optimizer = optimizer;
    this.engine = engine;
    this.precision = precision;
  }

  get stats(): StepStats {
    return this.last;
  }

  private get where(): string {
    return this.objective.where ?? 'infer.SVI';
  }

  /**
   * Takes a step; see `takeStep`. An eager one and a compiled one differ by rounding only.
   *
   * @throws Error for engine `'compiled'` when it cannot be compiled.
   */
  async step(context: StepContext, args: A): Promise<number> {
    const begin = performance.now();
    const signature = signatureOf(args);
    const known = this.upToDate(context, signature);
    if (known !== null) return this.run(known, begin, context, args, signature);
    // Steps that are begun together wait for the first one's program.
    const turn = this.preparing;
    const own = turn.then(() => this.firstStep(context, args, signature));
    this.preparing = own.catch(() => undefined);
    return own;
  }

  private async firstStep(context: StepContext, args: A, signature: Signature): Promise<number> {
    const created = new NewParams();
    try {
      const entry = this.upToDate(context, signature) ?? (await this.prepare(context, args, signature, created));
      if (entry === null) return await takeStep(this.objective, this.optimizer, context, args);
      return await this.run(entry, performance.now(), context, args, signature);
    } catch (error) {
      created.remove();
      throw error;
    }
  }

  /** @param begin - when the step began. */
  private async run(entry: Entry, begin: number, context: StepContext, args: A, { tensors }: Signature): Promise<number> {
    const loss = entry.program.step(context.stream, tensors);
    entry.steps++;
    entry.unchecked += performance.now() - begin;
    // What is no number happens again eagerly, to find out where it comes from.
    return loss ?? takeStep(this.objective, this.optimizer, context, args);
  }

  /** The loss, with nothing moved; compiled if steps with these arguments are. See `evaluate`. */
  async loss(context: StepContext, args: A): Promise<number> {
    const { tokens, tensors } = signatureOf(args);
    const known = this.find(context, tokens);
    const loss = known?.program.loss(context.stream, tensors) ?? NaN;
    return Number.isNaN(loss) ? evaluate(this.objective, context, args) : loss;
  }

  /** Has every program looked at before it is used again: what model and guide read besides their arguments may have changed. */
  review(): void {
    for (const entry of this.entries) entry.isDoubtful = true;
  }

  /** Lets go of what programs hold: parameters and other variables have their numbers again. */
  settle(): void {
    for (const { program } of this.entries) program.giveBack();
  }

  /** The program for these arguments, if there is one that does what model and guide do now. */
  private upToDate(context: StepContext, { tokens }: Signature): Entry | null {
    const known = this.find(context, tokens);
    if (known === undefined) return null;
    const isExpected = known.isDoubtful;
    if (!this.isDue(known) || known.program.isUpToDate()) return known;
    this.entries = this.entries.filter((entry) => entry !== known);
    if (isExpected) return null;
    if (this.engine === 'auto') this.eagerly(CHANGES);
    else if (!this.hasWarned) warn(`${this.where}: ${CHANGES}`);
    this.hasWarned = true;
    return null;
  }

  /**
   * A new program; null where steps are eager.
   *
   * @param created - notes the parameters that come into being here.
   */
  private async prepare(context: StepContext, args: A, signature: Signature, created: NewParams): Promise<Entry | null> {
    if (this.engine === 'eager' || this.last.reason !== null) return this.eagerly();
    this.entries = this.entries.filter(({ program }) => !program.isStale);
    const reason = this.refusal();
    if (reason !== null) return this.eagerly(reason);
    const variables = await this.discover({ ...context, stack: { handler: created, outer: context.stack } }, args);
    try {
      return this.compile(context, args, signature, variables);
    } catch (error) {
      if (error instanceof OptimizerRefusal) throw error.cause;
      const why = error instanceof Error ? error.message : String(error);
      if (this.engine === 'auto') return this.eagerly(why);
      throw new Error(`${this.where}: the step cannot be compiled: ${why}`, { cause: error });
    }
  }

  private find(context: StepContext, tokens: readonly unknown[]): Entry | undefined {
    const all = tokensIn(context, tokens);
    return this.entries.find((entry) => sameTokens(entry.tokens, all) && !entry.program.isStale);
  }

  /** After 1, 4, 16, 64, ... steps, and whenever it has earned it. */
  private isDue(entry: Entry): boolean {
    const isPowerOfFour = Number.isInteger(Math.log2(entry.steps) / 2);
    const isDue = entry.isDoubtful || isPowerOfFour || entry.unchecked * CHECKING_SHARE > entry.program.traceMilliseconds;
    if (isDue) Object.assign(entry, { isDoubtful: false, unchecked: 0 });
    return isDue;
  }

  /** Why steps are not to be compiled; null if they are. */
  private refusal(): string | null {
    if (!canReadSynchronously()) return `the backend '${tf.getBackend()}' cannot hand out its numbers at once`;
    if (this.engine === 'compiled') return null;
    const wasted = this.entries.filter(({ steps }) => steps < 10).length;
    return wasted < MOST_PROGRAMS ? null : MANY_ARGUMENTS;
  }

  /** Runs the step eagerly to find its variables, and to check it; nothing moves. */
  private async discover(context: StepContext, args: A): Promise<StepVariables> {
    const census = new ParamCensus();
    const stack = { handler: census, outer: context.stack };
    const assignments = new Assignments();
    await evaluate(this.objective, { ...context, stack }, args, Number.isFinite, assignments);
    return { params: [...census.params.values()], state: assignments.variables.filter((variable) => !census.params.has(variable)) };
  }

  private compile(
    context: StepContext,
    args: A,
    { tokens, tensors }: Signature,
    variables: StepVariables,
  ): Entry {
    const size = variables.params.reduce((sum, { variable }) => sum + variable.size, 0);
    if (this.engine === 'auto' && size > SMALL && !SLOW_BACKENDS.has(tf.getBackend())) {
      throw new Error(`${size} numbers are trained, for which the backend '${tf.getBackend()}' is faster`);
    }
    const program = this.program(context, args, tensors, variables);
    const entry = { tokens: tokensIn(context, tokens), program, steps: 0, isDoubtful: false, unchecked: 0 };
    this.entries.push(entry);
    const { programs, compileMilliseconds } = this.last;
    const milliseconds = compileMilliseconds + program.traceMilliseconds + program.compileMilliseconds;
    const { precision } = program;
    this.last = { engine: 'compiled', reason: null, programs: programs + 1, compileMilliseconds: milliseconds, precision };
    return entry;
  }

  /** The program in the precision asked for, or in float64 where float32 does not give what the step computes. */
  private program(context: StepContext, args: A, tensors: Signature['tensors'], variables: StepVariables): StepProgram {
    const make = (precision: Precision): StepProgram => {
      const fn = stepFunction(this.objective, context, args, tensors, variables, precision);
      return new StepProgram(fn, this.optimizer, context.stream, tensors);
    };
    try {
      return make(this.precision);
    } catch (error) {
      if (!(error instanceof MismatchError) || this.precision === 'float64') throw error;
      return make('float64');
    }
  }

  /** Steps are eager from now on. @param reason - if that was not asked for. */
  private eagerly(reason: string | null = null): null {
    if (reason !== null) {
      warn(`${this.where}: steps are run eagerly, many times slower, since they cannot be compiled: ${reason}\n(engine: 'eager' silences this.)`);
      this.settle();
      this.entries = [];
    }
    if (this.last.engine !== 'eager') this.last = { ...this.last, engine: 'eager', reason };
    return null;
  }
}

/** What a program is made for: the handlers around, and the arguments. */
function tokensIn({ stack }: StepContext, tokens: readonly unknown[]): readonly unknown[] {
  return [...[...scopesOf(stack)].map(({ handler }) => handler), ...tokens];
}

const CHANGES =
  'what model or guide read besides their arguments changes from step to step (a number or a tensor that they close over); steps ' +
  'since it was last looked at may have used the old value. Pass it as an argument, as a tensor';

const MANY_ARGUMENTS =
  'the arguments differ in nearly every step in more than the numbers in their tensors. Pass numbers that change as tensors, data as ' +
  'tensors instead of arrays, and batches of one size';
