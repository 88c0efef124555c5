/**
 * Scripts do what they do under `bash -e`: every case of test/data/bash gives the recorded standard output, standard error and
 * exit status. record-bash.ts writes them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'
import { parseCases, withEnd } from './bash-cases.js'

const test = suite('shell/bash')

const FOLDER = new URL('../data/bash/', import.meta.url)

/** A script that a command has ended has its status in bash, and 1 here. */
const statusHere = (status: number): number => (status === 0 ? 0 : 1)

/** How long a ping takes is the machine's. */
const mask = (text: string): string => text.replace(/\d+(\.\d+)?( ?ms|\/)/g, '*$2')

for (const file of readdirSync(FOLDER).sort())
  for (const { name, script, stdout, stderr, status } of parseCases(readFileSync(new URL(file, FOLDER), 'utf8')).cases)
    test(`${file}: ${name}`, () => {
      const result = createWorld().sh(script, { mayFail: true })
      if (result.error !== null && result.error.code !== 'EIO') throw result.error
      assert.is(mask(withEnd(result.stdout)), mask(stdout))
      if (stderr !== null) assert.is(mask(withEnd(result.stderr)), mask(stderr))
      const isExit = result.error?.context['exit'] === result.status
      assert.is(result.status, isExit ? status : statusHere(status))
    })

test.run()
