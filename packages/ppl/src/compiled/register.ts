/**
 * @file Tells the compiler of this library's own tfjs kernels. Imported for its side effect.
 *
 * Of the functions that graphs call by name, `Lgamma`, `Digamma`, `Trigamma` and `Erfc` are for the compiler to have code for
 * (and `erf`, tfjs's own); the others are called in JavaScript.
 */
import { registerElementwise, registerFunction, registerLowering } from '@tychejs/jit';
import { CONV_2D_PER_EXAMPLE } from '../ops/conv2dPerExample.ts';
import '../ops/index.ts';
import { elementwiseOps } from '../ops/elementwise.ts';
import { SCALAR_FUNCTIONS } from '../ops/scalar/table.ts';
import { conv2dPerExample, conv2dPerExampleGradFilter, conv2dPerExampleGradInput } from './convolution.ts';
import { elementwiseLowering } from './functions.ts';
import { cholesky, cumLogSumExp, stopGradient, triangularSolve } from './matrices.ts';

for (const [name, evaluate] of Object.entries(SCALAR_FUNCTIONS)) registerFunction(name, evaluate);
for (const { kernelName, inputs, f } of elementwiseOps.values()) {
  const lowering = elementwiseLowering(kernelName);
  if (lowering === undefined) registerElementwise(kernelName, inputs, f);
  else registerLowering(kernelName, lowering);
}
registerLowering('Cholesky', cholesky);
registerLowering('MatrixTriangularSolve', triangularSolve);
registerLowering('StopGradient', stopGradient);
registerLowering('CumLogSumExp', cumLogSumExp);
registerLowering(CONV_2D_PER_EXAMPLE.forward, conv2dPerExample);
registerLowering(CONV_2D_PER_EXAMPLE.gradInput, conv2dPerExampleGradInput);
registerLowering(CONV_2D_PER_EXAMPLE.gradFilter, conv2dPerExampleGradFilter);
