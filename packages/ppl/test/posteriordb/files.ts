/** @file Data and reference draws of the posteriors, which tests and benchmarks share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../../../bench/data/posteriordb');

/** Of 10,000 reference draws of one scalar, and of their squares. */
export interface ReferenceMoments {
  readonly mean: number;
  readonly sd: number;
  readonly mean_sq: number;
  readonly sd_sq: number;
}

/** The data of a posterior, as its model takes them. */
export function readData(posterior: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, posterior, 'data.json'), 'utf8'));
}

/** By the scalar's name in Stan, such as `beta[1]`. */
export function readReference(posterior: string): Readonly<Record<string, ReferenceMoments>> {
  const text = readFileSync(join(FOLDER, posterior, 'reference.json'), 'utf8');
  return (JSON.parse(text) as { parameters: Record<string, ReferenceMoments> }).parameters;
}
