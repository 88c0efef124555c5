/** The states of a neighbour entry, their times, and the packets that wait. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ipv4 } from '../../lib/ip/ipv4.js'
import { NUD_IN_TIMER, type Neighbour } from '../../lib/ip/neigh.js'
import { NUD_INCOMPLETE } from '../../lib/ip/rtnetlink.js'
import { udpSocket, type UdpSocket } from '../../lib/ip/udp.js'
import { checkBalance } from '../dev/lab.js'
import { BROADCAST_MAC, HostLab, icmpOf, T_MAC, X_MAC } from './lab.js'
import { arpPacket, ethFrame, hex, int32 } from './octets.js'

const test = suite('ip/neigh')

const PEER = '10.0.0.1'
const OTHER_MAC = '02:00:00:00:00:77'
/** Retransmission and reachable times are rounded by the timer wheel: up to 32 ms a second, 256 ms from 2 s on. */
const SECOND_LATE = 0.034
const FIVE_LATE = 0.262

const entry = (lab: HostLab, address = PEER): Neighbour => ipv4(lab.t).neigh.lookup(lab.eth0, int32(address))!
const state = (lab: HostLab, address = PEER): string =>
  /[A-Z]+\s*$/.exec(lab.text(`ip -n t neigh show nud all to ${address}`))?.[0]?.trim() ?? ''

const socket = (lab: HostLab, address = PEER): UdpSocket => {
  const sk = udpSocket(lab.t)
  sk.connect(int32(address), 7000)
  return sk
}

const say = (lab: HostLab, sk: UdpSocket, text = 'x'): void => {
  sk.send(new TextEncoder().encode(text))
  lab.world.run({ for: 0 })
}

const REQUEST = hex(ethFrame(BROADCAST_MAC, T_MAC, 0x0806, arpPacket(1, T_MAC, '10.0.0.2', '00:00:00:00:00:00', PEER)))
const UNICAST_REQUEST = X_MAC.replaceAll(':', '') + REQUEST.slice(12)

const reply = (lab: HostLab, sha = X_MAC): void => lab.arp(2, PEER, '10.0.0.2', { sha, tha: T_MAC, to: T_MAC })

const isBetween = (value: number, from: number, to: number, what: string): void =>
  assert.ok(value >= from && value <= to, `${what}: ${value} is not in ${from}..${to}`)

test('an unknown neighbour is asked for by broadcast three times a second apart, then it has FAILED (arp-failure-local)', () => {
  const lab = new HostLab()
  const start = lab.now
  say(lab, socket(lab))
  assert.is(entry(lab).nudState, NUD_INCOMPLETE)
  lab.run(5)
  const sent = lab.sent()
  assert.equal(
    sent.map(f => hex(f.bytes)),
    [REQUEST, REQUEST, REQUEST],
  )
  for (const [i, f] of sent.entries()) isBetween(f.time / 1e9 - start, i, i + i * SECOND_LATE, `request ${i}`)
  assert.is(state(lab), 'FAILED')
})

test('the sender of each packet that waited hears "host unreachable" by lo when the neighbour has failed', () => {
  const lab = new HostLab()
  const sk = socket(lab)
  sk.recvErr = true
  for (const text of ['a', 'b', 'c']) say(lab, sk, text)
  lab.run(5)
  const errors = [sk.errQueue(), sk.errQueue(), sk.errQueue(), sk.errQueue()]
  assert.equal(
    errors.map(e => (e === null ? null : [e.errno, e.icmpType, e.icmpCode, String.fromCharCode(e.quoted[8]!)])),
    [[113, 3, 1, 'a'], [113, 3, 1, 'b'], [113, 3, 1, 'c'], null],
  )
})

test('an answer makes the entry REACHABLE and the waiting packets leave in the order they came', () => {
  const lab = new HostLab()
  const sk = socket(lab)
  for (const text of ['a', 'b', 'c']) say(lab, sk, text)
  lab.sent()
  reply(lab)
  assert.equal(
    lab.sentIp().map(p => String.fromCharCode(p[28]!)),
    ['a', 'b', 'c'],
  )
  assert.is(state(lab), 'REACHABLE')
})

test('the queue of waiting packets drops the oldest: 2500 octets hold three small datagrams of 832 (arp-queue-overflow)', () => {
  const lab = new HostLab()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.neigh.eth0.unres_qlen_bytes=2500')
  const sk = socket(lab)
  for (const text of ['a', 'b', 'c', 'd', 'e']) say(lab, sk, text)
  lab.sent()
  reply(lab)
  assert.equal(
    lab.sentIp().map(p => String.fromCharCode(p[28]!)),
    ['c', 'd', 'e'],
  )
  assert.is(lab.t.drops().find(d => d.reason === 'NEIGH_QUEUEFULL')?.count, 2)
})

