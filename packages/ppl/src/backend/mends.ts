/** @file Everything that tfjs 4.22 gets wrong or leaves out, put right once for the whole process. */
import { mendBatchNorm } from './mends/batchNorm.ts';
import { mendBroadcasting } from './mends/broadcasting.ts';
import { mendChainedMethods } from './mends/chainedMethods.ts';
import { mendComparisons } from './mends/comparisons.ts';
import { mendConv2dBackprop } from './mends/conv2dBackprop.ts';
import { mendConvolutions } from './mends/convolutions.ts';
import { mendConvolutions3d } from './mends/convolutions3d.ts';
import { mendCumulative } from './mends/cumulative.ts';
import { mendByDelegation } from './mends/delegated.ts';
import { mendDepthwiseBackprop } from './mends/depthwiseBackprop.ts';
import { mendEinsum } from './mends/einsum.ts';
import { mendGather } from './mends/gather.ts';
import { mendLog1p } from './mends/log1p.ts';
import { mendMatMul } from './mends/matMul.ts';
import { mendMovedEntries } from './mends/movedEntries.ts';
import { mendOneHot } from './mends/oneHot.ts';
import { mendPooling } from './mends/pooling.ts';
import { mendSamePadding } from './mends/samePadding.ts';
import { mendSmoothActivations } from './mends/smoothActivations.ts';
import { mendUnsortedSegmentSum } from './mends/unsortedSegmentSum.ts';
import { mendUnstack } from './mends/unstack.ts';

/** Puts every mend in place; calling it again does no harm, and reaches backends imported since. */
export function mendBackends(): void {
  mendChainedMethods();
  // Gradients, which all backends share.
  mendComparisons();
  mendSmoothActivations();
  mendBroadcasting();
  mendCumulative();
  mendGather();
  mendMovedEntries();
  mendUnstack();
  mendEinsum();
  mendConvolutions();
  mendConvolutions3d();
  // Kernels, each on the backends that need it.
  mendUnsortedSegmentSum();
  mendMatMul();
  mendSamePadding();
  mendConv2dBackprop();
  mendDepthwiseBackprop();
  mendByDelegation();
  mendPooling();
  mendBatchNorm();
  mendLog1p();
  mendOneHot();
}
