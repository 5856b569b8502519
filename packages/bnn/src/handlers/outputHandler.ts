/** @file What handlers have in common that draw the outputs of layers in another way than through their weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Handler, warn, whenDone } from '@tychejs/ppl';
import type { Message, OperationMessage, dist } from '@tychejs/ppl';
import type { LinearArgs } from '../lift/operations/operation.ts';
import { independentNormal } from './moments.ts';
import type { OperationName, OperationOptions } from './operationFilter.ts';
import { OPERATIONS, chooseOperations } from './operationFilter.ts';
import { SampledFrom } from './sampledFrom.ts';

/**
 * Law: gives the output of each chosen operation whose kernel was drawn from independent normals. Operations on kernels
 * that are observed, fixed, or drawn from anything else stay as they are; if all do, a warning says why. An operation
 * that another handler has given its output is refused.
 */
export abstract class OutputHandler<O extends OperationName = OperationName> extends Handler {
  /** `handlers.flipout`, for messages. */
  private readonly where: string;
  private readonly operations: ReadonlySet<string>;
  private readonly sampledFrom = new SampledFrom();
  /** Operations that it left alone, with the reason. */
  private readonly untouched = new Set<string>();
  private count = 0;

  /** @param known - the operations that it can act on; all by default. */
  protected constructor(where: string, options: OperationOptions<O>, known: readonly O[] = OPERATIONS as readonly O[]) {
    super();
    this.where = where;
    this.operations = chooseOperations(where, known, options);
  }

  /**
   * The operation's output.
   *
   * @param kernel - what the kernel was drawn from.
   * @param bias - what the bias was drawn from; `null` if it is fixed, or drawn from anything but normals, or absent.
   */
  protected abstract output(args: LinearArgs, kernel: dist.Normal, bias: dist.Normal | null): Tensor;

  override process(message: Message): void {
    if (message.type === 'sample') this.sampledFrom.process(message);
    else if (message.type === 'operation') this.processOperation(message);
  }

  override postprocess(message: Message): void {
    if (message.type === 'sample') this.sampledFrom.postprocess(message);
  }

  override run<R>(body: () => R): R {
    this.count = 0;
    this.untouched.clear();
    return whenDone(super.run(body), () => this.report());
  }

  /** Why it leaves an operation alone that is not among those it can act on; `null` if there is nothing to say. */
  protected reasonAgainst(_operation: string): string | null {
    return null;
  }

  private processOperation(message: OperationMessage): void {
    if (this.operations.has(message.operation)) {
      this.replace(message);
      return;
    }
    const reason = this.reasonAgainst(message.operation);
    if (reason !== null) this.untouched.add(reason);
  }

  private replace(message: OperationMessage): void {
    if (message.value !== null) {
      throw new Error(`is reparameterised already: two handlers act on the operation ${message.operation}; give them different operations`);
    }
    // The operation's name says what its arguments are.
    const args = message.args as unknown as LinearArgs;
    const origin = this.sampledFrom.find(args.kernel);
    const kernel = independentNormal(origin);
    if (kernel === null) {
      this.untouched.add(`the kernel of ${message.name} is ${origin === null ? 'fixed or observed' : `drawn from ${origin.name}`}`);
      return;
    }
    const bias = args.bias === null ? null : independentNormal(this.sampledFrom.find(args.bias));
    message.value = tf.tidy(() => this.output(args, kernel, bias));
    this.count++;
  }

  private report(): void {
    if (this.count > 0) return;
    const why = [...this.untouched].join('; ') || `no operation ${[...this.operations].join(', ')} ran inside`;
    warn(`${this.where}: had no effect: ${why}. It acts on kernels that are drawn from normal distributions, as by guides.autoNormal.`);
  }
}
