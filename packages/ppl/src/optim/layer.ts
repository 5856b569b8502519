/** @file A layer around an optimiser, which changes the learning rate or the gradients of its steps and nothing else. */
import type { FusedGradient, FusedUpdate, Optimizer, OptimizerState, ParameterGradient } from './optimizer.ts';
import { checkRange } from './rule.ts';

/** What a layer does. All of it is optional. */
export interface Layer {
  /** Multiplies the learning rate of the coming step. */
  rate?(): number;
  /** What the optimiser is given for gradients. */
  change?(parameters: readonly ParameterGradient[]): readonly ParameterGradient[];
  /** The same as tensor expressions, for programs. */
  changeFused?(parameters: readonly FusedGradient[]): readonly FusedGradient[];
  /** A step was done. */
  advance?(): void;
  /** The loss that it began with. */
  observe?(loss: number): void;
  readonly memory?: Memory;
}

/** What a layer remembers from step to step. */
export interface Memory {
  /** Of the layer, as users call it: `optim.schedule`. */
  readonly name: string;
  save(): Readonly<Record<string, number>>;
  /** @throws RangeError when these are not numbers that {@link Memory.save} could have given; nothing is changed then. */
  load(numbers: Readonly<Record<string, number>>): void;
}

/** `optimizer` within `layer`. It can be fused if `optimizer` can. */
export function within(layer: Layer, optimizer: Optimizer): Optimizer {
  const rate = (outer: number): number => outer * (layer.rate?.() ?? 1);
  return {
    step: (parameters, outer = 1, stream) => {
      optimizer.step(layer.change?.(parameters) ?? parameters, rate(outer), stream);
      layer.advance?.();
    },
    observe: (loss) => {
      layer.observe?.(loss);
      optimizer.observe?.(loss);
    },
    ...(optimizer.fuse === undefined
      ? {}
      : {
          fuse: (parameters, onReclaim): FusedUpdate => {
            const fused = (optimizer as Required<Optimizer>).fuse(parameters, onReclaim);
            return {
              moments: fused.moments,
              numScalars: fused.numScalars,
              scalars: (out, outer = 1) => fused.scalars(out, rate(outer)),
              next: (gradients, scalars, stream) => fused.next(layer.changeFused?.(gradients) ?? gradients, scalars, stream),
              advance: () => {
                fused.advance();
                layer.advance?.();
              },
            };
          },
        }),
    getState: () => withMemory(optimizer.getState(), layer.memory),
    setState: (state) => {
      if (layer.memory === undefined) optimizer.setState(state);
      else setBoth(optimizer, layer.memory, state);
    },
  };
}

function withMemory(state: OptimizerState, memory: Memory | undefined): OptimizerState {
  if (memory === undefined) return state;
  return { ...state, layers: [...(state.layers ?? []), { name: memory.name, numbers: memory.save() }] };
}

/** All or nothing. */
function setBoth(optimizer: Optimizer, memory: Memory, { layers = [], ...state }: OptimizerState): void {
  const own = layers.at(-1);
  if (own?.name !== memory.name) {
    throw new Error(
      `${memory.name}: the state given was saved from an optimiser ${own === undefined ? 'without it' : `within ${own.name} instead`}; ` +
        'set it on the optimiser inside, or put the same layers around it as when it was saved',
    );
  }
  const before = memory.save();
  memory.load(own.numbers);
  try {
    const inner = layers.slice(0, -1);
    optimizer.setState(inner.length === 0 ? state : { ...state, layers: inner });
  } catch (error) {
    memory.load(before);
    throw error;
  }
}

/** @throws RangeError when a number that was saved is missing or out of range. */
export function checkSaved(where: string, numbers: Readonly<Record<string, number>>, key: string, holds: (value: number) => boolean, what: string): number {
  const value = Object.hasOwn(numbers, key) ? numbers[key] : undefined;
  checkRange(where, `${key} of the state given`, value, holds, what);
  return value as number;
}
