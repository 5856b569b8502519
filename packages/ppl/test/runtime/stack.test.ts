/** The handler stack: order, scopes across await, engines that reinstall it, operations, and statements used wrongly. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import { positive } from '../../src/constraints/interval.ts';
import { normal } from '../../src/distributions/normal.ts';
import * as handlers from '../../src/handlers/index.ts';
import { traceOf } from '../../src/handlers/trace.ts';
import { getParamStore } from '../../src/params/store.ts';
import { deterministic, factor, param, randomStream, sample } from '../../src/primitives.ts';
import { effectful } from '../../src/runtime/effectful.ts';
import { Handler } from '../../src/runtime/handler.ts';
import type { Message } from '../../src/runtime/message.ts';
import { SiteError } from '../../src/runtime/siteError.ts';
import { currentStack, withStack } from '../../src/runtime/stack.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));
afterEach(() => {
  getParamStore().clear();
  expect(currentStack()).toBeNull();
});

const tidy = (body: () => void) => (): void => tf.tidy(body);
const scalar = (value: Tensor): number => value.dataSync()[0]!;
const x = (): number => scalar(tf.tidy(() => sample('x', normal(0, 1))));

/** Logs what it sees, and does what it is told. */
class Probe extends Handler {
  private readonly log: string[];
  private readonly label: string;
  private readonly act: (message: Message) => void;

  constructor(log: string[], label: string, act: (message: Message) => void = () => {}) {
    super();
    this.log = log;
    this.label = label;
    this.act = act;
  }

  override process(message: Message): void {
    this.log.push(`${this.label}>${message.name}`);
    this.act(message);
  }

  override postprocess(message: Message): void {
    this.log.push(`${this.label}<${message.name}`);
  }
}

const nest = <R>(body: () => R, ...innermostFirst: Handler[]): R => innermostFirst.reduce<() => R>((inner, handler) => () => handler.run(inner), body)();

describe('a message', () => {
  test('goes outwards through process, is answered, and comes back through postprocess', tidy(() => {
    const log: string[] = [];
    nest(x, new Probe(log, 'a'), new Probe(log, 'b'), new Probe(log, 'c'));
    expect(log.join(' ')).toBe('a>x b>x c>x c<x b<x a<x');
  }));

  test('turns round where it is stopped, and is not drawn when it has a value', tidy(() => {
    const log: string[] = [];
    const stop = new Probe(log, 'b', (message) => {
      message.stop = true;
      message.value = tf.scalar(5);
    });
    expect(nest(x, new Probe(log, 'a'), stop, new Probe(log, 'c'))).toBe(5);
    expect(log.join(' ')).toBe('a>x b>x b<x a<x');
  }));

  test('that a handler sends itself goes to the handlers around it only', tidy(() => {
    const log: string[] = [];
    const asks = new Probe(log, 'b', (message) => {
      if (message.name === 'x') message.value = sample('inner', normal(0, 1));
    });
    nest(x, new Probe(log, 'a'), asks, new Probe(log, 'c'));
    expect(log.join(' ')).toBe('a>x b>x c>inner c<inner c>x c<x b<x a<x');
  }));

  test('must not lose its value', tidy(() => {
    class Thief extends Handler {
      override postprocess(message: Message): void {
        message.value = null;
      }
    }
    expect(() => new Thief().run(x)).toThrow(/site "x": a handler took the value away/);
  }));

  test('without any handler does the obvious', tidy(() => {
    expect(Number.isFinite(x())).toBe(true);
    expect(scalar(sample('y', normal(0, 1), { obs: 3 }))).toBe(3);
    expect(scalar(param('w', 2))).toBe(2);
    expect(scalar(deterministic('d', 4))).toBe(4);
    expect(factor('f', 1)).toBeUndefined();
    expect(randomStream('s').uniform()).toBeGreaterThan(0);
  }));
});

