/**
 * Replays what the real tools printed: every command of test/data/shell/*.txt must give the same text, the same messages
 * and the same exit status.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('shell/transcripts')

const FOLDER = new URL('../data/shell/', import.meta.url)

interface Entry {
  readonly command: string
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
}

const parseEntry = (text: string): Entry => {
  const [command, ...lines] = text.split('\n')
  let exit = 0
  let stdout = ''
  let stderr = ''
  for (const line of lines) {
    if (line.startsWith('[stderr] ')) stderr += `${line.slice(9)}\n`
    else if (/^\[exit \d+\]$/.test(line)) exit = Number(line.slice(6, -1))
    else stdout += `${line}\n`
  }
  return { command: command!, stdout, stderr, exit }
}

/** The commands of a transcript, one list for each machine. */
const parse = (text: string): Entry[][] =>
  text
    .replace(/^#.*\n/gm, '')
    .split('== a new machine\n')
    .map(machine =>
      machine
        .split(/^\$ /m)
        .slice(1)
        .map(entry => parseEntry(entry.replace(/\n\n$/, ''))),
    )

/** MACs that somebody chose begin with one of these. */
const CHOSEN = /^(02|ff|00|01|33):/

const mask = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, mac => (CHOSEN.test(mac) ? mac : 'xx:xx:xx:xx:xx:xx'))
    .replace(/(gc_timer|forward_delay_timer) +[0-9.]+/g, '$1 *')
    .replace(/("(?:gc_timer|forward_delay_timer)": ?)[0-9.]+/g, '$1*')
    .replace(/\b(expires|age) \d+sec/g, '$1 *')
    .replace(/("(?:expires|age)": ?)\d+/g, '$1*')
    .replace(/ +25\d\.\d\d\b/g, ' *')
    // Of conntrack: what is left of a timeout, numbers of connections, and the counters of a second processor.
    .replace(/^((?:ipv4 +2 )?[a-z]+ +\d+) \d+ /gm, '$1 * ')
    .replace(/ -t \d+ -u/g, ' -t * -u')
    .replace(/<(timeout|id)>\d+/g, '<$1>*')
    .replace(/ id=\d{3,}$/gm, ' id=*')
    .replace(/\ncpu=1 .*/g, '')
    // When iptables-save ran; comments of the transcript are not kept either.
    .replace(/^#.*\n?/gm, '')

/** Neighbours and connections come in the order of a hash with a random key. */
const hasNoOrder = (command: string): boolean =>
  (command.includes(' neigh') && !command.includes('-j')) || command.includes(' conntrack')

const sorted = (text: string): string => text.replace(/\n+$/, '').split('\n').sort().join('\n')

const normal = (command: string, text: string): string => {
  const masked = mask(text).replace(/\n$/, '')
  return hasNoOrder(command) ? sorted(masked) : masked
}

/**
 * Commands for what the recorded kernel is built without and netloom has: they are not run, as what they would change shows
 * in all that follows.
 */
const NOT_IN_THE_RECORDED_KERNEL: readonly RegExp[] = [
  / type vlan( |$)/,
  / vlan_filtering [01]/,
  / vlan (add|del) .*dev (eth|p)\d/,
  / vlan set /,
]

const isRecorded = (command: string): boolean => !NOT_IN_THE_RECORDED_KERNEL.some(pattern => pattern.test(command))

for (const name of readdirSync(FOLDER).sort()) {
  const machines = parse(readFileSync(new URL(name, FOLDER), 'utf8'))
  test(`prints what iproute2 prints: ${name}, ${machines.flat().length} commands`, () => {
    assert.ok(machines.flat().length > 30)
    for (const machine of machines) {
      const world = createWorld()
      for (const { command, stdout, stderr, exit } of machine.filter(e => isRecorded(e.command))) {
        const result = world.sh(command, { mayFail: true, tailNs: 0 })
        if (result.error !== null && result.error.code !== 'EIO') throw result.error
        assert.is(normal(command, result.stdout), normal(command, stdout.replace(/\n$/, '')), `$ ${command}`)
        assert.is(mask(result.stderr), mask(stderr), `$ ${command}: standard error`)
        assert.is(result.exits[0]?.exit ?? 0, exit, `$ ${command}: exit status`)
      }
    }
  })
}

test.run()
