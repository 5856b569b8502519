/** @file Plates: dimensions along which a model is independent. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { isTraced } from '@tychejs/jit';
import { expandToPlate } from './handlers/broadcast.ts';
import { multiply } from './handlers/scale.ts';
import { globalStream } from './random/global.ts';
import { areUnknown, chooseIndices, indexTensor, unknownIndices } from './random/indices.ts';
import { Handler } from './runtime/handler.ts';
import type { Message, ParamMessage, PlateFrame, PlateMessage } from './runtime/message.ts';
import { blank } from './runtime/message.ts';
import { SiteError } from './runtime/siteError.ts';
import { checkName } from './runtime/siteName.ts';
import { currentStack, scopesOf, send } from './runtime/stack.ts';
import { checkOptions } from './util/options.ts';
import { format } from './util/shape.ts';

export interface PlateOptions {
  /** How many elements to draw at random for this run; the log-densities inside are scaled up to the whole. */
  readonly subsampleSize?: number;
  /** Which elements to take, instead of drawing them. */
  readonly subsample?: readonly number[] | Int32Array | Tensor1D;
  /** The batch dimension, negative; by default the rightmost that no enclosing plate has. */
  readonly dim?: number;
}

/**
 * Law: sites inside are expanded along the plate's dimension and their log-densities scaled by size / subsampleSize, so
 * that the sum over a random subsample has the full sum as its expectation.
 */
export class PlateHandler extends Handler {
  readonly frame: PlateFrame;
  readonly indices: Int32Array;
  /** The plate's name as traces know it, with the prefixes of the scopes around it. */
  readonly fullName: string;
  /** Whether the elements are all there are, each once and in order: then there is nothing to select. */
  readonly isWhole: boolean;

  constructor(frame: PlateFrame, indices: Int32Array, fullName: string) {
    super();
    this.frame = frame;
    this.indices = indices;
    this.fullName = fullName;
    this.isWhole = indices.length === frame.size && !areUnknown(indices) && indices.every((index, i) => index === i);
  }

  override process(message: Message): void {
    message.plates = [this.frame, ...message.plates];
    if (message.type !== 'sample') return;
    expandToPlate(message, this.frame);
    const { size, subsampleSize } = this.frame;
    if (size !== subsampleSize) message.scale = multiply(message.scale, size / subsampleSize);
  }

  /** A parameter with a value for each element gives those of the subsample. */
  override postprocess(message: Message): void {
    if (message.type !== 'param' || message.eventDim === null || message.value === null) return;
    const axis = this.axisOf(message, message.value, message.eventDim);
    if (axis === null || this.isWhole) return;
    message.value = tf.gather(message.value, indexTensor(this.indices), axis);
  }

  private axisOf(message: ParamMessage, value: Tensor, eventDim: number): number | null {
    if (this.frame.dim === null) return null;
    const axis = value.rank - eventDim + this.frame.dim;
    const size = value.shape[axis] ?? 1;
    if (size === 1) return null;
    if (size === this.frame.size) return axis;
    throw new SiteError(
      message,
      `inside plate "${this.frame.name}" (size ${this.frame.size}, dim ${this.frame.dim}) its shape ${format(value.shape)} with ` +
        `eventDim ${eventDim} has ${size} there`,
    );
  }
}

/**
 * Declares that what `body` samples is independent along one batch dimension of length `size`.
 *
 * @param body - receives the indices of the elements that take part, an int32 tensor of shape [subsampleSize].
 * @returns what `body` returns.
 * @throws SiteError when the plate's dimension is taken, or the same plate is open already.
 */
export function plate<R>(name: string, size: number, body: (indices: Tensor1D) => R): R;
export function plate<R>(name: string, size: number, options: PlateOptions, body: (indices: Tensor1D) => R): R;
export function plate<R>(
  name: string,
  size: number,
  optionsOrBody: PlateOptions | ((indices: Tensor1D) => R),
  lastBody?: (indices: Tensor1D) => R,
): R {
  const options = typeof optionsOrBody === 'function' ? {} : optionsOrBody;
  const body = typeof optionsOrBody === 'function' ? optionsOrBody : lastBody;
  checkName('plate', name);
  checkOptions(`plate("${name}")`, options, ['subsampleSize', 'subsample', 'dim']);
  if (typeof body !== 'function') throw new TypeError(`plate("${name}"): the last argument must be a function of the indices`);
  const { indices, fullName } = chooseElements(name, size, options);
  const dim = chooseDim(name, options.dim);
  const handler = new PlateHandler({ name, size, subsampleSize: indices.length, dim }, indices, fullName);
  return handler.run(() => body(indexTensor(indices)));
}

/**
 * A plate that is looped over: `body` runs once for each element, and no dimension is added. Names must differ from one
 * turn to the next, as in `sample(`x${i}`, ...)`.
 *
 * @returns what the turns returned, in order.
 */
