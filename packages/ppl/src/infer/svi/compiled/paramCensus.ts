/** @file Which parameters a step reads. */
import type { Variable } from '@tensorflow/tfjs-core';
import { Handler } from '../../../runtime/handler.ts';
import type { Message } from '../../../runtime/message.ts';

/** A parameter that a step reads. */
export interface StepParam {
  readonly name: string;
  readonly variable: Variable;
  /** Whether the step moves it. */
  readonly isTrained: boolean;
}

/** Notes the variables behind the parameters that it sees, in the order of their first reading. Law: it changes nothing. */
export class ParamCensus extends Handler {
  readonly params: Map<Variable, StepParam> = new Map();

  override postprocess(message: Message): void {
    if (message.type !== 'param' || message.variable === null || this.params.has(message.variable)) return;
    const { name, variable, infer } = message;
    this.params.set(variable, { name, variable, isTrained: infer['trainable'] !== false });
  }
}
