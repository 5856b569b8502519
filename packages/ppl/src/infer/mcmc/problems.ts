/** @file Reasons not to trust a run, in words. */
import type { ChainDiagnostics } from './chainDiagnostics.ts';
import type { Summary } from './summary.ts';

const MAX_R_HAT = 1.01; // Vehtari et al. (2021)
const MIN_ESS_PER_CHAIN = 100; // Vehtari et al. (2021)
const MIN_E_BFMI = 0.3; // Stan
/** The share of transitions that is no accident any more. */
const MANY = 0.5;

/** Reasons not to trust a run, each with what to do about it; empty when there are none. */
export function describeProblems(diagnostics: readonly ChainDiagnostics[], summary: Summary): string[] {
  return [
    stuckChains(diagnostics),
    divergences(diagnostics),
    longTrees(diagnostics),
    slowEnergy(diagnostics),
    ...describeDraws(summary, diagnostics.length),
  ].filter((problem) => problem !== null);
}

/** What is wrong with draws, whatever they come from. */
export function describeDraws(summary: Summary, numChains: number): string[] {
  return [unmixedChains(summary), fewEffectiveDraws(summary, numChains)].filter((problem) => problem !== null);
}

function stuckChains(diagnostics: readonly ChainDiagnostics[]): string | null {
  const stuck = diagnostics.filter(({ unmoved, transitions }) => transitions > 1 && unmoved === transitions - 1);
  if (stuck.length === 0) return null;
  const which = stuck.map(({ chain, stepSize }) => `chain ${chain} (step size ${stepSize.toPrecision(2)})`);
  return (
    `${list(which)} never moved, and ${stuck.length > 1 ? 'their' : 'its'} draws are one and the same. A step size far from ` +
    '1 in the scale of the parameters means that the log density is not finite around there, or that its gradient is wrong ' +
    'or NaN: compare it with differences, or choose where to begin with `initStrategy`.'
  );
}

function divergences(diagnostics: readonly ChainDiagnostics[]): string | null {
  const count = total(diagnostics, 'divergences');
  if (count === 0) return null;
  if (count > MANY * total(diagnostics, 'transitions')) {
    return (
      `${count} transitions diverged, which is most of them: the log density or its gradient is not finite near the draws, ` +
      'or jumps. Look for a support that the parameters run against (give sites their true support), for overflow, or for a ' +
      'step size given far too large; raise targetAcceptProb only then.'
    );
  }
  return (
    `${count} transitions diverged: the posterior has regions that the steps are too coarse for, and draws there are ` +
    'missing. Raise targetAcceptProb (to 0.95, say), or reparameterise.'
  );
}

function longTrees(diagnostics: readonly ChainDiagnostics[]): string | null {
  const count = total(diagnostics, 'treeDepthSaturated');
  if (count === 0) return null;
  if (count > MANY * total(diagnostics, 'transitions')) {
    return (
      `${count} transitions reached maxTreeDepth, which is most of them: trajectories see no end of the posterior. It is ` +
      'improper (give every parameter a proper prior), the gradient is not that of the density, or the scales of ' +
      'parameters are too far apart.'
    );
  }
  return (
    `${count} transitions reached maxTreeDepth: they were cut short, which costs efficiency, not correctness. Rescale or ` +
    'reparameterise, let warm-up be longer, or raise maxTreeDepth.'
  );
}

function slowEnergy(diagnostics: readonly ChainDiagnostics[]): string | null {
  const slow = diagnostics.flatMap(({ eBfmi, chain }) =>
    eBfmi < MIN_E_BFMI ? [`${eBfmi.toFixed(2)} for chain ${chain}`] : [],
  );
  if (slow.length === 0) return null;
  return (
    `E-BFMI is below ${MIN_E_BFMI} (${slow.join(', ')}): heavy tails are explored slowly. Reparameterise, or draw more ` +
    'samples.'
  );
}

function unmixedChains(summary: Summary): string | null {
  const rows = Object.entries(summary)
    .filter(([, { rHat }]) => rHat > MAX_R_HAT)
    .sort(([, a], [, b]) => b.rHat - a.rHat);
  if (rows.length === 0) return null;
  const names = list(rows.map(([name, { rHat }]) => `${name} (${rHat.toFixed(3)})`));
  return (
    `R-hat is above ${MAX_R_HAT} for ${names}: the chains have not mixed. Run longer; if that does not help, look for ` +
    'several modes, and for parameters that data and priors leave undetermined: in an improper posterior, draws drift for ever.'
  );
}

function fewEffectiveDraws(summary: Summary, numChains: number): string | null {
  const lowest = MIN_ESS_PER_CHAIN * numChains;
  const few = Object.entries(summary)
    .map(([name, row]) => [name, Math.min(row.essBulk, row.essTail)] as const)
    .filter(([, ess]) => ess < lowest)
    .sort(([, a], [, b]) => a - b)
    .map(([name, ess]) => `${name} (${ess.toFixed(0)})`);
  if (few.length === 0) return null;
  return (
    `the effective sample size is below ${lowest} for ${list(few)}: estimates and their errors are unreliable. Draw more ` +
    'samples.'
  );
}

function total(diagnostics: readonly ChainDiagnostics[], field: 'divergences' | 'treeDepthSaturated' | 'transitions'): number {
  return diagnostics.reduce((sum, chain) => sum + chain[field], 0);
}

function list(items: readonly string[]): string {
  const shown = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}
