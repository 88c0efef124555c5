/**
 * The command `netloom`: what it prints, writes and returns.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPcap } from '../../lib/capture/pcap.js'
import { readPcapng } from '../../lib/capture/pcapng-reader.js'
import { main } from '../../lib/cli/main.js'
import { VERSION } from '../../lib/index.js'

const PAIR = `ip netns add h1
ip netns add h2
ip -n h1 link add eth0 type veth peer name eth0 netns h2
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 ping -e 1 -c 1 -s 8 10.0.0.2
ip -n h2 addr show dev eth0 > h2.addr
`

interface Result {
  readonly status: number
  readonly out: string
  readonly err: string
}

const run = (...args: string[]): Result => {
  let out = ''
  let err = ''
  const status = main(args, { out: t => (out += t), err: t => (err += t) })
  return { status, out, err }
}

const dir = mkdtempSync(join(tmpdir(), 'netloom-cli-'))
const script = (text: string): string => {
  const path = join(dir, 'script.sh')
  writeFileSync(path, text)
  return path
}

const test = suite('cli/main')

test.after(() => rmSync(dir, { recursive: true }))

test('run prints what the script prints and writes its files under their names', () => {
  const out = join(dir, 'files')
  const result = run('run', script(PAIR), '--out', out)
  assert.is(result.status, 0)
  assert.is(result.err, '')
  assert.match(result.out, /^PING 10\.0\.0\.2 \(10\.0\.0\.2\) 8\(36\) bytes of data\.\n/)
  assert.equal(readdirSync(out).sort(), ['h1-eth0.pcap', 'h2.addr'])
  assert.match(readFileSync(join(out, 'h2.addr'), 'utf8'), /inet 10\.0\.0\.2\/24/)
  assert.is(readPcap(readFileSync(join(out, 'h1-eth0.pcap'))).packets.length, 4)
})

test('--pcapng writes one file of all interfaces, and changes nothing about the others', () => {
  const plain = join(dir, 'plain')
  assert.is(run('run', script(PAIR), '--out', plain).status, 0)
  const out = join(dir, 'captured')
  const world = join(dir, 'world.pcapng')
  const result = run('run', script(PAIR), '--out', out, '--pcapng', world)
  assert.equal([result.status, result.err], [0, ''])
  for (const name of ['h1-eth0.pcap', 'h2.addr'])
    assert.equal(readFileSync(join(out, name)), readFileSync(join(plain, name)), name)
  const { interfaces, packets } = readPcapng(readFileSync(world))
  assert.equal(
    interfaces.map(({ name }) => name),
    ['h1:eth0', 'h2:eth0', 'h1:lo', 'h2:lo'],
  )
  const own = readPcap(readFileSync(join(out, 'h1-eth0.pcap'))).packets
  const same = packets.filter(p => p.interface.name === 'h1:eth0').slice(-own.length)
  assert.equal(
    same.map(p => [p.sec, Math.floor(p.nsec / 1000), Buffer.from(p.data).toString('hex')]),
    own.map(p => [p.sec, Math.floor(p.nsec / 1000), Buffer.from(p.data).toString('hex')]),
  )
})

test('--pcapng alone is enough; the file is there for a script that fails, too', () => {
  const world = join(dir, 'alone.pcapng')
  const { status } = run(
    'run',
    script(`${PAIR}ip netns exec h1 ping -c 1 -W 4 10.0.0.9\nip netns add h1\n`),
    '--pcapng',
    world,
  )
  assert.is(status, 1)
  const { packets } = readPcapng(readFileSync(world))
  assert.ok(packets.some(p => p.interface.name === 'h1:eth0' && p.comments.includes('dropped: NEIGH_FAILED')))
  const missing = run('run', script(PAIR), '--pcapng', join(dir, 'no', 'such', 'dir.pcapng'))
  assert.is(missing.status, 1)
  assert.match(missing.err, /^netloom: ENOENT[^\n]*\n$/)
})

test('the same seed gives the same bytes, another seed other MAC addresses', () => {
  const captures = ['7', '7', '8'].map((seed, i) => {
    const out = join(dir, `seed-${i}`)
    assert.is(run('run', script(PAIR), '--seed', seed, '--out', out).status, 0)
    return readFileSync(join(out, 'h1-eth0.pcap'), 'hex')
  })
  assert.is(captures[0], captures[1])
  assert.is.not(captures[0], captures[2])
})

test('a command that fails ends with status 1 and one line that names line and command', () => {
  const out = join(dir, 'failed')
  const result = run('run', script('ip netns add h1\nip netns add h1\n'), '--out', out)
  assert.is(result.status, 1)
  const last = result.err.trimEnd().split('\n').at(-1)!
  assert.match(last, /^netloom: .*script\.sh: line 2: ip netns add h1: /)
})

test('what is not supported ends with status 1, line, column and word', () => {
  const result = run('run', script('ip netns add h1\nip netns exec h1 nc -U /tmp/socket\n'), '--out', dir)
  assert.is(result.status, 1)
  assert.match(result.err, /line 2, column 21: nc: `-U` is not supported by netloom; supported: -4 .*\n$/)
})

test('a wrong call ends with status 2 and says what is missing', () => {
  for (const [args, text] of [
    [[], 'a command is missing'],
    [['frob'], 'unknown command "frob"'],
    [['run', '--out', 'x'], 'the script is missing'],
    [['run', 'a'], '--out DIR is missing'],
    [['run', 'a', 'b', '--out', 'x'], 'one script at a time'],
    [['run', 'a', '--out', 'x', '--seed', '1.5'], 'not an integer'],
    [['run', 'a', '--frob'], '--frob'],
    [['run', 'a', '--pcapng', ''], '--pcapng needs a file name'],
    [['run', 'a', '--pcapng'], '--pcapng'],
  ] as const) {
    const result = run(...args)
    assert.is(result.status, 2)
    assert.ok(result.err.includes(text), result.err)
  }
})

test('a script that cannot be read ends with status 1 and one line', () => {
  const result = run('run', join(dir, 'nothing.sh'), '--out', dir)
  assert.is(result.status, 1)
  assert.match(result.err, /^netloom: ENOENT[^\n]*\n$/)
})

test('--help and --version print to standard output', () => {
  assert.match(run('--help').out, /^Usage: netloom run SCRIPT --out DIR \[--pcapng FILE\] \[--seed N\]\n/)
  assert.is(run('--version').out, `netloom ${VERSION}\n`)
  assert.is(run('--version').status, 0)
})

test.run()
