/**
 * The capture of a whole world: what it sees is what captures of the single devices see, under names that tell namespaces
 * apart; dropped packets say why.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../lib/capture/pcap.js'
import { type CapturePacket, EPB_CSUM_NOT_READY } from '../../lib/capture/pcapng.js'
import { readPcapng } from '../../lib/capture/pcapng-reader.js'
import { createWorld, formatTime, NetloomError, s, type World, type WorldCapture } from '../../lib/index.js'
import { dissect } from '../../lib/wire/dissect.js'
import { capinfos, tsharkFields, wiresharkMissing } from '../capture/wireshark.js'
import { SCENARIOS, scenarioNames } from '../wire/recordings.js'
import { Lan } from './lan.js'

const test = suite('lab/capture-all')

const missing = wiresharkMissing()
if (missing !== null) console.log(`SKIP: ${missing}`)

const lineOf = ({ interface: { linkType }, data, wireLen }: CapturePacket): string =>
  dissect(data, { wireLen, linkType: linkType === LINKTYPE_RAW ? 'raw' : 'ethernet' })

/** One line for each packet: interface, direction, text, comments. */
const linesOf = (capture: WorldCapture): string[] =>
  readPcapng(capture.pcapng()).packets.map(p =>
    [p.interface.name, p.direction ?? '-', lineOf(p), ...p.comments.map(c => `[${c}]`)].join(' '),
  )

const pingOnce = ({ world, hosts }: Lan): void => {
  const ping = hosts[0]!.ping('10.0.0.2', { id: 7, size: 8, count: 1 })
  world.run({ until: () => !ping.isRunning, within: s(2) })
}

/** Two hosts on a wire without a switch. */
const WIRE = `
  ip netns add h1
  ip netns add h2
  ip -n h1 link add eth0 type veth peer name eth0 netns h2
  ip -n h1 link set eth0 address 02:00:00:00:01:01
  ip -n h2 link set eth0 address 02:00:00:00:02:01
  ip -n h1 addr add 10.0.0.1/24 dev eth0
  ip -n h2 addr add 10.0.0.2/24 dev eth0
  ip -n h1 link set eth0 up
  ip -n h2 link set eth0 up
  sleep 1
`

const wired = (): World => {
  const world = createWorld({ seed: 1 })
  world.sh(WIRE)
  return world
}

test('every interface of every namespace, in the order in which frames pass, with direction and reception', () => {
  const lan = new Lan()
  lan.world.run()
  const all = lan.world.captureAll()
  pingOnce(lan)
  const request = 'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28'
  const reply = 'ARP, Reply 10.0.0.2 is-at 02:00:00:00:02:01, length 28'
  const echo = 'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 16'
  const answer = 'IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 7, seq 1, length 16'
  assert.equal(linesOf(all), [
    `h1:eth0 out ${request}`,
    `sw:p1 in ${request}`,
    `sw:p2 out ${request}`,
    `sw:br0 in ${request}`,
    `h2:eth0 in ${request}`,
    `h2:eth0 out ${reply}`,
    `sw:p2 in ${reply}`,
    `sw:p1 out ${reply}`,
    `h1:eth0 in ${reply}`,
    `h1:eth0 out ${echo}`,
    `sw:p1 in ${echo}`,
    `sw:p2 out ${echo}`,
    `h2:eth0 in ${echo}`,
    `h2:eth0 out ${answer}`,
    `sw:p2 in ${answer}`,
    `sw:p1 out ${answer}`,
    `h1:eth0 in ${answer}`,
  ])
  const { packets } = readPcapng(all.pcapng())
  assert.equal(
    packets.slice(0, 9).map(p => p.reception),
    [null, 'broadcast', null, 'broadcast', 'broadcast', null, 'promiscuous', null, 'unicast'],
  )
  assert.equal([all.count, `${all}`], [17, 'capture of all interfaces: 17 packets, open'])
})

test('an interface has the frames that a capture of the device has', () => {
  const lan = new Lan()
  lan.world.run()
  const devs = lan.world.listNetns().flatMap(netns => netns.devices)
  const single = devs.map(dev => lan.world.capture({ dev, promisc: false }))
  const all = lan.world.captureAll({ drops: false })
  pingOnce(lan)
  lan.host(1).ping('10.0.0.1', { count: 1 })
  lan.world.run()
  const { packets, interfaces } = readPcapng(all.pcapng())
  assert.equal(interfaces.map(i => i.name).sort(), devs.map(String).sort())
  for (const [i, dev] of devs.entries())
    assert.equal(
      packets.filter(p => p.interface.name === `${dev}`).map(p => [p.timeNs, p.direction, p.wireLen, [...p.data]]),
      single[i]!.frames.map(f => [f.timeNs, f.direction, f.wireLen, [...f.data]]),
      `${dev}`,
    )
})

