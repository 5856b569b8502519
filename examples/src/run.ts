/**
 * @file `npm run example NAME` runs `NAME/main.ts`; without a name it lists the examples. Words that follow, as in
 * `npm run example mnist -- quick`, are the example's: it finds them in `process.argv` as if it had been run itself.
 */
import { existsSync, readdirSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const examples = readdirSync(here).filter((name) => existsSync(new URL(`${name}/main.js`, here)));

const [name] = process.argv.slice(2);
if (name !== undefined && examples.includes(name)) {
  process.argv.splice(2, 1);
  await import(new URL(`${name}/main.js`, here).href);
} else {
  if (name !== undefined) console.error(`There is no example "${name}".`);
  console.log(`npm run example NAME runs an example; NAME is one of: ${examples.join(', ')}`);
  process.exitCode = name === undefined ? 0 : 1;
}
