/** @file How steps are run: compiled or eagerly. */
import type { Engine } from '../../mcmc/target.ts';
import type { Optimizer } from '../../../optim/optimizer.ts';
import type { Handler } from '../../../runtime/handler.ts';
import { scopesOf } from '../../../runtime/stack.ts';
import { warn } from '../../../util/warn.ts';
import type { Objective, StepContext } from '../sviStep.ts';
import { evaluate, takeStep } from '../sviStep.ts';
import { sameTokens, signatureOf } from './arguments.ts';
import type { StepParam } from './paramCensus.ts';
import { ParamCensus } from './paramCensus.ts';
import { StepProgram } from './stepProgram.ts';

interface Compiled {
  readonly tokens: readonly unknown[];
  readonly program: StepProgram;
}

export class StepEngine<A extends unknown[]> {
  private readonly objective: Objective<A>;
  private readonly optimizer: Optimizer;
  private readonly engine: Engine;
  private programs: Compiled[] = [];
  private params: readonly StepParam[] | null = null;
  private reason: string | null = null;

  constructor(objective: Objective<A>, optimizer: Optimizer, engine: Engine) {
    this.objective = objective;
    this.optimizer = optimizer;
    this.engine = engine;
  }

  async step(context: StepContext, args: A): Promise<number> {
    const { tokens, tensors } = signatureOf(args);
    const program = await this.programFor(context, args, tokens, tensors);
    const loss = program?.step(this.optimizer, context.stream, tensors) ?? null;
    if (loss !== null) return loss;
    program?.giveBack();
    return takeStep(this.objective, this.optimizer, context, args);
  }

  private async programFor(context: StepContext, args: A, tokens: readonly unknown[], tensors: Parameters<StepProgram['step']>[2]): Promise<StepProgram | null> {
    if (this.engine === 'eager' || this.reason !== null) return null;
    const key = [...handlersOf(context), ...tokens];
    const known = this.programs.find((entry) => sameTokens(entry.tokens, key));
    if (known !== undefined && !known.program.isStale) return known.program;
    this.programs = this.programs.filter(({ program }) => !program.isStale);
    try {
      const params = await this.discover(context, args);
      const program = StepProgram.compile(this.objective, context, args, tensors, params);
      this.programs.push({ tokens: key, program });
      return program;
    } catch (error) {
      if (this.engine === 'compiled') throw error;
      this.reason = error instanceof Error ? error.message : String(error);
      warn(this.reason);
      return null;
    }
  }

  private async discover(context: StepContext, args: A): Promise<readonly StepParam[]> {
    const census = new ParamCensus();
    const stack = { handler: census, outer: context.stack };
    await evaluate(this.objective, { ...context, stack }, args, Number.isFinite);
    this.params = [...census.params.values()];
    return this.params;
  }
}

function handlersOf({ stack }: StepContext): Handler[] {
  return [...scopesOf(stack)].map(({ handler }) => handler);
}