test('interfaces say what they are: names, addresses, kind, link type, system; the section has the seed', () => {
  const world = wired()
  const all = world.captureAll({ filter: 'icmp', snapLen: 96 })
  world.sh('ip netns exec h1 ping -c 1 10.0.0.2')
  const { interfaces, sections } = readPcapng(all.pcapng())
  const [first] = interfaces
  assert.equal(
    [first!.name, first!.mac, first!.ipv4, first!.linkType, first!.snapLen, first!.filter, first!.os],
    ['h1:eth0', '02:00:00:00:01:01', ['10.0.0.1/24'], LINKTYPE_ETHERNET, 96, 'icmp', 'linux-6.18'],
  )
  assert.is(first!.description, 'eth0 (veth, ifindex 2) in network namespace h1')
  assert.equal([sections[0]!.comments, sections[0]!.os], [['emulated by netloom, seed 1'], 'linux-6.18'])
  // Those without frames come at the end, by namespace and ifindex.
  assert.equal(
    interfaces.map(i => i.name),
    ['h1:eth0', 'h2:eth0', 'h1:lo', 'h2:lo'],
  )
})

test('counters of each interface: frames at the tap, behind the filter, dropped by the system', () => {
  const world = wired()
  const start = world.now
  const all = world.captureAll({ filter: 'udp' })
  world.sh(
    `
    ip netns exec h1 ping -c 1 10.0.0.2
    printf x | ip netns exec h1 nc -u -w 1 10.0.0.2 5555
  `,
    { mayFail: true },
  )
  all.stop()
  const rows = readPcapng(all.pcapng()).sections[0]!.statistics.map(x => [
    x.interface.name,
    x.received,
    x.accepted,
    x.ifDropped,
    x.osDropped,
    x.startNs,
    x.endNs,
  ])
  // ARP, two echoes, the datagram and the error about it.
  assert.equal(rows, [
    ['h1:lo', 0, 0, 0, 0, start, world.now],
    ['h1:eth0', 6, 1, 0, 0, start, world.now],
    ['h2:lo', 0, 0, 0, 0, start, world.now],
    ['h2:eth0', 6, 1, 0, 1, start, world.now],
  ])
})

test('a dropped packet that was seen there has a comment and stands there once', () => {
  const world = wired()
  const all = world.captureAll()
  world.sh('printf x | ip netns exec h1 nc -u -w 1 10.0.0.2 5555', { mayFail: true })
  const udp = linesOf(all).filter(line => line.includes('5555'))
  assert.is(udp.length, 4)
  assert.match(udp[0]!, /^h1:eth0 out IP 10\.0\.0\.1\.\d+ > 10\.0\.0\.2\.5555: UDP, length 1$/)
  assert.match(udp[1]!, /^h2:eth0 in IP 10\.0\.0\.1\.\d+ > 10\.0\.0\.2\.5555: UDP, length 1 \[dropped: NO_SOCKET\]$/)
  assert.match(udp[2]!, /^h2:eth0 out .*udp port 5555 unreachable/)
  assert.is(readPcapng(all.pcapng()).packets.find(p => p.direction === 'out')!.flags & EPB_CSUM_NOT_READY, 0)
})

test('a packet that died in front of the tap stands by itself: without a header, on an interface of raw IP', () => {
  const world = wired()
  const all = world.captureAll()
  world.sh('ip netns exec h1 ping -c 1 -W 4 10.0.0.9', { mayFail: true })
  const { packets, interfaces } = readPcapng(all.pcapng())
  const [dead, ...others] = packets.filter(p => p.comments.includes('dropped: NEIGH_FAILED'))
  assert.is(others.length, 0)
  assert.match(lineOf(dead!), /^IP 10\.0\.0\.1 > 10\.0\.0\.9: ICMP echo request, id \d+, seq 1, length 64$/)
  assert.equal([dead!.interface.name, dead!.interface.linkType, dead!.direction], ['h1:eth0', LINKTYPE_RAW, null])
  const drop = world.drops().find(({ reason }) => reason === 'NEIGH_FAILED')!
  assert.equal([dead!.timeNs, dead!.data], [drop.lastNs, drop.last])
  assert.is(interfaces.filter(i => i.name === 'h1:eth0').length, 2)
  assert.is(dead!.interface.description, `${interfaces[0]!.description}: dropped without a link-layer header`)
})

