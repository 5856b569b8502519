/** @file Runs Stan beside us, where Rscript with rstan is installed. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../stan/run.R', import.meta.url));

/** Stan's version, or null where it cannot be run. */
export async function stanVersion() {
  try {
    const code = 'for (p in c("posterior", "jsonlite")) stopifnot(requireNamespace(p)); cat(rstan::stan_version())';
    return (await run('Rscript', ['-e', code])).stdout.trim();
  } catch {
    return null;
  }
}

/** Compiles a program of `bench/stan` with -O3, samples it, and gives what `run.R` prints, one record a seed. */
export async function runStan(program, data, seeds, draws) {
  const folder = await mkdtemp(join(tmpdir(), 'tyche-stan-'));
  try {
    await writeFile(join(folder, 'Makevars'), 'CXX14FLAGS = -O3 -w\n');
    await writeFile(join(folder, 'data.json'), JSON.stringify(data));
    const env = { ...process.env, R_MAKEVARS_USER: join(folder, 'Makevars'), OMP_NUM_THREADS: '1' };
    const args = [SCRIPT, program, join(folder, 'data.json'), seeds.join(','), String(draws)];
    const { stdout } = await run('Rscript', args, { env, maxBuffer: 1e8 });
    const records = stdout.split('\n').filter((line) => line.startsWith('{"peer"')).map((line) => JSON.parse(line));
    return {
      program,
      compileSeconds: records[0].compile_s,
      runs: records.map((record) => ({
        seed: record.seed,
        warmupSeconds: record.warmup_s,
        sampleSeconds: record.sample_s,
        warmupGradients: record.leapfrogs_warmup,
        sampleGradients: record.leapfrogs_sample,
        minEss: record.min_ess_bulk,
        maxRHat: record.max_rhat,
        divergences: record.divergences,
      })),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
