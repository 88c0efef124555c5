/**
 * Stands in for scenario-child.ts in run.test.ts: a script is one word that says what to do.
 */
import type { ScriptRun } from './scenario-run.js'

process.on('message', (script: string) => {
  if (script === 'exit') process.exit(3)
  // holds the process as an endless script would
  while (script === 'hang');
  const run: ScriptRun = { error: null, exits: [], files: new Map([['a.route', new Uint8Array(3)]]) }
  process.send?.(run)
})
