/**
 * Bulk transfers over links that lose, repeat and reorder: what arrives is what was sent, and losses are found by
 * acknowledgements rather than by timeouts.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type TcpInfo } from '../../lib/index.js'

const test = suite('lab/tcp-links')

const S = 1_000_000_000
const MS = 1_000_000
const SIZE = 3_000_000

const DATA = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 8) * 13) & 255)

interface Transfer {
  /** Octets that came at the wrong place. */
  readonly wrong: number
  readonly received: number
  readonly seconds: number
  readonly info: TcpInfo
}

const transfer = (impairment: object, seed: number, rate = 100e6): Transfer => {
  const world = createWorld({ seed })
  const [a, b] = [world.addNetns('a'), world.addNetns('b')]
  a.link.add({
    kind: 'link',
    name: 'eth0',
    peer: { name: 'eth0', netns: b },
    delay: 10 * MS,
    rate,
    queue: 1000,
    ...impairment,
  })
  for (const [netns, address] of [
    [a, '10.0.0.1/24'],
    [b, '10.0.0.2/24'],
  ] as const) {
    netns.link.set('eth0', { up: true })
    netns.addr.add(address, { dev: 'eth0' })
  }
  world.run({ for: 2 * S })
  let received = 0
  let wrong = 0
  let from = 0
  let to = 0
  b.tcp.listen(
    { port: 9 },
    {
      onData: data => {
        for (let i = 0; i < data.length; i++) if (data[i] !== DATA[received + i]) wrong++
        received += data.length
        to = world.now
      },
    },
  )
  const socket = a.tcp.connect(
    { address: '10.0.0.2', port: 9 },
    {
      onConnect: s => {
        from = world.now
        s.end(DATA)
      },
    },
  )
  world.run({ until: () => received === SIZE || socket.isClosed, within: 600 * S })
  const info = socket.info()
  socket.close()
  world.run({ for: 130 * S })
  assert.is(world.kernel.skbs.live, 0)
  return { wrong, received, seconds: (to - from) / S, info }
}

/** Impairments, and how many timeouts a transfer may have. */
const CASES: readonly (readonly [string, object, number])[] = [
  ['0.1 % loss', { loss: 0.001 }, 0],
  ['1 % loss', { loss: 0.01 }, 0],
  ['5 % loss', { loss: 0.05 }, 20],
  ['1 % duplicates', { duplicate: 0.01 }, 0],
  ['5 % reordering', { reorder: 0.05, gap: 5 }, 0],
  ['all of it', { loss: 0.01, duplicate: 0.01, reorder: 0.02 }, 10],
]

for (const [name, impairment, timeouts] of CASES)
  test(`3 MB arrive whole with ${name}, and losses do not wait for the timer`, () => {
    for (const seed of [1, 2, 3]) {
      const { wrong, received, info } = transfer(impairment, seed)
      assert.is(received, SIZE, `seed ${seed}`)
      assert.is(wrong, 0, `seed ${seed}`)
      assert.ok(info.totalRto <= timeouts, `seed ${seed}: ${info.totalRto} timeouts`)
    }
  })

test('without loss 10 Mbit/s are filled to 95 % of what headers leave, and nothing is sent twice', () => {
  const { seconds, info } = transfer({}, 1, 10e6)
  const payloadShare = 1448 / 1514
  assert.ok((SIZE * 8) / seconds / 10e6 > 0.95 * payloadShare, `${(SIZE * 8) / seconds}`)
  assert.is(info.totalRetrans, 0)
})

test.run()
