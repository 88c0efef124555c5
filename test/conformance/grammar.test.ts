/**
 * The grammar check that stands before a real shell: every recorded scenario passes, and what could touch the root
 * namespace or mean something else to another shell does not.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findScenarios, readScript, SCENARIOS } from './directory.js'
import { parseScenario, type ScenarioCommand, ScenarioGrammarError } from './grammar.js'

const test = suite('conformance/grammar')

const HEAD = '# title: t\n# shows: s\n# tags: a, b\n'

const problemsOf = (script: string): readonly string[] => {
  try {
    parseScenario(script)
    return []
  } catch (error) {
    if (error instanceof ScenarioGrammarError) return error.problems
    throw error
  }
}

const only = (line: string): ScenarioCommand => parseScenario(`${HEAD}${line}\n`).commands[0]!

test('takes every recorded scenario', () => {
  const dirs = findScenarios(SCENARIOS)
  assert.ok(dirs.length >= 178)
  for (const dir of dirs) assert.ok(parseScenario(readScript(dir)).commands.length > 0, dir)
})

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['ip link add br0 type bridge', /root namespace/],
  ['ip -d link show', /root namespace/],
  ['ip -n h1 tunnel show', /ip tunnel is not in the grammar/],
  ['ip netns identify', /ip netns identify/],
  ['ip netns exec h1', /ip netns exec NS COMMAND/],
  ['ip netns exec h1 rm -rf /', /command rm is not in the grammar/],
  ['ip netns exec h1 bash', /command bash/],
  ['rm -rf /', /command rm/],
  ['bridge fdb show', /use bridge -n NS/],
  ['bridge -n sw monitor', /bridge monitor/],
  ['ip -n h1 addr > $FILE', /variables/],
  ['ip -n h1 addr > "a$b"', /variables/],
  ['ip -n h1 addr > `id`', /variables/],
  ['ip -n h1 addr; ip -n h2 addr', /; is not in the grammar/],
  ['ip -n h1 addr && ip -n h2 addr', /&& is not in the grammar/],
  ['ip -n h1 addr || ip -n h2 addr', /\|\| is not in the grammar/],
  ['( ip -n h1 addr )', /\( is not in the grammar/],
  ['ip -n h1 addr < file', /< is not in the grammar/],
  ['ip -n h1 addr >> file', />> is not in the grammar/],
  ['ip -n h1 \\', /\\ is not in the grammar/],
  ["ip -n h1 addr show 'eth0", /no closing '/],
  ['ip -n h1 addr > ../x', /plain file/],
  ['ip -n h1 addr > /etc/passwd', /plain file/],
  ['ip -n h1 addr > meta.json', /plain file/],
  ['ip -n h1 addr > h1.pcap', /plain file/],
  ['ip -n h1 addr >', /> needs a file name/],
  ['ip -n h1 addr & ip -n h2 addr', /end of the line only/],
  ['ip -n h1 addr # why', /comment stands on a line of its own/],
  ['sleep', /sleep SECONDS/],
  ['sleep 1 2', /sleep SECONDS/],
  ['sleep -1', /sleep SECONDS/],
  ['sleep 1 &', /does not run in the background/],
  ['wait 1', /wait takes no argument/],
  ['ip netns exec h1 tcpdump -i eth0 -w x.pcap', /runs in the background/],
  ['ip netns exec h1 tcpdump -i eth0 &', /needs -w NAME.pcap/],
  ['ip netns exec h1 tcpdump -i eth0 -w /x.pcap &', /plain NAME.pcap/],
  ['ip netns exec h1 tcpdump -i eth0 -w x.cap &', /plain NAME.pcap/],
  ["printf 'x' | ip netns exec h1 ping 10.0.0.1", /into nc only/],
  ["printf 'x' | ip -n h1 addr", /into nc only/],
  ['echo x | ip netns exec h1 nc 10.0.0.1 7', /printf/],
  ["printf 'x' | printf 'y' | ip netns exec h1 nc 10.0.0.1 7", /one pipe/],
  ["printf '%s' x | ip netns exec h1 nc 10.0.0.1 7", /%0Nd only, not %s/],
  ["printf '%05d' | ip netns exec h1 nc 10.0.0.1 7", /takes one number/],
]

for (const [line, reason] of REFUSED) {
  test(`refuses ${line}`, () => {
    const problems = problemsOf(`${HEAD}${line}\n`)
    assert.is(problems.length, 1)
    assert.match(problems[0]!, reason)
    assert.match(problems[0]!, /^line 4: /)
  })
}

test('refuses a script without its three header lines', () => {
  assert.equal(problemsOf('ip netns add h1\n'), ['no line # title: ...', 'no line # shows: ...', 'no line # tags: ...'])
})

test('names every line that is wrong', () => {
  assert.equal(
    problemsOf(`${HEAD}ip netns add h1\nrm x\nwait\nls\n`).map(problem => problem.split(':')[0]),
    ['line 5', 'line 7'],
  )
})

test('reads words, quotes, redirections, pipes and the background', () => {
  const plain = only('ip -n h1 -4 addr show dev "eth0" > h1.addr')
  assert.equal(plain.words, ['ip', '-n', 'h1', '-4', 'addr', 'show', 'dev', 'eth0'])
  assert.is(plain.output, 'h1.addr')
  assert.is(plain.tool, 'ip')
  const capture = only("ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 'udp port 7' 2>/dev/null &")
  assert.is(capture.capture, 'h1-eth0.pcap')
  assert.ok(capture.background)
  assert.is(capture.text, "ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 'udp port 7' 2>/dev/null")
  const piped = only("printf '%02000d' 7 | ip netns exec h1 nc -u -w 1 10.0.0.2 7000")
  assert.ok(piped.piped)
  assert.is(piped.tool, 'nc')
  assert.equal(piped.words.slice(0, 5), ['ip', 'netns', 'exec', 'h1', 'nc'])
  assert.ok(only("printf 'a;b|c&d' | ip netns exec h1 nc 10.0.0.2 7").piped)
})

test('lets the command right below # may-fail fail, and no other', () => {
  const { commands } = parseScenario(
    `${HEAD}# may-fail\nip -n h1 route del default\nip -n h1 route\n# may-fail\n\nip -n h1 addr\n`,
  )
  assert.equal(
    commands.map(command => command.mayFail),
    [true, false, false],
  )
})

test.run()
