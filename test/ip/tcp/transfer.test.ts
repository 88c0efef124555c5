/**
 * Bulk transfers over a cable of 10 ms that loses, doubles and reorders frames, judged by the octets that arrive, the
 * counters that Linux keeps, and the time on the clock.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type LinkOptions, type TcpSocket, type World } from '../../../lib/index.js'
import { type NetnsTcp, netnsTcp } from '../../../lib/ip/tcp/netns-tcp.js'

const test = suite('TCP transfers')

const MS = 1_000_000
const SEC = 1_000_000_000
const OCTETS = 10_000_000
const CHUNK = 65536

/** Octets that repeat only after a long time, so that a piece in the wrong place shows. */
const stream = (octets: number): Uint8Array => {
  const out = new Uint8Array(octets)
  let x = 1
  for (let i = 0; i < octets; i++) {
    x = (Math.imul(x, 1103515245) + 12345) | 0
    out[i] = x >>> 16
  }
  return out
}

const DATA = stream(OCTETS)

interface Outcome {
  /** Octets that arrived, and how many of them were wrong. */
  readonly got: number
  readonly wrong: number
  /** Seconds from the first octet that could be sent to the last that was read. */
  readonly seconds: number
  readonly sender: NetnsTcp
  readonly receiver: NetnsTcp
  readonly world: World
}

/** Two hosts, a cable of 10 ms, and `octets` octets from one to the other. */
const transfer = (cable: LinkOptions, seed: number, octets = OCTETS, cc = 'cubic'): Outcome => {
  const world = createWorld({ seed })
  const a = world.addNetns('a')
  const b = world.addNetns('b')
  a.link.add({ kind: 'link', name: 'eth0', delay: 10 * MS, ...cable, peer: { name: 'eth0', netns: b } })
  for (const [netns, address] of [
    ['a', '10.0.0.1/24'],
    ['b', '10.0.0.2/24'],
  ])
    world.sh(`ip -n ${netns} addr add ${address} dev eth0\nip -n ${netns} link set eth0 up`)
  a.sysctl.set('net.ipv4.tcp_congestion_control', cc)
  let [sent, got, wrong, from, to] = [0, 0, 0, 0, 0]
  b.tcp.listen(
    { port: 7 },
    {
      onData: data => {
        for (let i = 0; i < data.length; i++) if (data[i] !== DATA[got + i]) wrong++
        got += data.length
        to = world.now
      },
      onEnd: socket => socket.close(),
    },
  )
  const pump = (socket: TcpSocket): void => {
    while (sent < octets) {
      const end = Math.min(octets, sent + CHUNK)
      const n = socket.send(DATA.subarray(sent, end))
      sent += n
      if (n === 0) return
    }
    socket.end()
  }
  const onConnect = (socket: TcpSocket): void => {
    from = world.now
    pump(socket)
  }
  a.tcp.connect({ address: '10.0.0.2', port: 7 }, { onConnect, onDrain: pump })
  world.run({ for: 600 * SEC })
  return {
    got,
    wrong,
    seconds: (to - from) / SEC,
    sender: netnsTcp(a.kernel),
    receiver: netnsTcp(b.kernel),
    world,
  }
}

const isWhole = (o: Outcome, octets = OCTETS): void => {
  assert.is(o.got, octets, 'octets arrived')
  assert.is(o.wrong, 0, 'octets were wrong')
  for (const netns of o.world.listNetns()) assert.is(netns.kernel.acct.alive, 0, `packets left in ${netns.name}`)
}

test('10 MB without loss take no longer than 95 % of the rate of the link allow', () => {
  const o = transfer({ rate: 10_000_000 }, 1)
  isWhole(o)
  const goodput = (OCTETS * 8) / o.seconds
  assert.ok(goodput >= 0.95 * 10_000_000, `goodput ${goodput}`)
  assert.is(o.sender.mib.TcpRetransSegs, 0)
  assert.is(o.receiver.mib.TCPOFOQueue, 0)
  // Nothing was out of the ordinary: the fast paths took all but the beginning and the end.
  assert.ok(o.receiver.mib.TCPHPHits > 0.99 * o.receiver.mib.TcpInSegs)
})

for (const [loss, seed] of [
  [0.001, 2],
  [0.01, 3],
  [0.05, 4],
] as const) {
  test(`10 MB with ${loss * 100} % loss arrive whole, and what was lost is sent again`, () => {
    const o = transfer({ rate: 50_000_000, loss }, seed)
    isWhole(o)
    const lost = o.world.drops().filter(d => d.reason === 'LINK_LOSS' && d.netns === 'a')
    assert.ok(lost[0]!.count > 0.5 * loss * (OCTETS / 1448))
    const { mib } = o.sender
    assert.ok(mib.TcpRetransSegs >= lost[0]!.count - 2, 'each lost segment but SYN and FIN is sent again')
    assert.ok(mib.TCPSackRecovery > 0 && mib.TCPFastRetrans > mib.TCPSlowStartRetrans, 'fast recovery did most')
  })
}

test('at 1 % loss no timeout is needed where SACK and RACK can tell what is missing', () => {
  const { mib } = transfer({ rate: 50_000_000, loss: 0.01 }, 3, 2_000_000).sender
  assert.ok(mib.TCPTimeouts <= 1, `${mib.TCPTimeouts} timeouts`)
  assert.ok(mib.TcpRetransSegs > 5)
})

test('frames that are doubled are told by D-SACK and change nothing', () => {
  const o = transfer({ rate: 50_000_000, duplicate: 0.05 }, 5, 3_000_000)
  isWhole(o, 3_000_000)
  assert.is(o.sender.mib.TcpRetransSegs, 0)
  assert.ok(o.receiver.mib.TCPDSACKOldSent > 50)
  assert.is(o.sender.mib.TCPSackRecovery, 0)
})

test('frames that overtake others are not taken for losses for long', () => {
  const o = transfer({ rate: 50_000_000, jitter: 2 * MS }, 6, 3_000_000)
  isWhole(o, 3_000_000)
  const { mib } = o.sender
  assert.ok(o.receiver.mib.TCPOFOQueue > 100, 'there was reordering')
  assert.ok(mib.TCPSACKReorder + mib.TCPTSReorder > 0, 'and the sender noticed')
  assert.ok(mib.TcpRetransSegs < 0.02 * (3_000_000 / 1448), `${mib.TcpRetransSegs} segments were sent again`)
})

test('loss, doubles and overtaking at once, with Reno and with CUBIC, leave the stream whole', () => {
  for (const cc of ['reno', 'cubic']) {
    const o = transfer({ rate: 50_000_000, loss: 0.02, duplicate: 0.02, reorder: 0.05 }, 7, 2_000_000, cc)
    isWhole(o, 2_000_000)
    assert.ok(o.sender.mib.TcpRetransSegs > 0)
  }
})

test('the same seed gives the same transfer', () => {
  const [one, two] = [8, 8].map(seed => transfer({ rate: 20_000_000, loss: 0.02 }, seed, 1_000_000))
  assert.is(one!.seconds, two!.seconds)
  assert.equal({ ...one!.sender.mib }, { ...two!.sender.mib })
})

test.run()
