/**
 * ping: the octets it sends, its schedule and its ends, after strace of iputils 20221126 on Linux 6.18.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Ping, type PingError, type PingOptions, type PingReply, ping } from '../../lib/app/ping.js'
import { packetSocket } from '../../lib/core/af-packet.js'
import { devChangeFlags, devSetMtu } from '../../lib/core/dev.js'
import { IFF_UP } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import { ETH_HLEN, ETH_P_IP } from '../../lib/wire/ethernet.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { Lab } from './lab.js'

const MS = 1_000_000

interface Seen {
  ping: Ping
  replies: PingReply[]
  errors: PingError[]
  events: string[]
}

/** Starts a ping and collects what it says. */
const start = (netns: Netns, to: string, options: PingOptions): Seen => {
  const seen: Omit<Seen, 'ping'> = { replies: [], errors: [], events: [] }
  const at = netns.world.now
  const note = (what: string): void => {
    seen.events.push(`${Math.round((netns.world.now - at) / MS)} ${what}`)
  }
  const p = ping(netns, to, options, {
    sent: (_p, seq) => note(`sent ${seq}`),
    reply: (_p, reply) => {
      seen.replies.push(reply)
      note(`reply ${reply.seq}`)
    },
    icmpError: (_p, error) => {
      seen.errors.push(error)
      note(`error ${error.seq}`)
    },
    localError: (_p, error, mtu) => note(`${error} ${mtu}`),
    callError: (_p, error) => note(error),
    outstanding: (_p, seq) => note(`no answer ${seq}`),
    finished: () => note('finished'),
  })
  return Object.assign(seen, { ping: p })
}

const finish = (seen: Seen): number => {
  const { world } = seen.ping.netns
  world.run({ until: () => seen.ping.process.exitStatus !== null, within: 60_000 * MS })
  world.run({ for: 0 })
  return seen.ping.process.exitStatus!
}

/** ICMP messages that a device sends, from the ICMP header on. */
const icmpSent = (netns: Netns, dev: string): Uint8Array[] => {
  const messages: Uint8Array[] = []
  const sock = packetSocket(netns.dev(dev), { protocol: 3 })
  sock.onPacket = (frame, _dev, outgoing) => {
    if (outgoing && frame[12] === 8 && frame[13] === 0) messages.push(frame.slice(ETH_HLEN + 20))
  }
  return messages
}

const test = suite('app/ping')

test('the request is the one that strace shows: type, checksum, id, sequence, octets that count up', () => {
  const lab = new Lab()
  const sent = icmpSent(lab.h1, 'eth0')
  const seen = start(lab.h1, '10.0.0.2', { id: 0x1234, size: 8, count: 2 })
  assert.is(finish(seen), 0)
  assert.equal(
    sent.map(m => Buffer.from(m).toString('latin1')),
    [
      '\x08\0\xd9\xba\x124\0\x01\0\x01\x02\x03\x04\x05\x06\x07',
      '\x08\0\xd9\xb9\x124\0\x02\0\x01\x02\x03\x04\x05\x06\x07',
    ],
  )
})