test('with its header where it has one: a device that has no carrier yet', () => {
  const world = wired()
  const all = world.captureAll()
  world.sh(
    `
    ip -n h2 link set eth0 down
    ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:01 nud permanent dev eth0
    ip netns exec h1 ping -c 1 -W 1 10.0.0.2
  `,
    { mayFail: true },
  )
  const dropped = linesOf(all).filter(line => line.includes('[dropped'))
  assert.ok(dropped.length > 0)
  assert.match(
    dropped.at(-1)!,
    /^h1:eth0 - IP 10\.0\.0\.1 > 10\.0\.0\.2: ICMP echo request, id \d+, seq 1, length 64 \[dropped: QDISC_DROP\]$/,
  )
  assert.is(readPcapng(all.pcapng()).packets.at(-1)!.interface.linkType, LINKTYPE_ETHERNET)
})

test('a packet that is dropped later than it was seen says when', () => {
  const world = wired()
  const all = world.captureAll()
  const socket = world.netns('h1').packet.open('eth0')
  const at = world.now
  socket.send({
    eth: { dst: '02:00:00:00:02:01', src: '02:00:00:00:01:01' },
    ipv4: { saddr: '10.0.0.1', daddr: '10.0.0.2', proto: 17, mf: true },
    payload: new Uint8Array(64),
  })
  world.run({ for: s(40) })
  const drop = world.drops().find(({ reason }) => reason === 'FRAG_REASM_TIMEOUT')!
  assert.ok(drop.lastNs - at >= s(30))
  assert.equal(
    readPcapng(all.pcapng())
      .packets.slice(0, 2)
      .map(p => [p.interface.name, p.timeNs, p.comments]),
    [
      ['h1:eth0', at, []],
      ['h2:eth0', at, [`dropped: FRAG_REASM_TIMEOUT at ${formatTime(drop.lastNs)}`]],
    ],
  )
})

test('the copies of one frame: the one that dies is the one that is marked', () => {
  const lan = new Lan(3)
  lan.world.run()
  pingOnce(lan)
  const all = lan.world.captureAll()
  // Known to the switch at the wrong port: the frame floods nowhere else, and the far host throws it away.
  lan.sw.fdb.append('02:00:00:00:02:01', { dev: 'p3', master: true, state: 'static' })
  lan.host(1).ping('10.0.0.2', { count: 1, id: 9, size: 8 })
  lan.world.run({ for: s(1) })
  const dropped = linesOf(all).filter(line => line.includes('[dropped'))
  assert.equal(dropped, [
    'h3:eth0 in IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 9, seq 1, length 16 [dropped: OTHERHOST]',
  ])
})

test('devices and namespaces that come later are captured; a new name, MAC or place is a new interface', () => {
  const world = createWorld({ seed: 1 })
  const all = world.captureAll()
  world.sh(WIRE)
  const ping = (from: string): void => void world.sh(`ip netns exec ${from} ping -c 1 10.0.0.2`, { mayFail: true })
  ping('h1')
  world.sh(`
    ip -n h1 link set eth0 down
    ip -n h1 link set eth0 name wan0
    ip -n h1 link set wan0 up
    sleep 1
  `)
  ping('h1')
  world.sh(`
    ip -n h1 link set wan0 address 02:00:00:00:01:02
    sleep 1
  `)
  ping('h1')
  world.sh(`
    ip netns add h3
    ip -n h1 link set wan0 netns h3
    ip -n h3 addr add 10.0.0.3/24 dev wan0
    ip -n h3 link set wan0 up
    sleep 1
  `)
  ping('h3')
  world.sh('ip netns del h3')
  const { interfaces, packets, sections } = readPcapng(all.pcapng())
  const near = interfaces.filter(
    i => i.linkType === LINKTYPE_ETHERNET && !i.name!.startsWith('h2') && !i.name!.endsWith('lo'),
  )
  assert.equal(
    near.map(i => [i.name, i.mac, i.ipv4]),
    [
      ['h1:eth0', '02:00:00:00:01:01', ['10.0.0.1/24']],
      ['h1:wan0', '02:00:00:00:01:01', ['10.0.0.1/24']],
      ['h1:wan0', '02:00:00:00:01:02', ['10.0.0.1/24']],
      ['h3:wan0', '02:00:00:00:01:02', ['10.0.0.3/24']],
    ],
  )
  for (const of of near)
    assert.is(
      packets.filter(p => p.interface === of && lineOf(p).includes('ICMP echo reply')).length,
      1,
      `${of.name} ${of.mac}`,
    )
  // Each of them has its counters, and those of the ones that are no more end when they ended.
  const ends = near.map(of => sections[0]!.statistics.filter(x => x.interface === of).map(x => x.endNs! < world.now))
  assert.equal(ends, [[true], [true], [true], [true]])
  assert.equal(interfaces.filter(i => i.name!.startsWith('h2')).length, 2)
})

