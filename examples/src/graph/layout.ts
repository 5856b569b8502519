/** @file Places for the nodes of a graph: neighbours attract one another, all repel. */
import type { Graph } from './data.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Places in the unit square, the same in every run: nodes begin on a spiral and move by less and less.
 *
 * Source: Fruchterman and Reingold, "Graph drawing by force-directed placement" (1991), with a pull to the middle so that
 * no part drifts away.
 */
export function layout({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>, steps = 600): Place[] {
  const count = nodes.length;
  const ideal = 1 / Math.sqrt(count);
  // Golden angles: no two nodes begin at one place, and no axis is preferred.
  const places = nodes.map((_, i) => ({ x: Math.sqrt((i + 0.5) / count) * Math.cos(2.39996 * i), y: Math.sqrt((i + 0.5) / count) * Math.sin(2.39996 * i) }));
  for (let step = 0; step < steps; step++) {
    const forces = places.map(({ x, y }) => ({ x: -0.6 * x, y: -0.6 * y }));
    const push = (i: number, j: number, strength: (distance: number) => number): void => {
      const [a, b, forceA, forceB] = [places[i], places[j], forces[i], forces[j]];
      if (!a || !b || !forceA || !forceB) return;
      const [dx, dy] = [a.x - b.x, a.y - b.y];
      const distance = Math.hypot(dx, dy) + 1e-9;
      const [x, y] = [(dx / distance) * strength(distance), (dy / distance) * strength(distance)];
      forceA.x += x;
      forceA.y += y;
      forceB.x -= x;
      forceB.y -= y;
    };
    for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) push(i, j, (distance) => ideal ** 2 / distance);
    for (const { from, to } of edges) push(from, to, (distance) => -(distance ** 2) / ideal);
    const most = 0.1 * (1 - step / steps);
    places.forEach((place, i) => {
      const force = forces[i] ?? { x: 0, y: 0 };
      const length = Math.hypot(force.x, force.y) + 1e-9;
      place.x += (force.x / length) * Math.min(length, most);
      place.y += (force.y / length) * Math.min(length, most);
    });
  }
  return intoSquare(places);
}

/** The places moved and stretched, by the axis, to touch all sides of the unit square. */
function intoSquare(places: readonly Place[]): Place[] {
  const span = (values: number[]) => ({ least: Math.min(...values), width: Math.max(...values) - Math.min(...values) || 1 });
  const [across, up] = [span(places.map(({ x }) => x)), span(places.map(({ y }) => y))];
  return places.map(({ x, y }) => ({ x: (x - across.least) / across.width, y: (y - up.least) / up.width }));
}
