/** @file Progress of long computations: one line redrawn on a terminal, a few quiet lines elsewhere. */
import { isInteractive, writeStatus } from '#platform';

/** How far a computation, or a phase of it, has come. */
export interface Progress {
  /** Names the phase; a new label begins a new line. */
  readonly label: string;
  readonly current: number;
  readonly total: number;
  /** Shown in this order, to three digits; integers in full. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Takes reports of progress; cheap enough to be told often. */
export interface ProgressSink {
  update(progress: Progress): void;
  /** Ends the line that stands there. To be called however the computation ends. */
  finish(): void;
}

/** Where progress is written, with its clock. */
export interface ProgressTerminal {
  write(text: string): void;
  /** Whether a line can be redrawn in place. */
  readonly interactive: boolean;
  /** Milliseconds from any origin. */
  now(): number;
}

const REDRAW_MS = 100;
const QUIET_LINES = 4;
const BAR_WIDTH = 20;
const LINE_WIDTH = 79; // one column is left free: some terminals wrap when the last is written

/**
 * The sink that `progressBar` asks for: undefined, a redrawn line if standard error is a terminal, else nothing; true, a
 * redrawn line or, where there is no terminal, a few lines; false, nothing.
 */
export function progressSink({ progressBar }: { readonly progressBar?: boolean | undefined }): ProgressSink {
  const interactive = isInteractive();
  if (!(progressBar ?? interactive)) return { update: () => undefined, finish: () => undefined };
  return createProgressSink({ write: writeStatus, interactive, now: () => performance.now() });
}

/**
 * A sink that writes to `terminal`. On an interactive one, a line for each label, redrawn at most ten times a second;
 * else a line for each quarter of a label's way.
 */
export function createProgressSink(terminal: ProgressTerminal): ProgressSink {
  let label: string | null = null;
  let began = 0;
  let beganAt = 0;
  let lastDrawn = -Infinity;
  let quartersShown = 0;
  let lineOpen = false;

  const endLine = (): void => {
    if (lineOpen) terminal.write('\n');
    lineOpen = false;
  };

  const update = (progress: Progress): void => {
    const now = terminal.now();
    if (progress.label !== label) {
      endLine();
      label = progress.label;
      began = now;
      beganAt = progress.current;
      lastDrawn = -Infinity;
      quartersShown = 0;
    }
    const done = progress.current >= progress.total;
    const rate = (progress.current - beganAt) / (now - began);
    const remaining = rate > 0 ? (progress.total - progress.current) / rate : null;
    if (terminal.interactive) {
      if (!done && now - lastDrawn < REDRAW_MS) return;
      lastDrawn = now;
      // Erases what a longer line before it left.
      terminal.write(`\r${progressLine(progress, remaining).slice(0, LINE_WIDTH)}\u001b[K`);
      lineOpen = true;
    } else {
      const quarters = Math.floor((QUIET_LINES * progress.current) / progress.total);
      if (quarters <= quartersShown) return;
      quartersShown = quarters;
      terminal.write(`${progressText(progress)}\n`);
    }
  };

  return { update, finish: endLine };
}

/**
 * A line with a bar, as in `sample [=====>    ] 500/1000 00:12 left, step 0.58, accept 0.85, divergences 0`.
 *
 * @param remainingMs - the time still needed, or null when there is no telling.
 */
export function progressLine(progress: Progress, remainingMs: number | null): string {
  const { label, current, total } = progress;
  const filled = Math.round(BAR_WIDTH * fraction(progress));
  const bar = '='.repeat(filled).padEnd(BAR_WIDTH, ' ');
  const left = current >= total || remainingMs === null ? '' : ` ${duration(remainingMs)} left`;
  return [`${label} [${bar}] ${current}/${total}${left}`, ...metricTexts(progress)].join(', ');
}

/** A line without a bar, as in `sample 50 % (500/1000), step 0.58, accept 0.85, divergences 0`. */
export function progressText(progress: Progress): string {
  const { label, current, total } = progress;
  const percent = Math.floor(100 * fraction(progress));
  return [`${label} ${percent} % (${current}/${total})`, ...metricTexts(progress)].join(', ');
}

function fraction({ current, total }: Progress): number {
  return total > 0 ? Math.min(1, current / total) : 1;
}

function metricTexts({ metrics }: Progress): string[] {
  return Object.entries(metrics).map(([name, value]) => `${name} ${metricText(value)}`);
}

function metricText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** `mm:ss`, with hours in front when there are any. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
