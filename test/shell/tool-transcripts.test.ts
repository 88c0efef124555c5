/**
 * Replays what tools with running programs printed on Linux 6.18: each case of test/data/tools/*.txt is a script on two
 * hosts joined by a veth, with all that went to standard output and to standard error.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('shell/tool-transcripts')

const FOLDER = new URL('../data/tools/', import.meta.url)

const SETUP = `ip netns add h1
ip netns add h2
ip -n h1 link set lo up
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 1
`

interface Case {
  readonly name: string
  readonly script: string
  readonly stdout: string
  readonly stderr: string
}

const parseCase = (text: string): Case => {
  const [name, ...rest] = text.split('\n')
  const [script = '', output = ''] = rest.join('\n').split('\n-- stdout\n')
  const [stdout = '', stderr = ''] = `\n${output}`.split('\n-- stderr\n')
  return { name: name!, script, stdout: stdout.replace(/^\n/, ''), stderr }
}

/** What differs from machine to machine: sockets of other kinds than IPv4's, and how long something takes. */
const mask = (text: string): string =>
  text
    .replace(/^nl .*\n/gm, '')
    .replace(/^RTNETLINK answers: Invalid argument\n/gm, '')
    .replace(/^Total: \d+$/gm, 'Total: *')
    // Times and what follows from them, numbers of sockets, and congestion control, which cannot be chosen on that machine.
    .replace(/ (bbr|cubic)(?= )/g, ' CONG')
    .replace(/ bbr:\(.*?\)| app_limited/g, '')
    .replace(/ (rto|rtt|minrtt|lastsnd|lastrcv|lastack|rcv_rtt|ssthresh|delivered):[\d./]+/g, '')
    .replace(/ (send|pacing_rate|delivery_rate) \d+bps/g, '')
    .replace(/ busy:\S+/g, '')
    .replace(/,tb\d+/g, ',tb*')
    .replace(/ (ino:)[1-9]\d*/g, ' $1*')
    .replace(/ sk:[0-9a-f]+/g, ' sk:*')
    .replace(/pid=\d+/g, 'pid=*')
    .replace(/ cgroup:\S+/g, ' cgroup:/')
    .replace(/timer:\((\w+),[\w.]+,/g, 'timer:($1,*,')
    .replace(/^Failed to find cgroup2 mount\n/gm, '')
    // What the whole machine has, not the namespace.
    .replace(/^TCP: .*(estab \d+),.*(timewait \d+)\)$/gm, 'TCP: $1, $2')
    .replace(/\n\\ no line end/g, '')
    .replace(/ after \d+ ms/g, ' after * ms')
    .trimEnd()

/** The width of the last column follows from what is masked. */
const squeezed = (text: string): string =>
  text.includes(' CONG') || text.includes('timer:') || text.includes('pid=') ? text.replace(/ +$/gm, '') : text

/** Connections come in the order of a hash with a random key, and what two programs say at one instant in any order. */
const sorted = (text: string): string => squeezed(mask(text)).split('\n').sort().join('\n')

for (const file of readdirSync(FOLDER).sort())
  for (const { name, script, stdout, stderr } of readFileSync(new URL(file, FOLDER), 'utf8')
    .replace(/^#.*\n/gm, '')
    .split(/^== /m)
    .slice(1)
    .map(parseCase))
    test(`${file}: ${name}`, () => {
      const world = createWorld()
      const result = world.sh(SETUP + script.replace(/^(?=ip)/gm, '# may-fail\n'), { mayFail: true, tailNs: 0 })
      if (result.error !== null) throw result.error
      assert.is(sorted(result.stdout), sorted(stdout))
      assert.is(sorted(result.stderr), sorted(stderr))
    })

test.run()
