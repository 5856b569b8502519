/** TyXe beside us, where there is a Python that has it: the variable TYXE_PYTHON names it, or else it is python3. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const python = process.env.TYXE_PYTHON ?? 'python3';
const script = fileURLToPath(new URL('peers.py', import.meta.url));

export const hasTyxe = spawnSync(python, ['-c', 'import tyxe'], { stdio: 'ignore' }).status === 0;

/** Milliseconds of one of the cases by way, in this minute, on this machine. */
export const tyxeTimes = (name) => run(name)[name];

/** -ELBO of the regression after 4,000 steps, by way, for so many seeds. */
export const tyxeFits = (seeds) => run('fit', String(seeds));

function run(...words) {
  const { status, stdout, stderr } = spawnSync(python, [script, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`TyXe failed: ${stderr}`);
  return JSON.parse(stdout);
}
