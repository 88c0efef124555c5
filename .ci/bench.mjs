/**
 * `node .ci/bench.mjs NAME [ARGUMENT...]`: runs bench/NAME.ts as compiled code. A loader of TypeScript in the measured
 * process costs a tenth of the packets.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { ROOT } from './build.mjs'

const sources = readdirSync(join(ROOT, 'bench'), { recursive: true })
  .filter(file => file.endsWith('.ts'))
  .map(file => join(ROOT, 'bench', file))
// As deep as bench/, so that `netloom` and ../../dist/ are what they are there.
buildSync({ entryPoints: sources, outdir: join(ROOT, '.bench'), format: 'esm', target: 'node20', logLevel: 'warning' })

const [name = '', ...args] = process.argv.slice(2)
process.exitCode =
  spawnSync(process.execPath, ['--expose-gc', join(ROOT, '.bench', `${name}.js`), ...args], { stdio: 'inherit' }).status ?? 1
