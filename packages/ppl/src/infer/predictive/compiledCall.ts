/** @file A call of `Predictive.sample` that is made by a program. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ProgramNumbers } from '@tychejs/jit';
import type { RandomStream } from '../../random/stream.ts';
import type { Prepared } from '../draws/drawEngine.ts';
import type { Drawing } from '../draws/drawing.ts';
import { signatureOf } from '../svi/compiled/arguments.ts';
import type { Collector, Layout } from './collector.ts';
import type { DrawSource } from './drawSource.ts';

/** What a call draws. */
export interface Call<A extends unknown[]> {
  readonly args: A;
  readonly stream: RandomStream;
  readonly draws: DrawSource | null;
  /** Which of the draws are used. */
  readonly indices: Int32Array;
}

/** Latent sites of which the program takes draws. */
interface Latent {
  readonly name: string;
  readonly target: ProgramNumbers;
}

/** The program takes the draws of latent sites first, and then the model's arguments; it gives sites by name. */
export class CompiledCall<A extends unknown[]> {
  private readonly call: Call<A>;
  private readonly drawing: Drawing;
  private readonly latents: readonly Latent[];
  private readonly numLatents: number;
  private readonly sites: readonly { readonly name: string; readonly layout: Layout; readonly numbers: ProgramNumbers }[];

  /** @param isAskedFor - whether the model has a latent site of this name. */
  constructor({ drawing, template }: Prepared, call: Call<A>, isAskedFor: (name: string) => boolean) {
    const names = call.draws?.names ?? [];
    const latents = names.map((name, place) => ({ name, target: drawing.inputView(place) }));
    this.call = call;
    this.drawing = drawing;
    this.latents = latents.filter(({ name }) => isAskedFor(name));
    this.numLatents = names.length;
    this.sites = Object.entries(template as Record<string, Tensor>).map(([name, layout], place) => {
      return { name, layout, numbers: drawing.outputView(place) };
    });
  }

  /** Gives the program arguments and parameters: before the first draw, and whenever somebody else may have used it. */
  load(): void {
    this.drawing.load(signatureOf(this.call.args).tensors, this.numLatents);
  }

  /** Makes draw `i`. @returns false if it is no good, and to be made eagerly. */
  draw(i: number, collector: Collector): boolean {
    const { draws, indices, stream } = this.call;
    for (const { name, target } of this.latents) draws?.write(name, indices[i] ?? 0, target);
    if (!this.drawing.draw(stream.fold(i))) return false;
    for (const { name, layout, numbers } of this.sites) collector.add(i, name, layout, numbers);
    return true;
  }
}