test('REACHABLE lasts for half to one and a half of its base, then it is STALE; DELAY when it was used of late', () => {
  const lab = new HostLab()
  say(lab, socket(lab))
  reply(lab)
  lab.run(14.9)
  assert.is(state(lab), 'REACHABLE')
  lab.run(35)
  assert.is(state(lab), 'STALE')
})

test('an entry that is REACHABLE for less than 5 s and in use goes round: DELAY, a probe, REACHABLE (arp-reachable-time)', () => {
  const lab = new HostLab()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.neigh.eth0.base_reachable_time_ms=1000')
  say(lab, socket(lab))
  reply(lab)
  lab.run(2)
  assert.is(state(lab), 'DELAY')
  lab.sent()
  lab.run(6)
  assert.is(lab.sentHex()[0], UNICAST_REQUEST)
})

test('using a STALE entry makes it DELAY; 5 s later it is asked by unicast, and the answer makes it REACHABLE', () => {
  const lab = new HostLab()
  lab.sh(`ip -n t neigh add ${PEER} lladdr ${X_MAC} dev eth0 nud stale`)
  const sk = socket(lab)
  say(lab, sk)
  const start = lab.now
  assert.is(lab.sentIp().length, 1)
  assert.is(state(lab), 'DELAY')
  lab.run(5.5)
  const [probe, ...others] = lab.sent()
  assert.equal(others, [])
  assert.is(hex(probe!.bytes), UNICAST_REQUEST)
  isBetween(probe!.time / 1e9 - start, 5, 5 + FIVE_LATE, 'probe')
  assert.is(state(lab), 'PROBE')
  reply(lab)
  assert.is(state(lab), 'REACHABLE')
})

test('an entry that does not answer is asked three times by unicast, then it has FAILED; the next packet asks by broadcast', () => {
  const lab = new HostLab()
  lab.sh(`ip -n t neigh add ${PEER} lladdr ${X_MAC} dev eth0 nud stale`)
  const sk = socket(lab)
  say(lab, sk)
  lab.sent()
  lab.run(10)
  assert.equal(lab.sentHex(), [UNICAST_REQUEST, UNICAST_REQUEST, UNICAST_REQUEST])
  assert.is(state(lab), 'FAILED')
  say(lab, sk)
  assert.equal(lab.sentHex(), [REQUEST])
})

test('confirmation while in DELAY makes the entry REACHABLE without a probe', () => {
  const lab = new HostLab()
  lab.sh(`ip -n t neigh add ${PEER} lladdr ${X_MAC} dev eth0 nud stale`)
  say(lab, socket(lab))
  lab.run(1)
  reply(lab)
  lab.sent()
  lab.run(6)
  assert.is(state(lab), 'REACHABLE')
  assert.equal(lab.sent(), [])
})

test('another MAC is believed after the lock time of a second, from gratuitous ARP at once', () => {
  const lab = new HostLab()
  say(lab, socket(lab))
  reply(lab)
  lab.run(0.5)
  reply(lab, OTHER_MAC)
  assert.match(lab.text('ip -n t neigh'), X_MAC)
  lab.arp(1, PEER, PEER, { sha: OTHER_MAC })
  assert.match(lab.text('ip -n t neigh'), `${OTHER_MAC} STALE`)
  lab.run(0.5)
  reply(lab)
  assert.match(lab.text('ip -n t neigh'), OTHER_MAC)
  lab.run(1)
  reply(lab)
  assert.match(lab.text('ip -n t neigh'), `${X_MAC} REACHABLE`)
})

test('a request that confirms what is known changes no state', () => {
  const lab = new HostLab()
  for (const nud of ['stale', 'reachable']) {
    lab.sh(`ip -n t neigh replace ${PEER} lladdr ${X_MAC} dev eth0 nud ${nud}`)
    lab.arp(1, PEER, '10.0.0.2')
    assert.is(state(lab), nud.toUpperCase())
  }
})

