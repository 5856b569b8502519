/** @file Where users want guides to begin. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { SiteInit } from '../initialisation/siteInit.ts';
import { initToConstant, initToFeasible, initToMedian, initToUniform, initToValue } from '../initialisation/strategies.ts';

/** Where sites begin: a value for all, values by site, or a strategy such as `infer.initToMedian()`. */
export type InitLoc = number | Readonly<Record<string, Tensor | TensorLike>> | SiteInit;

/** A point where a guide might begin. */
export interface Candidate {
  readonly strategy: SiteInit;
  /** Whether the user chose the value of a site, and so is to hear of it if that does not fit. */
  readonly isChosen: (name: string) => boolean;
}

/** Bounds of the draws in unconstrained space, and how many there are of each: those of Stan, and then farther out. */
const RADII = [2, 10];
const TRIES = 30;

/**
 * Where to begin, best first. Values are as they are; to strategies, and where there is none, there are alternatives: the point in
 * the middle of unconstrained space, and then draws around it.
 *
 * @param names - the latent sites.
 */
export function candidates(initLoc: InitLoc | undefined, names: readonly string[]): readonly Candidate[] {
  if (typeof initLoc === 'number') return [{ strategy: initToConstant(initLoc), isChosen: () => true }];
  if (typeof initLoc === 'function') return [{ strategy: initLoc, isChosen: () => true }, ...alternatives().map(unchosen)];
  const strategies = [initToMedian(), ...alternatives()];
  if (initLoc === undefined) return strategies.map(unchosen);
  const isChosen = (name: string): boolean => Object.hasOwn(initLoc, name);
  const completed = strategies.map((strategy): Candidate => ({ strategy: initToValue(initLoc, strategy), isChosen }));
  return names.every(isChosen) ? completed.slice(0, 1) : completed;
}

function alternatives(): SiteInit[] {
  return [initToFeasible(), ...RADII.flatMap((radius) => Array.from({ length: TRIES }, () => initToUniform(radius)))];
}

function unchosen(strategy: SiteInit): Candidate {
  return { strategy, isChosen: () => false };
}