test('only some namespaces, only some frames, nothing about drops', () => {
  const world = wired()
  const some = world.captureAll({ netns: 'h2', filter: 'arp' })
  const both = world.captureAll({ netns: ['h1', world.netns('h2')], filter: (b, off) => b[off] === 0xff })
  const silent = world.captureAll({ drops: false })
  const dead = world.captureAll({ filter: 'icmp and dst 10.0.0.9' })
  const ether = world.captureAll({ filter: 'ether src 02:00:00:00:02:01' })
  world.sh('ip netns exec h1 ping -c 1 10.0.0.2; ip netns exec h1 ping -c 1 -W 4 10.0.0.9'.replace('; ', '\n'), {
    mayFail: true,
  })
  assert.ok(linesOf(some).every(line => /^h2:eth0 (?:in|out) ARP/.test(line)) && some.count > 1)
  assert.ok(linesOf(both).every(line => /ARP, Request/.test(line)) && both.count > 2)
  assert.ok(linesOf(silent).every(line => !line.includes('[')))
  assert.is(readPcapng(silent.pcapng()).sections[0]!.statistics[0]!.osDropped, null)
  assert.equal(
    linesOf(dead).map(line => line.replace(/id \d+/, 'id N')),
    ['h1:eth0 - IP 10.0.0.1 > 10.0.0.9: ICMP echo request, id N, seq 1, length 64 [dropped: NEIGH_FAILED]'],
  )
  assert.ok(readPcapng(ether.pcapng()).packets.every(p => p.interface.linkType === LINKTYPE_ETHERNET))
})

test('what is not understood is refused, and nothing is captured', () => {
  const world = wired()
  for (const [options, code, text] of [
    [{ filter: 'icmp and hots 10.0.0.1' }, 'EGRAMMAR', /hots/],
    [{ netns: 'h9' }, 'ENOENT', /Cannot open network namespace "h9"/],
    [{ snapLen: 0 }, 'EINVAL', /captureAll: snapLen 0 is not between 1 and/],
    [{ dev: 'eth0' } as object, 'EINVAL', /captureAll: unknown option "dev"/],
  ] as const)
    assert.throws(
      () => world.captureAll(options),
      (e: unknown) => e instanceof NetloomError && e.code === code && text.test(e.message),
    )
  const { taps, tapsDown } = world.netns('h1').dev('eth0').kernel
  assert.equal([taps, tapsDown, world.kernel.dropObserver], [null, null, null])
  const sunk = world.captureAll({ sink: () => {} })
  assert.throws(() => sunk.pcapng(), /the file went to the sink/)
})

test('it changes nothing about the world, and leaves nothing behind', () => {
  const run = (captured: boolean): [Uint8Array, string] => {
    const world = createWorld({ seed: 3 })
    const all = captured ? world.captureAll() : null
    world.sh(WIRE)
    const seen = world.capture({ netns: 'h2', dev: 'eth0' })
    const { stdout } = world.sh('ip netns exec h1 ping -c 2 10.0.0.2\nip -n h1 -d -s link show', { mayFail: true })
    all?.stop()
    all?.stop()
    const { kernel } = world.netns('h1').dev('eth0')
    assert.equal([kernel.taps, kernel.promiscuity, world.kernel.dropObserver], [null, 0, null])
    assert.is(all?.isOpen ?? false, false)
    const before = all?.count
    world.sh('ip netns exec h1 ping -c 1 10.0.0.2\nip netns add h9\nip -n h9 link set lo up')
    assert.is(all?.count, before)
    assert.is(world.netns('h9').lo.kernel.taps, null)
    return [seen.pcap(), stdout]
  }
  assert.equal(run(true), run(false))
})