describe('scopes', () => {
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  const seededRun = (seed: number): Promise<number[]> =>
    handlers.seed({ seed }).run(async () => {
      const draws = [x()];
      for (let i = 0; i < 3; i++) {
        await pause();
        draws.push(x());
      }
      return draws;
    });

  test('cover what comes after an await; runs that interleave do not mix', async () => {
    const alone = [await seededRun(1), await seededRun(2)];
    expect(new Set(alone.flat()).size).toBe(8);
    expect(await Promise.all([seededRun(1), seededRun(2)])).toEqual(alone);
  });

  test('of one handler object may interleave too', async () => {
    const handler = handlers.seed({ seed: 1 });
    const run = (): Promise<number[]> =>
      handler.run(async () => {
        const first = x();
        await pause();
        return [first, x()];
      });
    const [a, b] = await Promise.all([run(), run()]);
    expect(a).toEqual(b);
    expect(a[0]).not.toBe(a[1]);
  });

  test('end with their body, when it throws and when it is rejected', async () => {
    expect(() => handlers.scale({ scale: 2 }).run(() => {
      throw new Error('no');
    })).toThrow('no');
    await expect(handlers.scale({ scale: 2 }).run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(currentStack()).toBeNull();
  });

  test('of asynchronous bodies warn when these are done', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const done = handlers.condition({ data: { y: 1 } }).run(async () => {
      await pause();
      return x();
    });
    expect(warn).not.toHaveBeenCalled();
    await done;
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  test('are put back by engines: currentStack and withStack', tidy(() => {
    const stack = handlers.condition({ data: { x: 3 } }).run(() => handlers.seed({ seed: 1 }).run(() => [x(), currentStack()] as const)[1]);
    expect(currentStack()).toBeNull();
    expect(withStack(stack, x)).toBe(3);
    // What is in force at the time gives way, and comes back.
    handlers.condition({ data: { x: 4 } }).run(() => {
      expect(withStack(stack, x)).toBe(3);
      expect(withStack(null, () => currentStack())).toBeNull();
      expect(x()).toBe(4);
    });
    expect(() => withStack(stack, () => {
      throw new Error('no');
    })).toThrow('no');
  }));
});

describe('effectful operations', () => {
  const dense = (input: Tensor, kernel: Tensor): Tensor => effectful('dense', 'layer', { input, kernel }, () => tf.matMul(input, kernel));
  const [input, kernel] = [[[1, 2]], [[3], [4]]];

  test('are themselves without handlers, and are no sites', tidy(() => {
    expect(dense(tf.tensor(input), tf.tensor(kernel)).arraySync()).toEqual([[11]]);
    const trace = traceOf(() => dense(tf.tensor(input), tf.tensor(kernel)));
    expect(trace.nodes.size).toBe(0);
    expect((trace.returnValue as Tensor).arraySync()).toEqual([[11]]);
  }));

  test('can be seen, replaced and altered', tidy(() => {
    const log: string[] = [];
    class Double extends Handler {
      override process(message: Message): void {
        if (message.type !== 'operation' || message.operation !== 'dense') return;
        const given = message.args['input'] as Tensor;
        log.push(`${message.name} ${given.shape.join('x')}`);
        message.value = tf.mul(message.compute(), 2);
      }
    }
    const run = (): unknown => dense(tf.tensor(input), tf.tensor(kernel)).arraySync();
    expect(new Double().run(run)).toEqual([[22]]);
    expect(handlers.block(() => new Double().run(run))()).toEqual([[22]]);
    expect(new Double().run(handlers.block(run, { hideTypes: ['operation'] }))).toEqual([[11]]);
    expect(log).toEqual(['layer 1x2', 'layer 1x2']);
  }));

  test('name themselves when they fail', tidy(() => {
    const failing = (): Tensor => dense(tf.tensor(input), tf.tensor(input));
    expect(() => handlers.seed(failing, { seed: 1 })()).toThrow(/operation "layer": .*matMul/s);
  }));
});

describe('statements used wrongly', () => {
  const wrong = (call: () => unknown) => expect(() => expectNoLeak(() => tf.tidy(() => void call())));
  const any = <T>(value: unknown): T => value as T;

  test('names that are none', () => {
    tf.tidy(() => {
      wrong(() => sample(any(normal(0, 1)), any('x'))).toThrow(/^sample: the first argument must be the site's name, got a Normal$/);
      wrong(() => param(any(tf.ones([2, 3])))).toThrow(/^param: .*got a tensor of shape \[2, 3\]$/);
      wrong(() => deterministic('', 1)).toThrow(/^deterministic: .*got ""$/);
      wrong(() => factor(any(1), 1)).toThrow(/^factor: .*got 1$/);
      wrong(() => randomStream(any(undefined))).toThrow(/^randomStream: .*got undefined$/);
    });
  });

  test('options that are none', () => {
    wrong(() => sample('x', normal(0, 1), any({ ob: 1 }))).toThrow(/sample\("x"\): unknown option "ob". Did you mean "obs"/);
    wrong(() => sample('x', normal(0, 1), any(3))).toThrow(/sample\("x"\): options must be an object/);
    wrong(() => param('w', 1, any({ constrain: positive }))).toThrow(/param\("w"\): unknown option "constrain". Did you mean "constraint"/);
  });

  test('ragged data', () => {
    wrong(() => sample('x', normal(0, 1), { obs: [[1, 2], [3]] })).toThrow(/site "x": ragged array/);
  });

  test('data that are no numbers, though JavaScript would make numbers of them', () => {
    wrong(() => sample('x', normal(0, 1), { obs: [1, null] as never })).toThrow(/site "x": entry \[1\] of an array is null, and no number.*obsMask/);
    wrong(() => sample('x', normal([[0, 0], [0, '1']] as never, 1))).toThrow(/site "x": entry \[1, 1\] of an array is "1"/);
    wrong(() => sample('x', normal(0, 1), { obs: [undefined, 1] as never })).toThrow(/site "x": entry \[0\] of an array is undefined/);
  });

  test('what is no distribution', () => {
    wrong(() => sample('x', any(3))).toThrow(/site "x": expected a distribution such as dist.normal\(0, 1\), got number/);
  });

  test.each(['normal(0, -1)', 'in a seed scope'])('parameters that are not allowed name the site: %s', (kind) => {
    const model = (): Tensor => sample('rate', normal([0, 0], [1, -1]));
    if (kind === 'in a seed scope') {
      wrong(() => handlers.seed(model, { seed: 1 })()).toThrow(SiteError);
      wrong(() => handlers.seed(model, { seed: 1 })()).toThrow(/site "rate": normal: scale must be positive, got -1/);
      wrong(() => handlers.condition(model, { data: { rate: [1, 1] } })()).toThrow(/site "rate": normal: scale must be positive/);
    } else {
      wrong(model).toThrow(/normal: scale must be positive, got -1/);
    }
  });

  test('(N,) against (N, 1) is refused, wherever the value comes from', () => {
    tf.tidy(() => {
      const column = tf.zeros([3, 1]);
      const message = /site "y": normal: value has shape \[3\], but batchShape\+eventShape is \[3, 1\]\+\[\]; together they would broadcast to \[3, 3\]/;
      wrong(() => sample('y', normal(column, 1), { obs: [1, 2, 3] })).toThrow(message);
      const free = (): Tensor => sample('y', normal(column, 1));
      wrong(() => handlers.condition(free, { data: { y: [1, 2, 3] } })()).toThrow(message);
      wrong(() => handlers.substitute(free, { data: { y: [1, 2, 3] } })()).toThrow(message);
      const fine = [sample('y', normal(column, 1), { obs: tf.ones([3, 1]) }), sample('y', normal(tf.zeros([3]), 1), { obs: tf.ones([5, 3]) }), sample('y', normal(column, 1), { obs: 1 })];
      expect(fine.map(({ shape }) => shape)).toEqual([[3, 1], [5, 3], []]);
    });
  });

  test('a SiteError keeps the cause and the name, and is not wrapped again', () => {
    const cause = new TypeError('inner');
    const failing = (): Tensor => param('w', () => {
      throw cause;
    });
    try {
      handlers.seed(handlers.scale(failing, { scale: 2 }), { seed: 1 })();
      expect(true).toBe(false);
    } catch (error) {
      expect(error).toBeInstanceOf(SiteError);
      expect(error).toMatchObject({ name: 'SiteError', site: 'w', message: 'param "w": inner', cause });
    }
  });
});
