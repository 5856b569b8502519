/** @file Every optimiser, and every layer around one, with settings that make all of its formula count. */
import { adagrad, adagradRmsprop, adam, adamax, adamW, clip, clippedAdam, reduceOnPlateau, rmsprop, schedule, sgd } from '../../src/optim/index.ts';
import type { Optimizer } from '../../src/optim/index.ts';

export const makers: [string, () => Optimizer][] = [
  ['sgd', () => sgd((name) => ({ lr: name === 'x' ? 0.1 : 0.01 }))],
  ['sgd with momentum', () => sgd({ lr: 0.1, momentum: 0.9 })],
  ['sgd with Nesterov momentum', () => sgd((name) => ({ lr: 0.1, momentum: name === 'x' ? 0.9 : 0, nesterov: true }))],
  ['adam', () => adam((name) => ({ lr: name === 'x' ? 0.1 : 0.3, beta2: name === 'x' ? 0.99 : 0.9 }))],
  ['adamW', () => adamW({ lr: 0.1, weightDecay: 0.1 })],
  ['clippedAdam', () => clippedAdam((name) => ({ lr: 0.1, clipNorm: name === 'x' ? 0.5 : 2, lrd: 0.95 }))],
  ['adamax', () => adamax({ lr: 0.1, eps: 1e-3 })],
  ['rmsprop', () => rmsprop({ lr: 0.1, decay: 0.8, eps: 0.1 })],
  ['centered rmsprop with momentum', () => rmsprop((name) => ({ lr: 0.1, decay: 0.8, momentum: name === 'x' ? 0.5 : 0, centered: true, eps: 0.1 }))],
  ['adagrad', () => adagrad({ lr: 0.1, lrDecay: 0.1, initialAccumulatorValue: 0.2 })],
  ['adagradRmsprop', () => adagradRmsprop({ lr: 0.5, delta: 0.1, t: 0.3 })],
  ['scheduled', () => schedule(adam({ lr: 0.1 }), { milestones: [3, 5] })],
  ['scheduled twice', () => schedule(schedule(adamW({ lr: 0.1 }), { warmupSteps: 5 }), { gamma: 0.9 })],
  ['clipped', () => clip(sgd({ lr: 0.1, momentum: 0.5 }), { norm: 1.5, value: 1 })],
  ['on a plateau', () => reduceOnPlateau(adam({ lr: 0.1 }), { window: 2, patience: 1, factor: 0.5, cooldown: 1 })],
  ['all layers', () => schedule(clip(reduceOnPlateau(clippedAdam({ lr: 0.1 }), { window: 1, patience: 0 }), { norm: 1 }), { decaySteps: 12 })],
];
