/** @file Types of tensors, as tfjs calls them. */
import type { DType } from '../graph/node.ts';

/** tfjs's name of each type. */
export const TFJS_DTYPE: Readonly<Record<DType, 'float32' | 'int32' | 'bool'>> = { float: 'float32', int: 'int32', bool: 'bool' };
