/** @file The layer operations that handlers know. */
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2dTranspose.ts';
import { conv3d } from './conv3d.ts';
import { conv3dTranspose } from './conv3dTranspose.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwiseConv2d.ts';
import { embedding } from './embedding.ts';
import type { LayerOperation } from './operation.ts';
import { separableConv2d } from './separableConv2d.ts';

/** Of layers that do each of their products once. */
export const LAYER_OPERATIONS: readonly LayerOperation[] = [
  dense, conv1d, conv2d, conv3d, conv2dTranspose, conv3dTranspose, depthwiseConv2d, separableConv2d, embedding,
];
