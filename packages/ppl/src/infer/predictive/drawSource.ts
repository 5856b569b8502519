/** @file Posterior draws as predictions are made from them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { asTensor, canReadSynchronously } from '../../distributions/parameter.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../runtime/message.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { Shape } from '../../util/shape.ts';
import { format, sameShape, sizeOf } from '../../util/shape.ts';

/** Draws of one site, with the dimension of draws in front: a tensor, nested arrays, or what `mcmc.getSamples()` gives. */
export type SiteDraws = Tensor | TensorLike | { readonly data: Float64Array | Float32Array; readonly shape: readonly number[] };

/** The draws of one site, as numbers. */
interface Draws {
  readonly data: tf.TypedArray | Float64Array;
  /** Of one draw. */
  readonly shape: readonly number[];
}

/** Draws of sites, by name. */
export class DrawSource {
  readonly names: readonly string[];
  /** How many draws there are of each site. */
  readonly count: number;
  private readonly draws: ReadonlyMap<string, Draws>;

  private constructor(draws: ReadonlyMap<string, Draws>, count: number) {
    this.draws = draws;
    this.count = count;
    this.names = [...draws.keys()];
  }

  /** @throws Error when there are none, or when the sites have different numbers of draws. */
  static async read(samples: Readonly<Record<string, SiteDraws>>): Promise<DrawSource> {
    const draws = new Map<string, Draws>();
    const counts = new Map<string, number>();
    for (const [name, given] of Object.entries(samples)) {
      const { data, shape } = await numbersOf(given);
      const [count, ...rest] = shape;
      if (count === undefined) throw new Error(`infer.Predictive: posteriorSamples has one number for "${name}"; draws need a leading dimension`);
      if (data.length !== sizeOf(shape)) {
        throw new Error(`infer.Predictive: posteriorSamples has ${data.length} numbers for "${name}", whose shape is ${format(shape)}`);
      }
      draws.set(name, { data, shape: rest });
      counts.set(name, count);
    }
    const [first, ...others] = new Set(counts.values());
    if (first === undefined) throw new Error('infer.Predictive: posteriorSamples is empty');
    if (others.length > 0) {
      const list = [...counts].map(([name, count]) => `"${name}" ${count}`).join(', ');
      throw new Error(`infer.Predictive: posteriorSamples must have the same number of draws of each site, got ${list}`);
    }
    return new DrawSource(draws, first);
  }

  /** Draw `index` of a site; `null` if there are none of it. */
  draw(message: SampleMessage, index: number): Tensor | null {
    const draws = this.drawsOf(message, message.distribution.batchShape);
    if (draws === null) return null;
    return numbers(drawIn(draws, index), draws.shape, message);
  }

  /** Draw `index` of all sites: float32, whatever the sites are. */
  tensors(index: number): Record<string, Tensor> {
    const tensorOf = (draws: Draws): Tensor => tf.tensor(Float32Array.from(drawIn(draws, index)), [...draws.shape]);
    return Object.fromEntries([...this.draws].map(([name, draws]) => [name, tensorOf(draws)]));
  }

  /** Writes the numbers of draw `index` of a site. */
  write(name: string, index: number, target: Float32Array | Float64Array): void {
    const draws = this.draws.get(name);
    if (draws !== undefined) target.set(drawIn(draws, index));
  }

  /**
   * Chosen draws of a site, all at once.
   *
   * @param batchRank - the batch dimensions of all sites, to which the draws' dimension is added on the left.
   */
  stacked(message: SampleMessage, indices: Int32Array, batchRank: number): Tensor | null {
    const { batchShape, eventShape } = message.distribution;
    const drawn = (this.draws.get(message.name)?.shape.length ?? 0) - eventShape.length;
    const draws = this.drawsOf(message, batchOfOne(batchShape, drawn, indices.length, batchRank));
    if (draws === null) return null;
    const { shape } = draws;
    const all = numbers(draws.data, [this.count, ...shape], message);
    const padding = batchRank - drawn;
    const chosen = tf.gather(all, tf.tensor1d(indices, 'int32'));
    return tf.reshape(chosen, [indices.length, ...Array.from({ length: Math.max(0, padding) }, () => 1), ...shape]);
  }

  /** @throws SiteError when a draw does not have the site's shape, which is that of `batchShape` and one event. */
  private drawsOf(message: SampleMessage, batchShape: Shape): Draws | null {
    const draws = this.draws.get(message.name);
    if (draws === undefined) return null;
    checkShape(message, batchShape, draws.shape);
    return draws;
  }
}

/**
 * The draw of a site among those that {@link DrawSource.tensors} gives, as the site has it; `null` if there is none.
 *
 * @throws SiteError when it does not have the site's shape.
 */
export function drawAmong(latents: Readonly<Record<string, Tensor>>, message: SampleMessage): Tensor | null {
  if (!Object.hasOwn(latents, message.name)) return null;
  const draw = latents[message.name] as Tensor;
  checkShape(message, message.distribution.batchShape, draw.shape);
  return tf.cast(draw, message.distribution.dtype);
}

/**
 * The batch shape of a site in one draw, given that in `count` draws at once: what the site reads may have brought the dimension of
 * draws with it, and the ones that stand between that and the site's own.
 *
 * @param rank - the batch dimensions of the draw that is given: so many stay, and those that are not ones.
 * @param batchRank - the batch dimensions of all sites; that of draws is to the left of them.
 */
function batchOfOne(batchShape: Shape, rank: number, count: number, batchRank: number): Shape {
  if (batchShape.length !== batchRank + 1 || batchShape[0] !== count) return batchShape;
  const own = batchShape.slice(1);
  const first = own.findIndex((size, i) => size !== 1 || own.length - i <= rank);
  return first < 0 ? [] : own.slice(first);
}

function checkShape(message: SampleMessage, batchShape: Shape, found: Shape): void {
  const shape = [...batchShape, ...message.distribution.eventShape];
  if (sameShape(found, shape)) return;
  throw new SiteError(
    message,
    `its shape is ${format(shape)}, but posteriorSamples has draws of shape ${format(found)}; after the dimension of draws, ` +
      'the shapes must be those of the model (draws by chain have one more: join the chains)',
  );
}

/** The numbers of one draw. */
function drawIn({ data, shape }: Draws, index: number): tf.TypedArray | Float64Array {
  const size = sizeOf(shape);
  return data.subarray(index * size, (index + 1) * size);
}

async function numbersOf(given: SiteDraws): Promise<{ data: Draws['data']; shape: readonly number[] }> {
  if (typeof given === 'object' && 'data' in given && 'shape' in given && ArrayBuffer.isView(given.data)) {
    return { data: given.data, shape: given.shape };
  }
  const tensor = asTensor(given as Tensor | TensorLike);
  const data = canReadSynchronously() ? tensor.dataSync() : await tensor.data();
  const result = { data: data.slice(), shape: tensor.shape };
  if (tensor !== given) tensor.dispose();
  return result;
}

function numbers(data: ArrayLike<number>, shape: readonly number[], message: SampleMessage): Tensor {
  const { dtype } = message.distribution;
  const typed = dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return tf.tensor(typed, [...shape], dtype);
}

/** Law: latent sites take the values that `lookUp` has for them; nothing else changes. */
export class DrawHandler extends Handler {
  private readonly lookUp: (message: SampleMessage) => Tensor | null;

  constructor(lookUp: (message: SampleMessage) => Tensor | null) {
    super();
    this.lookUp = lookUp;
  }

  override process(message: Message): void {
    if (message.type === 'sample' && message.value === null) message.value = this.lookUp(message);
  }
}
