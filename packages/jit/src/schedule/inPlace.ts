/** @file Which results may be written where an input lies: those whose writing begins when nobody reads the input any more. */
import type { NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import { isElementwise, isIdentity } from './fused.ts';
import type { Carry, Schedule, Value } from './schedule.ts';

/** Steps with what their members read. */
type Steps = Pick<Schedule, 'steps' | 'values' | 'accesses'>;

/** When an array is read last, and whether all its readings in that step are at the index that the step's loop stands at. */
export interface LastReading {
  readonly step: number;
  readonly isIndexForIndex: boolean;
}

/** Of an array that nobody reads. */
const NEVER: LastReading = { step: -1, isIndexForIndex: true };

/**
 * Which results are where the inputs are that they replace, and which have to be copied there.
 *
 * @param outputs - the values that are the graph's outputs.
 * @param firstWriteOf - the step that begins to write a value.
 */
export function placeCarried(
  steps: Steps,
  carries: readonly Carry[],
  outputs: readonly NodeId[],
  firstWriteOf: (id: NodeId) => number,
): Pick<Schedule, 'inPlace' | 'copies'> {
  const readings = new InputReadings(steps);
  const inPlace = new Map<NodeId, number>();
  const copies: { from: NodeId; input: number }[] = [];
  for (const { output, input } of carries) {
    const from = at(outputs, output);
    const result = at(steps.values, from);
    // Such a result is the very input.
    if (result.op === 'input') continue;
    if (mayReplace(result, firstWriteOf(from), readings.lastOf(input))) inPlace.set(from, input);
    else copies.push({ from, input });
  }
  return { inPlace, copies };
}

/**
 * Whether a result may be stored in place of an input of its size: it is written after the input was read for the last
 * time; or in the same loop, index for index, in which each round loads before it stores.
 *
 * @param firstWrite - the step that begins to write the result.
 */
function mayReplace(result: Value, firstWrite: number, lastReading: LastReading): boolean {
  if (lastReading.step !== firstWrite) return lastReading.step < firstWrite;
  return lastReading.isIndexForIndex && isElementwise(result);
}

/** The last readings of inputs, by index. */
export class InputReadings {
  readonly #values: readonly Value[];
  readonly #last = new Map<number, LastReading>();

  constructor({ steps, values, accesses }: Steps) {
    this.#values = values;
    steps.forEach((step, place) => {
      if (step.kind === 'fused') {
        for (const member of step.members) for (const access of accesses[member] ?? []) this.#note(access.root, place, isIdentity(access, step.strides));
      } else {
        for (const { root } of step.kind === 'transpose' ? [step.view] : step.operands) this.#note(root, place, false);
      }
    });
  }

  /** Of the `index`-th input. */
  lastOf(index: number): LastReading {
    return this.#last.get(index) ?? NEVER;
  }

  #note(root: NodeId, step: number, isIndexForIndex: boolean): void {
    const node = at(this.#values, root);
    if (node.op !== 'input') return;
    const before = this.lastOf(node.index);
    const wasElsewhere = before.step === step && !before.isIndexForIndex;
    this.#last.set(node.index, { step, isIndexForIndex: isIndexForIndex && !wasElsewhere });
  }
}
