/** @file The layer operations that handlers know. */
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { conv3d } from './conv3d.ts';
import { dense } from './dense.ts';
import type { LayerOperation } from './operation.ts';

export const LAYER_OPERATIONS: readonly LayerOperation[] = [dense, conv1d, conv2d, conv3d];
