/** @file Two graphs with classes of nodes. */
import { readData } from '../data/readData.ts';

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

export interface Graph {
  readonly name: string;
  /** A name for each node. */
  readonly nodes: readonly string[];
  readonly edges: readonly Edge[];
  /** The class of each node; `null` for those that are looked at no further. */
  readonly classes: readonly (number | null)[];
  readonly numClasses: number;
}

/** Zachary's karate club: the class of a member is the faction. */
export function karateClub(): Graph {
  const { faction, edges } = readData('karateClub.json') as { readonly faction: readonly number[]; readonly edges: readonly (readonly [number, number])[] };
  return {
    name: 'karate club',
    nodes: faction.map((_, i) => String(i + 1)),
    edges: edges.map(([from, to]) => ({ from, to, weight: 1 })),
    classes: faction,
    numClasses: 2,
  };
}

interface Miserables {
  readonly nodes: readonly { readonly name: string; readonly group: number }[];
  readonly links: readonly { readonly source: number; readonly target: number; readonly value: number }[];
}

/** Communities with fewer members are no classes. */
const LEAST_MEMBERS = 5;

/** The characters of Les Misérables: the class of a character is the community. */
export function miserables(): Graph {
  const { nodes, links } = readData('miserables.json') as Miserables;
  const members = (group: number) => nodes.filter((node) => node.group === group).length;
  const groups = [...new Set(nodes.map(({ group }) => group))].filter((group) => members(group) >= LEAST_MEMBERS).toSorted((a, b) => a - b);
  return {
    name: 'Les Misérables',
    nodes: nodes.map(({ name }) => name),
    // Counts vary from 1 to 31; what matters is more nearly their logarithm.
    edges: links.map(({ source, target, value }) => ({ from: source, to: target, weight: 1 + Math.log(value) })),
    classes: nodes.map(({ group }) => (groups.includes(group) ? groups.indexOf(group) : null)),
    numClasses: groups.length,
  };
}