test('recorded scenarios leave the same files with it as without, and a sink gets the same capture', () => {
  const names = scenarioNames().filter((_, i) => i % 8 === 0)
  assert.ok(names.length > 10)
  for (const name of names) {
    const script = readFileSync(join(SCENARIOS, name, 'scenario.sh'), 'utf8')
    const plain = createWorld({ seed: 1 }).sh(script, { mayFail: true })
    const world = createWorld({ seed: 1 })
    const pieces: Uint8Array[] = []
    const sunk = world.captureAll({ sink: chunk => pieces.push(chunk.slice()) })
    const all = world.captureAll()
    const { files, stdout } = world.sh(script, { mayFail: true })
    all.stop()
    sunk.stop()
    assert.is(stdout, plain.stdout, name)
    assert.equal([...files], [...plain.files], name)
    assert.ok(Buffer.concat(pieces).equals(all.pcapng()), name)
    for (const p of readPcapng(all.pcapng()).packets) {
      // Without a direction it was dropped in front of a tap, and without a link-layer header it is IP.
      if (p.direction === null) assert.match(p.comments.join(), /^dropped: [A-Z0-9_]+$/, name)
      if (p.interface.linkType === LINKTYPE_RAW) assert.is(p.data[0]! >> 4, 4, name)
    }
    assert.ok(world.isBalanced(), name)
  }
})

test('it and listeners of drops do not disturb each other', () => {
  const world = wired()
  const reasons: string[] = []
  const first = world.captureAll()
  const end = world.onDrop(({ reason }) => reasons.push(reason))
  const second = world.captureAll()
  const send = (): void => void world.sh('printf x | ip netns exec h1 nc -u -w 1 10.0.0.2 5555', { mayFail: true })
  send()
  first.stop()
  send()
  end()
  send()
  second.stop()
  assert.equal(reasons, ['NO_SOCKET', 'NO_SOCKET'])
  const marked = (capture: WorldCapture): number =>
    linesOf(capture).filter(line => line.includes('[dropped: NO')).length
  assert.equal([marked(first), marked(second)], [1, 3])
  assert.is(world.kernel.dropObserver, null)
})

test('a file may be taken at any time, and again; a sink gets the same one', () => {
  const lan = new Lan()
  const pieces: Uint8Array[] = []
  const all = lan.world.captureAll()
  const sunk = lan.world.captureAll({ sink: chunk => pieces.push(chunk.slice()) })
  lan.world.run()
  for (let i = 0; i < 3; i++) {
    pingOnce(lan)
    assert.equal(all.pcapng(), all.pcapng())
    assert.is(readPcapng(all.pcapng()).packets.length, all.count)
  }
  const open = all.pcapng()
  all.stop()
  sunk.stop()
  assert.equal(all.pcapng(), open)
  assert.ok(Buffer.concat(pieces).equals(open))
})

test('a using block ends it', () => {
  const world = wired()
  let kept: WorldCapture
  {
    using all = world.captureAll()
    kept = all
  }
  assert.is(kept.isOpen, false)
})

if (missing === null) {
  test('tshark reads interfaces, directions, times and comments; capinfos the counters', () => {
    const world = wired()
    const all = world.captureAll()
    world.sh('ip netns exec h1 ping -c 1 10.0.0.2\nip netns exec h1 ping -c 1 -W 4 10.0.0.9', { mayFail: true })
    all.stop()
    const bytes = all.pcapng()
    const fields = ['interface_name', 'packet_flags_direction', 'time_epoch', 'comment', 'len'].map(f => `frame.${f}`)
    const directions = { in: '0x00000001', out: '0x00000002' }
    const wanted = readPcapng(bytes).packets.map(p => [
      p.interface.name,
      p.direction === null ? '0x00000000' : directions[p.direction],
      `${p.sec}.${String(p.nsec).padStart(9, '0')}`,
      p.comments.join('|'),
      String(p.wireLen),
    ])
    assert.equal(tsharkFields(bytes, fields), wanted)
    assert.equal(wanted.at(-1)!.slice(0, 2), ['h1:eth0', '0x00000000'])
    assert.equal(
      tsharkFields(bytes, ['_ws.malformed', 'frame.protocols']).filter(([malformed]) => malformed !== ''),
      [],
    )
    const text = capinfos(bytes)
    assert.match(text, /Number of interfaces in file: 5\n/)
    assert.match(text, /Name = h2:lo\n +Description = lo \(loopback, ifindex 1\) in network namespace h2\n/)
    assert.match(text, /Capture comment: +emulated by netloom, seed 1\n/)
    assert.is(text.match(/Number of stat entries = 1\n/g)?.length, 4)
  })
}

test.run()