export function plateLoop<R>(
  name: string,
  size: number,
  body: (index: number) => R,
  options: Omit<PlateOptions, 'dim'> = {},
): R[] {
  checkName('plateLoop', name);
  checkOptions(`plateLoop("${name}")`, options, ['subsampleSize', 'subsample']);
  if (typeof body !== 'function') throw new TypeError(`plateLoop("${name}"): the third argument must be a function of the index`);
  const { indices, fullName } = chooseElements(name, size, options);
  const frame: PlateFrame = { name, size, subsampleSize: indices.length, dim: null };
  return Array.from(indices, (index) => new PlateHandler(frame, indices, fullName).run(() => body(index)));
}

/**
 * The part of `data` that the enclosing plates' subsamples select.
 *
 * @param data - full size in every dimension that a plate owns; its last `eventDim` dimensions are left alone.
 */
export function subsample(data: Tensor, options: { readonly eventDim: number }): Tensor {
  checkOptions('subsample', options, ['eventDim']);
  let result = data;
  for (const { frame, indices, isWhole } of openPlates()) {
    if (frame.dim === null || isWhole) continue;
    const axis = result.rank - options.eventDim + frame.dim;
    const size = result.shape[axis] ?? 1;
    if (size === 1) continue;
    if (size !== frame.size) {
      throw new Error(
        `subsample: data of shape ${format(data.shape)} with eventDim ${options.eventDim} has ${size} at the dimension of ` +
          `plate "${frame.name}", whose size is ${frame.size}`,
      );
    }
    result = tf.gather(result, indexTensor(indices), axis);
  }
  return result;
}

function openPlates(): PlateHandler[] {
  return [...scopesOf(currentStack())].map((scope) => scope.handler).filter((handler) => handler instanceof PlateHandler);
}

/** The elements that take part, and the plate's name with the prefixes of the scopes around it. */
function chooseElements(
  name: string,
  size: number,
  { subsample: given, subsampleSize }: PlateOptions,
): { indices: Int32Array; fullName: string } {
  const problem = { name, type: 'plate' as const };
  if (!Number.isInteger(size) || size < 0) throw new SiteError(problem, `size must be a whole number, got ${size}`);
  const chosen = given === undefined ? null : elementsOf(given, size, problem);
  const count = subsampleSize ?? chosen?.length ?? size;
  if (!Number.isInteger(count) || count < 1 || count > size) {
    if (size !== 0 || count !== 0) throw new SiteError(problem, `subsampleSize must lie in 1 .. ${size}, got ${count}`);
  }
  if (chosen !== null && chosen.length !== count) {
    throw new SiteError(problem, `subsampleSize is ${count}, but subsample has ${chosen.length} elements`);
  }
  const message: PlateMessage = { ...blank(), type: 'plate', name, size, subsampleSize: count, value: chosen };
  const indices = send(message, drawElements);
  for (const open of openPlates()) {
    if (open.fullName === message.name) throw new SiteError(message, 'is open already; a plate cannot stand inside itself');
  }
  return { indices, fullName: message.name };
}

function elementsOf(given: NonNullable<PlateOptions['subsample']>, size: number, problem: { name: string; type: 'plate' }): Int32Array {
  if (given instanceof tf.Tensor && isTraced(given)) return unknownIndices(given);
  return asIndices(given instanceof tf.Tensor ? given.dataSync() : given, size, problem);
}

function asIndices(given: Iterable<number>, size: number, problem: { name: string; type: 'plate' }): Int32Array {
  const indices = [...given];
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= size);
  if (wrong !== undefined) throw new SiteError(problem, `subsample must have whole numbers in 0 .. ${size - 1}, got ${wrong}`);
  return Int32Array.from(indices);
}

function drawElements({ size, subsampleSize, stream }: PlateMessage): Int32Array {
  if (subsampleSize === size) return new Int32Array(size).map((_, i) => i);
  return chooseIndices(stream ?? globalStream().split(), size, subsampleSize);
}

function chooseDim(name: string, wanted: number | undefined): number {
  const problem = { name, type: 'plate' as const };
  const taken = new Map<number, string>();
  for (const { frame } of openPlates()) {
    if (frame.dim !== null) taken.set(frame.dim, frame.name);
  }
  if (wanted === undefined) {
    let dim = -1;
    while (taken.has(dim)) dim--;
    return dim;
  }
  if (!Number.isInteger(wanted) || wanted >= 0) throw new SiteError(problem, `dim must be -1, -2, ..., got ${wanted}`);
  const other = taken.get(wanted);
  if (other !== undefined) {
    throw new SiteError(problem, `dim ${wanted} is taken by plate "${other}"; move one of them to the left, as in { dim: ${wanted - 1} }`);
  }
  return wanted;
}
