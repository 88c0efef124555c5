/** Lines of LOG and TRACE against those of the kernel's log (nf_log_syslog.c, trace_packet). */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('netfilter/log')

const read = (name: string): string => readFileSync(new URL(`../data/netfilter/${name}`, import.meta.url), 'utf8')

/** The IP identification is whatever the sender's counter was at. */
const mask = (line: string): string => line.replace(/( TTL=\d+ ID=)\d+/g, '$1*').trimEnd()

const recorded = (): string[] =>
  read('log.txt')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))

test('LOG and TRACE tell of packets in the words of the kernel', () => {
  const world = createWorld()
  const lines: string[] = []
  world.kernel.nfLoggers.push(entry => lines.push(entry.line))
  world.sh(read('log-script.sh'), { mayFail: true })
  assert.equal(lines.map(mask), recorded().map(mask))
})

test.run()
