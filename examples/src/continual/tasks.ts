/** @file Split MNIST: five tasks, two digits each, one after the other. */
import * as tf from '@tensorflow/tfjs-core';
import type { Digits } from '../mnist/digits.ts';
import { inputsOf, pick, PIXELS, type LabelledImages } from '../mnist/images.ts';

/** Images of two digits, and which of the two each is. */
export interface Task {
  /** `0 or 1`. */
  readonly name: string;
  /** Its place among the tasks, from 0. */
  readonly index: number;
  readonly train: LabelledImages;
  /** Their labels are 0 for the smaller of the two digits, 1 for the larger. */
  readonly test: LabelledImages;
}

export const NUM_TASKS = 5;

/** The tasks: 0 or 1, 2 or 3, ..., 8 or 9. */
export function splitDigits({ train, test }: Digits): Task[] {
  return Array.from({ length: NUM_TASKS }, (_, index) => ({
    name: `${2 * index} or ${2 * index + 1}`,
    index,
    train: pairOf(train, index),
    test: pairOf(test, index),
  }));
}

function pairOf(digits: LabelledImages, index: number): LabelledImages {
  const chosen = [...digits.labels.keys()].filter((i) => Math.floor((digits.labels[i] ?? 0) / 2) === index);
  const { labels, ...images } = pick(digits, chosen);
  return { ...images, labels: labels.map((digit) => digit % 2) };
}

/** What a network with a head for each task is trained on. */
export interface TaskTensors {
  /** Images, `[count, pixels]`, and for each of them the task, one-hot: `[count, tasks]`. */
  readonly x: [tf.Tensor, tf.Tensor];
  /** `[count, 1]`. */
  readonly y: tf.Tensor;
}

/** The images of a task as tensors, which the caller frees. */
export function tensorsOf({ index }: Pick<Task, 'index'>, images: LabelledImages): TaskTensors {
  return tf.tidy(() => ({
    x: [inputsOf(images, [PIXELS]), tf.cast(tf.oneHot(tf.fill([images.count], index, 'int32'), NUM_TASKS), 'float32')],
    y: tf.tensor2d(Float32Array.from(images.labels), [images.count, 1]),
  })) as TaskTensors;
}
