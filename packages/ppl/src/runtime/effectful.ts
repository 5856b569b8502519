/** @file Custom effectful operations: functions of tensors that handlers can see and replace. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { OperationMessage } from './message.ts';
import { blank } from './message.ts';
import { currentStack, send } from './stack.ts';

/**
 * Runs `compute` as an operation that the handlers in force may see and replace.
 *
 * @param operation - what kind of operation it is, such as `'dense'`.
 * @param name - which one of them it is, for error messages.
 * @param args - its arguments by name, for handlers that know this kind.
 */
export function effectful(
  operation: string,
  name: string,
  args: Readonly<Record<string, unknown>>,
  compute: () => Tensor,
): Tensor {
  if (currentStack() === null) return compute();
  const message: OperationMessage = { ...blank(), type: 'operation', operation, name, args, compute };
  return send(message, () => compute());
}
