/** @file Tensors that stand for the variables of parameters: arguments of a function that is being compiled. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** What stands for which variable, and what was asked for in vain. */
export class StandIns {
  /** Whether a parameter was asked for that nothing stands for. */
  failed: boolean = false;
  private readonly tensors: ReadonlyMap<Variable, Tensor>;

  constructor(tensors: ReadonlyMap<Variable, Tensor>) {
    this.tensors = tensors;
  }

  /** @throws Error when there is none: read as it is, the variable would become a constant. */
  get(variable: Variable): Tensor {
    return this.tensors.get(variable) ?? this.fail();
  }

  /** Notes that a parameter was asked for that nothing stands for. */
  fail(): never {
    this.failed = true;
    throw new Error('nothing stands for it in the function that is being compiled');
  }
}

let inForce: StandIns | null = null;

/** Runs the synchronous `body`; parameter stores then answer with what stands for their variables. */
export function withStandIns<R>(standIns: StandIns, body: () => R): R {
  const outer = inForce;
  inForce = standIns;
  try {
    return body();
  } finally {
    inForce = outer;
  }
}

/** Those in force. */
export function standInsInForce(): StandIns | null {
  return inForce;
}
