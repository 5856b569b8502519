/** @file The nodes of a graph: what a traced function is made of. */
import type { Graph } from './graph.ts';

/** What a value holds. `'float'` leaves the precision to whoever runs the graph; the interpreter takes float64. */
export type DType = 'float' | 'int' | 'bool';

/** The sizes of the axes; `[]` is a scalar. */
export type Shape = readonly number[];

/** A node is named by its place in the list of nodes; operands always come before their users. */
export type NodeId = number;

/** Functions of one number. `round` goes half to even; `sign` of NaN is 0, as in tfjs; `not` is of a bool. */
export type UnaryFunction =
  | 'abs' | 'neg' | 'sign' | 'floor' | 'ceil' | 'round' | 'sqrt' | 'exp' | 'expm1' | 'log' | 'log1p' | 'sin' | 'cos' | 'tan'
  | 'asin' | 'acos' | 'atan' | 'sinh' | 'cosh' | 'tanh' | 'asinh' | 'acosh' | 'atanh' | 'sigmoid' | 'softplus' | 'not';

/** Functions of two numbers. `mod` has the sign of the divisor; `min` and `max` pass NaN on; `and`, `or` are of bools. */
export type BinaryFunction = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'min' | 'max' | 'mod' | 'atan2' | 'and' | 'or';

/** `greater` is `lt` with its operands exchanged. */
export type Comparison = 'eq' | 'ne' | 'lt' | 'le';

/** `argmax` and `argmin` give the index, the first of equals, along a single axis. */
export type Reduction = 'sum' | 'prod' | 'max' | 'min' | 'all' | 'any' | 'argmax' | 'argmin';