test('permanent and NOARP entries are never asked about nor changed by what is heard', () => {
  const lab = new HostLab()
  for (const nud of ['permanent', 'noarp']) {
    lab.sh(`ip -n t neigh replace ${PEER} lladdr ${OTHER_MAC} dev eth0 nud ${nud}`)
    lab.arp(1, PEER, PEER)
    reply(lab)
    lab.sent()
    say(lab, socket(lab))
    lab.run(100)
    const sent = lab.sentHex()
    assert.is(sent.length, 1)
    assert.is(sent[0]!.slice(0, 12), OTHER_MAC.replaceAll(':', ''))
    assert.is(state(lab), nud.toUpperCase())
  }
})

test('mcast_solicit 0 means that nobody is asked: the packet is dropped and the entry has FAILED at once', () => {
  const lab = new HostLab()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=0')
  say(lab, socket(lab))
  assert.equal(lab.sent(), [])
  assert.is(state(lab), 'FAILED')
  assert.is(lab.t.drops().find(d => d.reason === 'NEIGH_FAILED')?.count, 1)
})

test('deleting an entry that is being asked for tells the senders; deleting the address does not', () => {
  const deleted = new HostLab()
  const sk = socket(deleted)
  sk.recvErr = true
  say(deleted, sk)
  deleted.sh(`ip -n t neigh del ${PEER} dev eth0`)
  assert.is(sk.takeError(), 113)
  const without = new HostLab()
  const other = socket(without)
  other.recvErr = true
  say(without, other)
  without.sh('ip -n t addr del 10.0.0.2/24 dev eth0')
  without.run(5)
  assert.is(other.takeError(), 0)
  assert.is(without.kernel.skbs.live, 0)
})

test('a forwarded packet that waited in vain is answered with the TTL that it had when it left', () => {
  const lab = new HostLab()
  lab.sh(`ip netns exec t sysctl -qw net.ipv4.ip_forward=1
    ip -n t addr add 10.0.9.1/24 dev eth0`)
  lab.know(PEER)
  lab.ip(PEER, '10.0.9.9', 253, [1, 2, 3, 4], { ttl: 9 })
  lab.run(5)
  const errors = lab.sentIp().filter(p => p[9] === 1 && icmpOf(p).type === 3)
  assert.is(errors.length, 1)
  const { code, data } = icmpOf(errors[0]!)
  assert.is(code, 1)
  assert.is(data[8], 8)
})

/** Steps of a random life of one entry. */
const steps = fc.array(
  fc.oneof(
    fc.constant('use'),
    fc.constant('reply'),
    fc.constant('other reply'),
    fc.constant('request'),
    fc.constant('gratuitous'),
    fc.constantFrom('stale', 'reachable', 'delay', 'probe', 'permanent', 'noarp', 'failed').map(nud => `nud ${nud}`),
    fc.constant('del'),
    fc.integer({ min: 1, max: 9000 }).map(ms => `wait ${ms}`),
  ),
  { maxLength: 25, size: 'max' },
)

const step = (lab: HostLab, sk: UdpSocket, what: string): void => {
  const [word, arg] = what.split(' ')
  if (word === 'use') say(lab, sk)
  else if (word === 'reply') reply(lab)
  else if (word === 'other') reply(lab, OTHER_MAC)
  else if (word === 'request') lab.arp(1, PEER, '10.0.0.2')
  else if (word === 'gratuitous') lab.arp(1, PEER, PEER, { sha: OTHER_MAC })
  else if (word === 'nud') lab.sh(`ip -n t neigh replace ${PEER} lladdr ${X_MAC} dev eth0 nud ${arg}`)
  else if (word === 'del') lab.sh(`# may-fail\nip -n t neigh del ${PEER} dev eth0`)
  else lab.run(Number(arg) / 1000)
}

test('whatever happens to an entry: packets wait only while it is asked for, and it comes to rest', () => {
  fc.assert(
    fc.property(steps, list => {
      const lab = new HostLab()
      const sk = socket(lab)
      for (const what of list) {
        step(lab, sk, what)
        const n = entry(lab)
        if (n === null) continue
        if (n.nudState !== NUD_INCOMPLETE) assert.is(n.arpQueue.length, 0, what)
        if (!(n.nudState & NUD_IN_TIMER)) assert.not(n.timer.pending, what)
        if (n.arpQueue.length > 0) assert.ok(n.timer.pending, what)
      }
      lab.run(200)
      assert.not.ok(['INCOMPLETE', 'DELAY', 'PROBE'].includes(state(lab)))
      for (let d = sk.takeError(); d !== 0; d = sk.takeError());
      checkBalance(lab.kernel)
      assert.is(lab.kernel.skbs.live, 0)
    }),
    { seed: 6180, numRuns: 40 },
  )
})

test.run()
