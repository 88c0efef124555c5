import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { type CommandStatement, parseScript } from '../../lib/shell/grammar.js'

const test = suite('shell/grammar')

const TOOLS = ['ip', 'bridge', 'ping', 'nc', 'tcpdump', 'sysctl']

const parse = (script: string) => parseScript(script, TOOLS)

const command = (script: string): CommandStatement => {
  const [first] = parse(script)
  assert.is(first?.kind, 'command')
  return first as CommandStatement
}

const failure = (script: string): { line: unknown; column: unknown; word: unknown; message: string } => {
  try {
    parse(script)
  } catch (e) {
    const { code, context, message } = e as NetloomError
    assert.is(code, 'EGRAMMAR')
    return { line: context['line'], column: context['column'], word: context['word'], message }
  }
  throw new Error(`accepted: ${script}`)
}

test('reads comments, blank lines and one command a line', () => {
  const statements = parse('# title: x\n\nip netns add h1\n  # more\nsleep 0.25\r\nwait\n')
  assert.equal(
    statements.map(s => [s.kind, s.line]),
    [
      ['command', 3],
      ['sleep', 5],
      ['wait', 6],
    ],
  )
})

test('says what a command comes down to, with options and abbreviations', () => {
  assert.is(command('ip netns exec h1 ping -c 1 10.0.0.1').tool, 'ping')
  assert.is(command('ip netn e h1 nc -l 5').tool, 'nc')
  assert.is(command('ip -n h1 -br link').tool, 'ip')
  assert.is(command('ip -n h1 neigh show dev eth0').tool, 'ip')
  assert.is(command('bridge -n sw fdb').tool, 'bridge')
})

test('reads redirections, their order, and a trailing &', () => {
  const c = command('ip netns exec h1 tcpdump -i eth0 2>/dev/null &')
  assert.equal([c.stdout, c.stderr, c.background], [null, 'null', true])
  assert.is(command('ip -n h1 neigh > h1.neigh').stdout, 'h1.neigh')
  assert.is(command('ip -n h1 neigh > f 2>&1').stderr, 'stdout')
  assert.is(command('ip -n h1 neigh 2>&1 > f').stderr, 'stderr')
  assert.is(command('ip -n h1 neigh > /dev/null').stdout, '/dev/null')
})

test('makes the standard input of nc from printf', () => {
  const c = command("printf 'a\\n%03d' 7 | ip netns exec h1 nc -u 10.0.0.1 5")
  assert.equal([...c.stdin!], [...Buffer.from('a\n007')])
  assert.is(c.tool, 'nc')
})

test('a batch of ip may come from printf, too', () => {
  assert.is(command("printf 'link show\\n' | ip -n h1 -batch -").tool, 'ip')
})

test('# may-fail counts for the next command only, and not across a blank line', () => {
  const mayFail = (script: string) => parse(script).map(s => s.kind === 'command' && s.mayFail)
  assert.equal(mayFail('# may-fail\nip -n h1 link\nip -n h1 link'), [true, false])
  assert.equal(mayFail('# may-fail\n\nip -n h1 link'), [false])
})

test('durations are exact nanoseconds', () => {
  const [a, b] = parse('sleep 0.1\nsleep 3')
  assert.equal(
    [a, b].map(s => s?.kind === 'sleep' && s.durationNs),
    [100_000_000, 3_000_000_000],
  )
})

const REFUSED: readonly (readonly [script: string, column: number, word: string, says: RegExp])[] = [
  ['ip netns add a && ip netns add b', 16, '&&', /one simple command a line/],
  ['ip netns add a; ip netns add b', 15, ';', /one simple command a line/],
  ['ls | ip netns exec h nc', 1, 'ls', /a pipe comes from printf only/],
  ['printf x | ip -n h1 link', 12, 'ip', /a pipe goes into/],
  ['printf x', 1, 'printf', /goes into a pipe/],
  ["printf '%x' 1 | ip netns exec h nc", 8, '%x', /supported/],
  ['ip -n h1 link > a/b', 17, 'a/b', /plain file name/],
  ['ip -n h1 link > x.pcap', 17, 'x.pcap', /plain file name/],
  ['ip -n h1 link >', 15, '>', /a file name is missing/],
  ['ip -n h1 link >> f', 15, '>>', /not in the grammar/],
  ['ip -n h1 link < f', 15, '<', /not in the grammar/],
  ['ip -n h1 link 2> f', 15, '2>', /standard error goes to/],
  ['& ip -n h1 link', 3, 'ip', /end of a line/],
  ['docker ps', 1, 'docker', /unknown command; supported: ip, bridge, tc, sleep, wait/],
  ['ping 10.0.0.1', 1, 'ping', /use ip netns exec NS ping/],
  ['ip netns exec h1 curl x', 18, 'curl', /unknown command; ip netns exec runs ip, bridge, ping/],
  ['ip link', 4, 'link', /nothing runs outside a namespace: use ip -n NS link/],
  ['bridge fdb', 8, 'fdb', /use bridge -n NS fdb/],
  ['sleep x', 7, 'x', /sleep takes seconds/],
  ['sleep 1 2', 9, '2', /one number/],
  ['wait 1', 6, '1', /takes no argument/],
  ['sleep 1 &', 1, 'sleep', /stands alone/],
]

test('refuses the rest with line, column and word, and says what is supported', () => {
  for (const [script, column, word, says] of REFUSED) {
    const e = failure(`# c\n${script}`)
    assert.equal([e.line, e.column, e.word], [2, column, word], script)
    assert.match(e.message, says)
    assert.ok(e.message.startsWith(`line 2, column ${column}: \`${word}\`: `), e.message)
  }
})

test.run()