test('a payload of 16 octets starts with seconds and microseconds, little endian; one of 15 has none', () => {
  const lab = new Lab()
  lab.world.run({ for: 2_345_678_900 })
  const sent = icmpSent(lab.h1, 'eth0')
  finish(start(lab.h1, '10.0.0.2', { id: 1, size: 18, count: 1 }))
  finish(start(lab.h1, '10.0.0.2', { id: 1, size: 15, count: 1 }))
  const stamp = Buffer.from(sent[0]!.slice(8))
  assert.is(stamp.readBigUInt64LE(0), 3n)
  assert.is(stamp.readBigUInt64LE(8), 345_678n)
  assert.equal([...stamp.subarray(16)], [16, 17])
  assert.equal([...sent[1]!.slice(8)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
})

test('a pattern fills the payload, and stands once in one shorter than the pattern and 8 octets', () => {
  const lab = new Lab()
  const sent = icmpSent(lab.h1, 'eth0')
  const payload = (size: number, ...pattern: number[]): number[] => {
    finish(start(lab.h1, '10.0.0.2', { id: 1, size, count: 1, pattern: Uint8Array.from(pattern) }))
    return [...sent.at(-1)!.slice(8)]
  }
  assert.equal(payload(8, 0xff), [0xff, 0, 0, 0, 0, 0, 0, 0])
  assert.equal(payload(3, 1, 2), [1, 2, 0])
  assert.equal(payload(18, 0xaa, 0xbb, 0xcc).slice(16), [0xbb, 0xcc])
})

test('without an answer the receive call ends at a tick of the timer wheel: requests at 0 and 1.0 to 1.04 s', () => {
  const lab = new Lab()
  const seen = start(lab.h1, '10.1.9.9', { count: 3, lingerMs: 500 })
  lab.h2.sysctl.set('net.ipv4.ip_forward', 0)
  finish(seen)
  const [first, second, third] = seen.events.filter(e => e.includes('sent')).map(e => Number(e.split(' ')[0]))
  assert.is(first, 0)
  assert.ok(second! >= 1000 && second! <= 1040, String(second))
  assert.ok(third! >= 2000 && third! <= 2080, String(third))
})

test('the end after the last request: with answers at once, without after -W, with -w in any case', () => {
  const lab = new Lab()
  const answered = start(lab.h1, '10.0.0.2', { count: 1 })
  finish(answered)
  assert.equal(answered.events, ['0 sent 1', '0 reply 1', '0 finished'])
  lab.h2.sysctl.set('net.ipv4.icmp_echo_ignore_all', 1)
  const silent = start(lab.h1, '10.0.0.2', { count: 1, lingerMs: 700 })
  assert.is(finish(silent), 1)
  assert.is(silent.events.at(-1), '700 finished')
  const limited = start(lab.h1, '10.0.0.2', { deadlineSec: 2, count: 1 })
  assert.is(finish(limited), 1)
  assert.is(limited.events.at(-1), '2000 finished')
})

test('errors count towards -c, and their number, type and sender are told (arp-failure-local)', () => {
  const lab = new Lab()
  const seen = start(lab.h1, '10.0.0.9', { count: 2, intervalMs: 200, lingerMs: 5000 })
  assert.is(finish(seen), 1)
  assert.equal(
    seen.errors.map(e => [e.seq, e.type, e.code, e.from]),
    [
      [1, 3, 1, parseIpv4('10.0.0.1')],
      [2, 3, 1, parseIpv4('10.0.0.1')],
    ],
  )
  assert.is(seen.ping.stats.pipe, 2)
})

test('a frame that the far end drops is ENOBUFS: the same sequence number again each second until -W is used up', () => {
  const lab = new Lab()
  finish(start(lab.h1, '10.0.0.2', { count: 1 }))
  devSetMtu(lab.h2.dev('eth0'), 1000)
  const sent = icmpSent(lab.h1, 'eth0')
  const seen = start(lab.h1, '10.0.0.2', { count: 1, size: 1400, lingerMs: 3000 })
  assert.is(finish(seen), 1)
  // oom_count times 500 ms reaches -W 3 with the sixth try; then it counts as sent.
  assert.is(sent.length, 6)
  assert.equal(new Set(sent.map(m => m[7])), new Set([1]))
  assert.ok(seen.events.some(e => e.endsWith(' ENOBUFS')))
})

test('a duplicate is counted apart, and an answer from another address is marked', () => {
  const lab = new Lab()
  const seen = start(lab.h1, '10.0.0.2', { id: 77, size: 8, intervalMs: 500 })
  const inject = packetSocket(lab.h2.dev('eth0'), { protocol: ETH_P_IP })
  const sendReply = (from: string): void => {
    const frame = Buffer.from(
      '020000000101020000000201' +
        '0800' +
        '450000240000400040010000' +
        from +
        '0a000001' +
        '0000f46e004d0001' +
        '0001020304050607',
      'hex',
    )
    // ICMP checksum of an echo reply with id 77, sequence 1 and these 8 octets.
    let sum = 0
    for (let i = 34; i < frame.length; i += 2) if (i !== 36) sum += frame.readUInt16BE(i)
    sum = (sum & 0xffff) + (sum >> 16)
    frame.writeUInt16BE(~sum & 0xffff, 36)
    let ip = 0
    for (let i = 14; i < 34; i += 2) if (i !== 24) ip += frame.readUInt16BE(i)
    ip = (ip & 0xffff) + (ip >> 16)
    frame.writeUInt16BE(~ip & 0xffff, 24)
    inject.sendRaw(frame)
    lab.world.run({ for: MS })
  }
  lab.world.run({ for: MS })
  sendReply('0a000002')
  sendReply('0a000003')
  assert.equal(
    seen.replies.map(r => [r.isDuplicate, r.isOtherAddress]),
    [
      [false, false],
      [true, false],
      [true, true],
    ],
  )
  assert.is(seen.ping.stats.duplicates, 2)
  seen.ping.process.kill()
  assert.is(seen.ping.process.exitStatus, 143)
})

test('two pings on one host do not take each other’s answers', () => {
  const lab = new Lab()
  const a = start(lab.h1, '10.0.0.2', { id: 1, count: 2 })
  const b = start(lab.h1, '10.0.0.2', { id: 2, count: 2 })
  finish(a)
  finish(b)
  assert.is(a.replies.length, 2)
  assert.is(b.replies.length, 2)
})

test('flood and adaptive pings move the clock although answers come at once', () => {
  const lab = new Lab()
  const flood = start(lab.h1, '10.0.0.2', { flood: true, deadlineSec: 1 })
  assert.is(finish(flood), 0)
  assert.ok(flood.ping.stats.received > 1000)
  const adaptive = start(lab.h1, '10.0.0.2', { adaptive: true, count: 50 })
  finish(adaptive)
  assert.is(adaptive.ping.stats.received, 50)
})

test('nothing is left behind: socket closed, no packet alive', () => {
  const lab = new Lab()
  finish(start(lab.h1, '10.0.0.2', { count: 2 }))
  finish(start(lab.h1, '10.0.0.9', { count: 1, lingerMs: 100 }))
  devChangeFlags(lab.h1.dev('eth0'), 0, IFF_UP)
  lab.world.run({ for: 10_000 * MS })
  assert.is(lab.world.skbs.live, 0)
})

test('the set-up refuses what the real one ends with status 2 for', () => {
  const lab = new Lab()
  const refused = (to: string, options: PingOptions, code: string, text: string): void => {
    try {
      ping(lab.h3, to, options)
    } catch (e) {
      assert.is((e as { code: string }).code, code)
      assert.is((e as Error).message, text)
      return
    }
    assert.unreachable(`${to} was not refused`)
  }
  refused('10.0.9.255', {}, 'EACCES', 'Do you want to ping broadcast? Then -b. If not, check your local firewall rules')
  refused('10.0.9.2', { source: '9.9.9.9' }, 'EADDRNOTAVAIL', 'bind: Cannot assign requested address')
  refused('10.0.9.2', { device: 'nodev' }, 'ENODEV', 'SO_BINDTODEVICE nodev: No such device')
  refused('10.0.9.2', { ttl: 0 }, 'EINVAL', 'cannot set unicast time-to-live: Invalid argument')
  lab.world.delNetns('h2')
  refused('10.0.0.1', {}, 'ENETUNREACH', 'connect: Network is unreachable')
})

test.run()
