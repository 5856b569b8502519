/** @file Running compiled programs, without tfjs and without the compiler: for workers. */
export { registerFunction } from '../graph/functions.ts';
export type { SpecialFunction } from '../graph/functions.ts';
export { ProgramFormatError } from './format.ts';
export { CompiledProgram } from './program.ts';
export type { NoiseInput, NoiseKind } from '../noise/kind.ts';
export type { ArraySpec, ProgramNumbers, ProgramResults, ProgramStats } from './program.ts';
