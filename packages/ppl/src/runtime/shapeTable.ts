/** @file The shapes of all sites as a table, for error messages about shapes. */
import { TraceError } from '@tychejs/jit';
import { format } from '../util/shape.ts';
import type { Site } from './site.ts';

/** One line a site: its name, `batch shape | event shape`, the shape of its value, and what kind of site it is. */
export function shapeTable(sites: Iterable<Site>): string {
  const rows = [['name', 'batch | event', 'value', ''], ...Array.from(sites, rowOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n');
}

function rowOf(site: Site): string[] {
  switch (site.type) {
    case 'sample': {
      const { batchShape, eventShape } = site.distribution;
      return [site.name, `${format(batchShape)} | ${format(eventShape)}`, format(site.value.shape), site.isObserved ? 'observed' : ''];
    }
    case 'plate':
      return [site.name, '', format(site.value.length === site.size ? [site.size] : [site.subsampleSize]), `plate of ${site.size}`];
    case 'param':
    case 'deterministic':
      return [site.name, '', format(site.value.shape), site.type];
  }
}

const HEADING = 'Sites so far:';
const ABOUT_SHAPES = /shape|broadcast|\brank\b|dimension|batch/i;

/** Adds the table to an error that speaks of shapes, tfjs's own included. Returns the same error, whatever it is. */
export function explainShapes(error: unknown, sites: ReadonlyMap<string, Site>): unknown {
  if (!(error instanceof Error) || sites.size === 0) return error;
  const { message } = error;
  if (!ABOUT_SHAPES.test(message) || message.includes(HEADING) || isAboutTracing(error)) return error;
  error.message = `${message}\n\n${HEADING}\n${shapeTable(sites.values())}`;
  // V8 copies the message into the stack when the error is made.
  if (error.stack !== undefined) error.stack = error.stack.replace(message, () => error.message);
  return error;
}

/** What cannot be compiled is no matter of shapes, though it may name one. */
function isAboutTracing(error: Error): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause) if (e instanceof TraceError) return true;
  return false;
}
