/**
 * Every recorded script with and without the flow cache: the same captures, state files, exit statuses and texts. Once
 * more without its captures, which keep flows from being recorded, with longer pings and with the state of the kernel at the end.
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'
import { sameText, worldState } from '../core/flow-lab.js'
import { findScenarios, readScript, SCENARIOS, scenarioName } from './directory.js'

const test = suite('conformance/flow-cache')

interface Outcome {
  readonly text: string
  readonly hits: number
}

const run = (script: string, flowCache: boolean): Outcome => {
  const world = createWorld({ seed: 1, flowCache })
  const { flows } = world.kernel
  if (flows !== null) flows.patience = 0
  const { error, exits, files, stdout, stderr } = world.sh(script, { mayFail: true })
  const lines = [error?.message ?? '', JSON.stringify(exits), stdout, stderr, worldState(world)]
  for (const [name, bytes] of files) lines.push(`${name} ${Buffer.from(bytes).toString('base64')}`)
  return { text: lines.join('\n'), hits: flows?.hits ?? 0 }
}

/** The script without the commands that capture, and with longer pings. */
const withoutCaptures = (script: string): string =>
  script
    .split('\n')
    .filter(line => !/\btcpdump\b/.test(line))
    .join('\n')
    .replace(/\bping (.*)-c (\d+)\b/g, (_, options: string, count: string) => `ping ${options}-c ${Number(count) + 8}`)

let hits = 0
for (const dir of findScenarios(SCENARIOS)) {
  test(`${scenarioName(dir)} is the same with and without the flow cache`, () => {
    const script = readScript(join(dir))
    for (const text of [script, withoutCaptures(script)]) {
      const short = run(text, true)
      sameText(short.text, run(text, false).text, scenarioName(dir))
      hits += short.hits
    }
  })
}

test('many packets took the short way', () => {
  assert.ok(hits > 1000, `${hits} did`)
})

test.run()
