/**
 * arping: the octets it sends, where to, and when, after strace of iputils 20221126 on Linux 6.18.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Arping, type ArpingOptions, type ArpingReply, arping } from '../../lib/app/arping.js'
import { packetSocket } from '../../lib/core/af-packet.js'
import { devChangeFlags } from '../../lib/core/dev.js'
import { IFF_UP } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import { neighList } from '../../lib/rtnl/neigh.js'
import { Lab } from './lab.js'

const MS = 1_000_000

interface Run {
  readonly program: Arping
  readonly frames: string[]
  readonly replies: ArpingReply[]
  readonly tookMs: number
}

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')

const run = (lab: Lab, netns: Netns, target: string, options: ArpingOptions): Run => {
  const frames: string[] = []
  const replies: ArpingReply[] = []
  const sock = packetSocket(netns.dev('eth0'), { protocol: 3 })
  const at = lab.world.now
  sock.onPacket = (frame, _dev, outgoing) => {
    if (outgoing) frames.push(`${Math.round((lab.world.now - at) / MS)} ${hex(frame)}`)
  }
  const program = arping(netns, target, { device: 'eth0', ...options }, { reply: (_a, r) => replies.push(r) })
  lab.world.run({ until: () => program.process.exitStatus !== null, within: 60_000 * MS })
  const tookMs = (lab.world.now - at) / MS
  lab.world.run({ for: 0 })
  sock.close()
  return { program, frames, replies, tookMs }
}

const ARP = '0806' + '0001080006040001'
const H1 = '020000000101'
const H2 = '020000000201'
const ALL = 'ffffffffffff'

const test = suite('app/arping')

test('first a broadcast with ff in the target MAC, then unicast to who answered; it ends an interval after the last', () => {
  const lab = new Lab()
  const { program, frames, replies, tookMs } = run(lab, lab.h1, '10.0.0.2', { count: 2 })
  assert.equal(frames, [
    `0 ${ALL}${H1}${ARP}${H1}0a000001${ALL}0a000002`,
    `1000 ${H2}${H1}${ARP}${H1}0a000001${H2}0a000002`,
  ])
  assert.equal([program.sent, program.sentBroadcast, program.received], [2, 1, 2])
  assert.is(replies[0]!.sha, 0x020000000201)
  assert.is(replies[0]!.isUnicast, true)
  assert.is(tookMs, 2000)
  assert.is(program.process.exitStatus, 0)
})

test('its own host learns nothing from it', () => {
  const lab = new Lab()
  run(lab, lab.h1, '10.0.0.2', { count: 1 })
  assert.equal(
    neighList(lab.h1).filter(n => n.dev === lab.h1.dev('eth0')),
    [],
  )
})

test('-D asks from 0.0.0.0 and ends at the first answer with status 1, without one with 0', () => {
  const lab = new Lab()
  const taken = run(lab, lab.h1, '10.0.0.2', { detectDuplicate: true, count: 2 })
  assert.equal(taken.frames, [`0 ${ALL}${H1}${ARP}${H1}00000000${ALL}0a000002`])
  assert.equal([taken.program.process.exitStatus, taken.tookMs], [1, 0])
  const free = run(lab, lab.h1, '10.0.0.9', { detectDuplicate: true, count: 2 })
  assert.equal([free.program.process.exitStatus, free.tookMs, free.frames.length], [0, 2000, 2])
})

test('-U is a request with ff in the target MAC, -A a reply with the own MAC; both take a second and end with 0', () => {
  const lab = new Lab()
  const request = run(lab, lab.h1, '10.0.0.1', { announce: 'request', count: 1 })
  assert.equal(request.frames, [`0 ${ALL}${H1}${ARP}${H1}0a000001${ALL}0a000001`])
  const reply = run(lab, lab.h1, '10.0.0.1', { announce: 'reply', count: 1 })
  assert.equal(reply.frames, [`0 ${ALL}${H1}0806${'0001080006040002'}${H1}0a000001${H1}0a000001`])
  assert.equal([reply.program.process.exitStatus, reply.tookMs], [0, 1000])
})

test('-w N sends at 0 to N seconds; fewer answers than -c are status 1', () => {
  const lab = new Lab()
  const none = run(lab, lab.h1, '10.0.0.9', { timeoutSec: 2 })
  assert.equal([none.frames.length, none.tookMs, none.program.process.exitStatus], [3, 2000, 1])
  const some = run(lab, lab.h1, '10.0.0.2', { timeoutSec: 2, count: 5 })
  assert.is(some.program.process.exitStatus, 1)
  const enough = run(lab, lab.h1, '10.0.0.2', { timeoutSec: 5, count: 2 })
  assert.equal([enough.tookMs, enough.program.process.exitStatus], [1000, 0])
})

test('a broadcast from the address that is asked for is a conflict, too (RFC 5227)', () => {
  const lab = new Lab()
  lab.h2.sysctl.set('net.ipv4.conf.all.arp_ignore', 8)
  const replies: ArpingReply[] = []
  const watch = arping(
    lab.h1,
    '10.0.0.2',
    { device: 'eth0', detectDuplicate: true, count: 3 },
    { reply: (_a, r) => replies.push(r) },
  )
  lab.world.run({ for: 500 * MS })
  arping(lab.h2, '10.0.0.2', { device: 'eth0', announce: 'reply', count: 1 })
  lab.world.run({ for: MS })
  assert.is(watch.process.exitStatus, 1)
  assert.equal([replies[0]!.isUnicast, replies[0]!.isReply, replies[0]!.sinceProbeNs], [false, true, 500 * MS])
})

test('a device that goes down ends it with status 2', () => {
  const lab = new Lab()
  const program = arping(lab.h1, '10.0.0.2', { device: 'eth0', count: 5 })
  lab.world.run({ for: 500 * MS })
  devChangeFlags(lab.h1.dev('eth0'), 0, IFF_UP)
  lab.world.run({ for: 2000 * MS })
  assert.is(program.process.exitStatus, 2)
})

test.run()
