/** @file Classes that are kept from the networks, to be met in the test for the first time. */
import { CLASSES, type Cifar } from './cifar.ts';
import { pick, type Photographs } from './images.ts';

export interface Task {
  /** The names of the classes to be told apart, by their labels. */
  readonly classes: readonly string[];
  readonly train: Photographs;
  readonly test: Photographs;
  /** Of the classes that were kept away; their labels mean nothing here. */
  readonly foreign: Photographs;
}

export interface TaskSettings {
  /** How many photographs to train on, the first of those for training. */
  readonly trainOn: number;
  /** How many of those for the test to use, the first, foreign ones among them. */
  readonly testOn: number;
  /** The names of the classes that are kept away. */
  readonly heldOut: readonly string[];
}

/** @throws RangeError for a class that there is not, or when there are too few photographs. */
export function makeTask({ train, test }: Cifar, { trainOn, testOn, heldOut }: TaskSettings): Task {
  const unknown = heldOut.find((name) => !CLASSES.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no class "${unknown}"; there are ${CLASSES.join(', ')}`);
  const classes = CLASSES.filter((name) => !heldOut.includes(name));
  const known = (photographs: Photographs) => relabelled(photographs, classes);
  const tested = first(test, testOn);
  return {
    classes,
    train: first(known(train), trainOn),
    test: known(tested),
    foreign: where(tested, (label) => !classes.includes(CLASSES[label] ?? '')),
  };
}

/** Photographs of `classes`, labelled by the places of these. */
function relabelled(photographs: Photographs, classes: readonly string[]): Photographs {
  const newLabel = (label: number): number => classes.indexOf(CLASSES[label] ?? '');
  const known = where(photographs, (label) => newLabel(label) >= 0);
  return { ...known, labels: known.labels.map(newLabel) };
}

function where(photographs: Photographs, isWanted: (label: number) => boolean): Photographs {
  return pick(photographs, [...photographs.labels.keys()].filter((place) => isWanted(photographs.labels[place] ?? 0)));
}

function first(photographs: Photographs, count: number): Photographs {
  if (count > photographs.count) throw new RangeError(`${count} photographs are asked for, but there are ${photographs.count}`);
  return pick(photographs, Array.from({ length: count }, (_, place) => place));
}
