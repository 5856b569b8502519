/** @file Which layer operations a handler acts on. */

/** The operations of layers that do each of their products once; `linear` is that of `linear(...)`, for layers of one's own. */
export const FEEDFORWARD = [
  'dense', 'conv1d', 'conv2d', 'conv3d', 'conv2dTranspose', 'conv3dTranspose', 'depthwiseConv2d', 'separableConv2d', 'embedding', 'linear',
] as const;

/** Those of recurrent layers, which do theirs at each step in time. */
export const RECURRENT = ['simpleRNN', 'gru', 'lstm'] as const;

export type FeedforwardOperation = (typeof FEEDFORWARD)[number];
export type RecurrentOperation = (typeof RECURRENT)[number];

/** The kinds of layer operations that handlers can act on. */
export type OperationName = FeedforwardOperation | RecurrentOperation;

export const OPERATIONS: readonly OperationName[] = [...FEEDFORWARD, ...RECURRENT];

/** @typeParam O - the operations that the handler knows. */
export interface OperationOptions<O extends OperationName = OperationName> {
  /** All by default. */
  readonly operations?: readonly O[];
}

/** The operations chosen. @throws TypeError for one that is not known, or none. */
export function chooseOperations<O extends OperationName>(where: string, known: readonly O[], { operations }: OperationOptions<O>): ReadonlySet<string> {
  const chosen: readonly O[] = operations ?? known;
  const unknown = chosen.find((operation) => !known.includes(operation));
  if (unknown !== undefined || chosen.length === 0) {
    throw new TypeError(`${where}: operations must be some of ${known.join(', ')}; got ${unknown === undefined ? 'none' : `"${unknown}"`}`);
  }
  return new Set(chosen);
}
