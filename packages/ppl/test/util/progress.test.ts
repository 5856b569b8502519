import { createProgressSink, progressLine, progressText, type Progress } from '../../src/util/progress.ts';

const at = (current: number, label = 'sample'): Progress => ({
  label,
  current,
  total: 1000,
  metrics: { step: 0.583_21, accept: 0.85, divergences: 12_345 },
});

function terminal(interactive: boolean) {
  const written: string[] = [];
  let clock = 0;
  const sink = createProgressSink({ write: (text) => written.push(text), interactive, now: () => clock });
  return { written, sink, wait: (ms: number) => (clock += ms) };
}

describe('progressLine', () => {
  test('shows a bar, the count, the time left and the metrics', () => {
    expect(progressLine(at(500), 72_400)).toBe(
      'sample [==========          ] 500/1000 01:12 left, step 0.583, accept 0.85, divergences 12345',
    );
    expect(progressLine(at(0), null)).toMatch(/^sample \[ {20}\] 0\/1000, step/);
    expect(progressLine(at(1000), 0)).toMatch(/^sample \[={20}\] 1000\/1000, step/);
    expect(progressLine({ ...at(1), metrics: {} }, 3_601_000)).toMatch(/1\/1000 1:00:01 left$/);
  });
});

test('progressText shows the share without a bar', () => {
  expect(progressText(at(257))).toBe('sample 25 % (257/1000), step 0.583, accept 0.85, divergences 12345');
});

describe('on a terminal', () => {
  test('one line is redrawn, at most ten times a second, and ended in the end', () => {
    const { written, sink, wait } = terminal(true);
    for (let i = 1; i <= 100; i++) {
      wait(10);
      sink.update(at(10 * i));
    }
    sink.finish();
    sink.finish();
    // At 10, 110, 210, ... 910 ms, and at the end.
    expect(written).toHaveLength(12);
    for (const line of written.slice(0, -1)) expect(line).toMatch(/^\r[^\n]{1,79}.\[K$/);
    expect(written.at(-2)).toContain('1000/1000');
    expect(written.at(-1)).toBe('\n');
  });

  test('the time left is extrapolated from where the label began', () => {
    const { written, sink, wait } = terminal(true);
    sink.update(at(200));
    wait(10_000);
    sink.update(at(400));
    expect(written.at(-1)).toContain('400/1000 00:30 left');
  });

  test('a new label begins a new line', () => {
    const { written, sink } = terminal(true);
    sink.update(at(10, 'warmup'));
    sink.update(at(10, 'sample'));
    sink.finish();
    expect(written.map((text) => text.slice(0, 7))).toEqual(['\rwarmup', '\n', '\rsample', '\n']);
  });
});

describe('elsewhere', () => {
  test('a line for each quarter', () => {
    const { written, sink } = terminal(false);
    for (let i = 1; i <= 1000; i++) sink.update(at(i));
    sink.update(at(1, 'next'));
    sink.update(at(600, 'next'));
    sink.finish();
    expect(written.map((line) => line.replace(/,.*/s, ''))).toEqual([
      'sample 25 % (250/1000)', 'sample 50 % (500/1000)', 'sample 75 % (750/1000)', 'sample 100 % (1000/1000)',
      'next 60 % (600/1000)',
    ]);
    for (const line of written) expect(line).toMatch(/^[^\r\n]+\n$/);
  });
});
