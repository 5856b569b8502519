/** @file Tyche's compiler: tfjs functions as graphs, and as WebAssembly. */
export { compile, compileGraph, compileSync, inDoublePrecision } from './compile.ts';
export type { CompileGraphOptions, CompileOptions } from './compile.ts';
export { CompiledProgram } from './program/program.ts';
export type { ArraySpec, ProgramNumbers, ProgramResults, ProgramStats } from './program/program.ts';
export { ProgramFormatError } from './program/format.ts';
export { supportsRelaxedSimd } from './wasm/relaxedSimd.ts';
export type { Precision } from './wasm/lanes/lanes.ts';
export { GraphBuilder } from './graph/builder.ts';
export { registerFunction } from './graph/functions.ts';
export type { SpecialFunction } from './graph/functions.ts';
export { Graph } from './graph/graph.ts';
export type { GraphInput, GraphParts } from './graph/graph.ts';
export type { LoopParts } from './graph/loop.ts';
export { interpret } from './graph/interpret.ts';
export type { GraphResults, InterpretOptions } from './graph/interpret.ts';
export type {
  BinaryFunction,
  Comparison,
  DType,
  Node,
  NodeId,
  NodeOf,
  Part,
  Reduction,
  Shape,
  UnaryFunction,
  WindowGeometry,
} from './graph/node.ts';
export { operandsOf } from './graph/operands.ts';
export { fillNoise } from './noise/fill.ts';
export type { NoiseInput, NoiseKind } from './noise/kind.ts';
export { sameGraph } from './graph/sameGraph.ts';
export { captureInput, isTraced } from './trace/capture.ts';
export { data } from './trace/data.ts';
export type { NestedNumbers } from './trace/data.ts';
export { AssignmentError, MismatchError, TraceError } from './trace/error.ts';
export { compareWithEager } from './trace/check.ts';
export type { ActualResults, RunAt } from './trace/check.ts';
export { inputOf } from './trace/lower/lowering.ts';
export type { KernelCall, Lowering } from './trace/lower/lowering.ts';
export { KERNELS, registerElementwise, registerLowering } from './trace/lower/registry.ts';
export type { TraceableFunction, TraceInput, TraceOptions, UpdateFunction } from './trace/recording.ts';
export { traceScan } from './trace/scan.ts';
export type { ScanOptions } from './trace/scan.ts';
export type { ScanResults, ScanStep } from './trace/scanBody.ts';
export { traceGraph } from './trace/traceGraph.ts';
