/** @file The random inputs of a program: which streams they come from, and drawing them anew. */
import type { CompiledProgram } from '@tychejs/jit';
import type { Fill, RecordedDraw } from '../../../random/drawn.ts';
import { RandomStream } from '../../../random/stream.ts';
import type { Derivation } from '../../../random/stream.ts';
import { threefry2x32 } from '../../../random/threefry.ts';

/** An input that the host draws. */
interface HostDraw {
  readonly stream: number;
  readonly fill: Fill;
  readonly values: Float32Array | Int32Array;
  /** Where they go. */
  readonly target: Float32Array | Float64Array;
}

/** An input that the program draws by itself, from a key. */
interface ProgramDraw {
  readonly stream: number;
  /** Its place among the program's keys. */
  readonly place: number;
}

/**
 * The draws of a step are those of streams that derive from the step's own. While the function was being recorded, each draw
 * noted how its stream was derived; here the same derivations lead from another step's stream to that step's draws, and
 * every stream on the way is computed once.
 */
export class NoiseInputs {
  /** Derivations by number, parents first; -1 is the step's stream. */
  private readonly parents: number[] = [];
  private readonly steps: Derivation[] = [];
  private readonly keys: Uint32Array;
  private readonly words: Uint32Array;
  private readonly hostDraws: readonly HostDraw[];
  private readonly programDraws: readonly ProgramDraw[];
  private readonly pair = new Uint32Array(2);

  /**
   * @param draws - in the order of the inputs that they became.
   * @param stream - that of the step that was recorded. Draws from elsewhere stay what they were.
   * @param program - made of that step.
   */
  constructor(draws: readonly RecordedDraw[], stream: RandomStream, program: CompiledProgram) {
    const firstInput = program.inputs.length;
    const places = new Map(program.noise.map(({ input }, place) => [input, place]));
    const known = new Map<string, number>();
    const hostDraws: HostDraw[] = [];
    const programDraws: ProgramDraw[] = [];
    draws.forEach((draw, i) => {
      const { root, path } = draw.stream.lineage;
      const place = places.get(firstInput + i);
      if (root.key.join() !== stream.key.join()) {
        if (place !== undefined) program.noiseKeys.set(draw.stream.key, 2 * place);
        return;
      }
      const number = this.numberOf(path, known);
      if (place === undefined) {
        const target = program.inputView(firstInput + i);
        const values = draw.dtype === 'int32' ? new Int32Array(target.length) : new Float32Array(target.length);
        hostDraws.push({ stream: number, fill: draw.fill, values, target });
      } else {
        programDraws.push({ stream: number, place });
      }
    });
    this.words = program.noiseKeys;
    this.keys = new Uint32Array(2 * this.steps.length);
    this.hostDraws = hostDraws;
    this.programDraws = programDraws;
  }

  /** Lets the program's random inputs be those of a step with this stream. */
  draw(stream: RandomStream): void {
    const { keys, pair, words } = this;
    const [root0, root1] = stream.key;
    for (let i = 0; i < this.steps.length; i++) {
      const parent = this.parents[i] as number;
      const [index, purpose] = this.steps[i] as Derivation;
      const key0 = parent < 0 ? root0 : (keys[2 * parent] as number);
      const key1 = parent < 0 ? root1 : (keys[2 * parent + 1] as number);
      threefry2x32(key0, key1, index, purpose, pair);
      keys.set(pair, 2 * i);
    }
    for (const { stream: number, place } of this.programDraws) {
      words[2 * place] = keys[2 * number] as number;
      words[2 * place + 1] = keys[2 * number + 1] as number;
    }
    for (const { stream: number, fill, values, target } of this.hostDraws) {
      fill(RandomStream.fromKey(keys[2 * number] as number, keys[2 * number + 1] as number), values);
      target.set(values);
    }
  }

  private numberOf(path: readonly Derivation[], known: Map<string, number>): number {
    let number = -1;
    for (const step of path) {
      const name = `${number}/${step.join('/')}`;
      let next = known.get(name);
      if (next === undefined) {
        next = this.steps.length;
        known.set(name, next);
        this.parents.push(number);
        this.steps.push(step);
      }
      number = next;
    }
    return number;
  }
}
