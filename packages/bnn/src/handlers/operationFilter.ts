/** @file Which layer operations a handler acts on. */
import { LAYER_OPERATIONS } from '../lift/operations/table.ts';

/** The kinds of layer operations that handlers can act on. */
export type OperationName =
  | 'dense'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv2dTranspose'
  | 'depthwiseConv2d'
  | 'separableConv2d';

export interface OperationOptions {
  /** All by default. */
  readonly operations?: readonly OperationName[];
}

/** The operations chosen. @throws TypeError for an unknown one, or none. */
export function chooseOperations(where: string, { operations }: OperationOptions): ReadonlySet<string> {
  const known = LAYER_OPERATIONS.map(({ operation }) => operation);
  const chosen: readonly string[] = operations ?? known;
  const unknown = chosen.find((operation) => !known.includes(operation));
  if (unknown !== undefined || chosen.length === 0) {
    throw new TypeError(`${where}: operations must be some of ${known.join(', ')}; got ${unknown === undefined ? 'none' : `"${unknown}"`}`);
  }
  return new Set(chosen);
}
