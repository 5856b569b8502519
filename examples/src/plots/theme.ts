/** @file The colours of plots and pages. */

/** CSS colours by what they are for. */
export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  /** The posterior. */
  readonly accent: string;
  /** What the posterior is compared with. */
  readonly contrast: string;
  /** Observations. */
  readonly data: string;
  /** One for each Markov chain, to be told apart also by colour-blind readers. */
  readonly chains: readonly string[];
}

export const lightTheme: Theme = {
  paper: '#ffffff',
  ink: '#1c2733',
  muted: '#5a6877',
  rule: '#dde3e9',
  accent: '#2563b8',
  contrast: '#d1480f',
  data: '#47535f',
  chains: ['#2563b8', '#d1480f', '#0d8a72', '#a0559e'],
};

export const darkTheme: Theme = {
  paper: '#12181f',
  ink: '#e4e9ee',
  muted: '#9aa7b4',
  rule: '#2b3641',
  accent: '#78aef5',
  contrast: '#ff9466',
  data: '#b4bfc9',
  chains: ['#78aef5', '#ff9466', '#4cc9ac', '#d697d4'],
};

/** The names of CSS variables, so that one drawing serves a page in light and in dark. */
export const pageTheme: Theme = {
  paper: 'var(--paper)',
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  rule: 'var(--rule)',
  accent: 'var(--accent)',
  contrast: 'var(--contrast)',
  data: 'var(--data)',
  chains: lightTheme.chains.map((_, chain) => `var(--chain-${chain})`),
};

/** The declarations that give the variables of {@link pageTheme} the colours of `theme`. */
export function cssVariables({ chains, ...colours }: Theme): string {
  const named = [...Object.entries(colours), ...chains.map((colour, chain) => [`chain-${chain}`, colour] as const)];
  return named.map(([name, colour]) => `--${name}: ${colour};`).join(' ');
}