interface Typed {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The value handed in at this place of the argument list. */
export interface InputNode extends Typed {
  readonly op: 'input';
  readonly index: number;
}

/** A value that does not depend on the inputs; row-major, whole numbers for `'int'`, 0 or 1 for `'bool'`. */
export interface ConstantNode extends Typed {
  readonly op: 'constant';
  readonly values: Float64Array;
}

/** Elementwise. */
export interface UnaryNode extends Typed {
  readonly op: 'unary';
  readonly fn: UnaryFunction;
  readonly x: NodeId;
}

/** Elementwise; the operands broadcast to `shape`, aligned at their last axes. */
export interface BinaryNode extends Typed {
  readonly op: 'binary';
  readonly fn: BinaryFunction;
  readonly a: NodeId;
  readonly b: NodeId;
}

/** Elementwise with broadcasting, to a bool. */
export interface CompareNode extends Typed {
  readonly op: 'compare';
  readonly fn: Comparison;
  readonly a: NodeId;
  readonly b: NodeId;
}

/** `a` where `condition` holds, else `b`; elementwise with broadcasting. */
export interface SelectNode extends Typed {
  readonly op: 'select';
  readonly condition: NodeId;
  readonly a: NodeId;
  readonly b: NodeId;
}

/** A registered function of floats (erf, lgamma, ...), by name; elementwise with broadcasting. */
export interface SpecialNode extends Typed {
  readonly op: 'special';
  readonly fn: string;
  readonly args: readonly NodeId[];
}

/** To int by truncation, to bool by `!== 0`, to float unchanged. */
export interface CastNode extends Typed {
  readonly op: 'cast';
  readonly x: NodeId;
}

/** Repeats axes of size 1 and puts axes in front, up to `shape`. */
export interface BroadcastNode extends Typed {
  readonly op: 'broadcast';
  readonly x: NodeId;
}

/** The same values in the same order. */
export interface ReshapeNode extends Typed {
  readonly op: 'reshape';
  readonly x: NodeId;
}

/** Axis i of the result is axis `permutation[i]` of `x`. */
export interface TransposeNode extends Typed {
  readonly op: 'transpose';
  readonly x: NodeId;
  readonly permutation: readonly number[];
}

/** Element i along an axis is `x` at `begin + i * stride`; strides may be negative. */
export interface SliceNode extends Typed {
  readonly op: 'slice';
  readonly x: NodeId;
  readonly begin: readonly number[];
  readonly strides: readonly number[];
}

/** `x` at offset `before` in an array of `value`. */
export interface PadNode extends Typed {
  readonly op: 'pad';
  readonly x: NodeId;
  readonly before: readonly number[];
  readonly value: number;
}

/** The parts one after another along `axis`. */
export interface ConcatNode extends Typed {
  readonly op: 'concat';
  readonly parts: readonly NodeId[];
  readonly axis: number;
}

/** A box within an array: what stands there, of the rank of the array, and where its first entry lies. */
export interface Part {
  readonly x: NodeId;
  readonly begin: readonly number[];
}

/**
 * An array of `fill` with parts written into it, of which no two overlap; or, with `accumulate`, when `fill` is 0, added
 * to it one after another. No pass but `assemble` makes them: they do what pads, concatenations and sums of pads do.
 */
export interface AssembleNode extends Typed {
  readonly op: 'assemble';
  readonly parts: readonly Part[];
  readonly fill: number;
  readonly accumulate: boolean;
}

/** Shape `x[:axis], indices, x[axis + 1:]`: the entries of `x` along `axis` at the indices, which must be in range. */
export interface GatherNode extends Typed {
  readonly op: 'gather';
  readonly x: NodeId;
  readonly indices: NodeId;
  readonly axis: number;
}

/** `updates` [n, rest] summed into `shape` [size, rest] at `indices` [n]; indices out of range are left out. */
export interface ScatterAddNode extends Typed {
  readonly op: 'scatterAdd';
  readonly updates: NodeId;
  readonly indices: NodeId;
}

/** Removes `axes` (ascending). */
export interface ReduceNode extends Typed {
  readonly op: 'reduce';
  readonly fn: Reduction;
  readonly x: NodeId;
  readonly axes: readonly number[];
}

/** Running sum or product along `axis`; exclusive leaves an entry's own value out, reverse runs from the end. */
export interface CumulativeNode extends Typed {
  readonly op: 'cumulative';
  readonly fn: 'sum' | 'prod';
  readonly x: NodeId;
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Matrix product of the last two axes, each transposed first if so flagged; the axes before broadcast. */
export interface DotNode extends Typed {
  readonly op: 'dot';
  readonly a: NodeId;
  readonly b: NodeId;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * Where a window lies over an array of shape `[batch, ...spatial, channels]`: entry k of the window at output position o
 * reads position `o * stride + k * dilation - padding` along each spatial axis, and nothing outside the array.
 */
export interface WindowGeometry {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly number[];
}

/**
 * `x` [batch, ...spatial, c] with `filter` [...window, c / groups, f] gives [batch, ...spatial, f]: output channels in
 * `groups` equal runs, each reading the run of input channels with its number. Depthwise is `groups = c`. A `filter` of one
 * more axis in front, [batch, ...window, c / groups, f], has a filter for each image; so have the gradients.
 */
export interface ConvNode extends Typed {
  readonly op: 'conv';
  readonly x: NodeId;
  readonly filter: NodeId;
  readonly geometry: WindowGeometry;
  readonly groups: number;
}

/** The gradient of a convolution in `x`, whose shape is this node's. Also the transposed convolution of `dy`. */
export interface ConvGradInputNode extends Typed {
  readonly op: 'convGradInput';
  readonly dy: NodeId;
  readonly filter: NodeId;
  readonly geometry: WindowGeometry;
  readonly groups: number;
}

/** The gradient of a convolution in `filter`, whose shape is this node's. */
export interface ConvGradFilterNode extends Typed {
  readonly op: 'convGradFilter';
  readonly x: NodeId;
  readonly dy: NodeId;
  readonly geometry: WindowGeometry;
  readonly groups: number;
}

/** Maximum or mean over windows of `x` [batch, ...spatial, c]; the mean counts only what lies inside `x`. */
export interface PoolNode extends Typed {
  readonly op: 'pool';
  readonly fn: 'max' | 'mean';
  readonly x: NodeId;
  readonly geometry: WindowGeometry;
}

/** The gradient of max pooling: `dy` goes to the first greatest entry of each window of `x`. */
export interface MaxPoolGradNode extends Typed {
  readonly op: 'maxPoolGrad';
  readonly x: NodeId;
  readonly dy: NodeId;
  readonly geometry: WindowGeometry;
}

/** The gradient of mean pooling. */
export interface MeanPoolGradNode extends Typed {
  readonly op: 'meanPoolGrad';
  readonly dy: NodeId;
  readonly geometry: WindowGeometry;
}

/** The lower triangular L with L L^T = x, of matrices [..., n, n] whose lower triangles alone are read. */
export interface CholeskyNode extends Typed {
  readonly op: 'cholesky';
  readonly x: NodeId;
}

/**
 * The X of T X = rhs (T^T X = rhs with `transpose`): T the `lower` or upper triangle of `matrix` [..., n, n], `rhs`
 * [..., n, m]; the axes before broadcast.
 */
export interface TriangularSolveNode extends Typed {
  readonly op: 'triangularSolve';
  readonly matrix: NodeId;
  readonly rhs: NodeId;
  readonly lower: boolean;
  readonly transpose: boolean;
}

/**
 * `length` runs of `body`, each on what the one before it made. The body's inputs are the carries, one slice of each of
 * `scanned` ([length, ...], its leading axis dropped), and the `invariants`; its outputs are the new carries, of the same
 * shapes and types, and then the results of the step. The loop's results are the last carries, and each result of a step
 * stacked along a new leading axis. Step t reads and writes index t; with `reverse` the steps run from `length - 1` to 0.
 *
 * `shape` and `dtype` are those of the first result. Nobody reads a loop but {@link ItemNode}s.
 */
export interface LoopNode extends Typed {
  readonly op: 'loop';
  readonly body: Graph;
  readonly length: number;
  readonly reverse: boolean;
  readonly numCarries: number;
  readonly carries: readonly NodeId[];
  readonly scanned: readonly NodeId[];
  readonly invariants: readonly NodeId[];
}

/** The `index`-th result of a loop. */
export interface ItemNode extends Typed {
  readonly op: 'item';
  readonly x: NodeId;
  readonly index: number;
}

/** One step of a graph. */
export type Node =
  | InputNode | ConstantNode
  | UnaryNode | BinaryNode | CompareNode | SelectNode | SpecialNode | CastNode
  | BroadcastNode | ReshapeNode | TransposeNode | SliceNode | PadNode | ConcatNode | AssembleNode
  | GatherNode | ScatterAddNode
  | ReduceNode | CumulativeNode
  | DotNode | CholeskyNode | TriangularSolveNode
  | ConvNode | ConvGradInputNode | ConvGradFilterNode | PoolNode | MaxPoolGradNode | MeanPoolGradNode
  | LoopNode | ItemNode;

/** A node by its `op`. */
export type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;
