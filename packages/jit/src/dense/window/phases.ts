/**
 * @file The gradient of a convolution in strides, in its input, without the zeros that spread `dy` out: places of the input
 * whose distance is a multiple of the stride are reached by the same entries of the filter, so that each such set of
 * places, a phase, is a correlation of `dy` itself with these entries (a "sub-pixel" convolution).
 */
import type { NodeOf } from '../../graph/node.ts';
import { at } from '../../graph/shape.ts';
import type { Correlation } from './correlation.ts';

/** A phase along one axis. */
interface Phase {
  /** The first place of the input, and how many there are, a stride apart. */
  readonly first: number;
  readonly count: number;
  /** The first entry of the filter that reaches them, how far apart such entries are, and how many there are. */
  readonly firstEntry: number;
  readonly spacing: number;
  readonly entries: number;
  /** Between entries, in `dy`. */
  readonly dilation: number;
  /** Where `dy` begins in the image that windows see. */
  readonly offset: number;
}

/**
 * The phases of the gradient whose correlation as a whole, over `dy` spread out, is `whole`. Together they cover the
 * input; those that no entry reaches have an empty window.
 */
export function gradientPhases({ geometry }: NodeOf<'convGradInput'>, whole: Correlation): Correlation[] {
  const axes = whole.output.map((size, axis) => {
    const [window, stride] = [at(geometry.window, axis), at(geometry.strides, axis)];
    return phasesOf(size, window, stride, at(geometry.dilations, axis), at(geometry.padding, axis));
  });
  const combinations = axes.reduce<Phase[][]>((all, phases) => all.flatMap((some) => phases.map((phase) => [...some, phase])), [[]]);
  return combinations.map((phases) => ({
    ...whole,
    offset: phases.map(({ offset }) => offset),
    spacing: phases.map(() => 1),
    output: phases.map(({ count }) => count),
    target: { array: whole.output, first: phases.map(({ first }) => first), spacing: geometry.strides },
    window: phases.map(({ entries }) => entries),
    entries: {
      array: geometry.window,
      first: phases.map(({ firstEntry }) => firstEntry),
      spacing: phases.map(({ spacing }) => spacing),
    },
    dilations: phases.map(({ dilation }) => dilation),
  }));
}

/** Place i is reached by entry k from `dy` at (i + padding - k dilation) / stride, if that is whole. */
function phasesOf(size: number, window: number, stride: number, dilation: number, padding: number): Phase[] {
  const common = gcd(stride, dilation);
  const spacing = stride / common;
  return Array.from({ length: Math.min(size, stride) }, (_, first): Phase => {
    const candidates = Array.from({ length: Math.min(spacing, window) }, (__, k) => k);
    const firstEntry = candidates.find((k) => (first + padding - k * dilation) % stride === 0) ?? window;
    const entries = Math.ceil((window - firstEntry) / spacing);
    const nearest = Math.floor((first + padding - firstEntry * dilation) / stride);
    return {
      first,
      count: Math.ceil((size - first) / stride),
      firstEntry,
      spacing,
      entries,
      dilation: dilation / common,
      offset: ((entries - 1) * dilation) / common - nearest,
    };
  });
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
