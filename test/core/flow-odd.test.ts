/**
 * Frames that are nearly those of a recorded flow: cut, padded, with other octets anywhere. They fare as without the
 * cache, and so does the flow afterwards.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { putIpv4Csum } from '../../lib/wire/ipv4.js'
import { send } from '../dev/lab.js'
import { Life, type NetName, sameText } from './flow-lab.js'

const test = suite('core/flow-odd')

const random = (seed: number): ((below: number) => number) => {
  let x = seed
  return below => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >>> 8) % below
  }
}

/** A place where frames of flows pass and from where they can be sent again: `NETNS DEV`. */
const PLACES: readonly (readonly [name: NetName, sender: string, place: string, headers: number])[] = [
  ['BRIDGE', 'a eth0', 'a eth0', 42],
  ['ROUTERS', 'a e0', 'a e0', 42],
  ['ROUTERS', 'a e0', 'r1 e1', 42],
  ['VXLAN', 'pod1 eth0', 'host1 eth0', 92],
  ['OVERLAY', 'pod1 eth0', 'host1 eth0', 92],
]

/** A life in which the sender's device `NETNS DEV` leaves no checksum unfinished. */
const lifeOf = (name: NetName, sender: string, flowCache: boolean, isTraced: boolean): Life => {
  const life = new Life(name, flowCache, isTraced)
  const [netns, dev] = sender.split(' ')
  life.world.sh(`ip netns exec ${netns} ethtool -K ${dev} tx off`)
  return life
}

const devOf = (life: Life, place: string) => {
  const [netns, dev] = place.split(' ') as [string, string]
  return life.world.kernel.netns(netns).dev(dev)
}

/** Two frames of the flow as they leave by the device. */
const learn = (name: NetName, sender: string, place: string): Uint8Array[] => {
  const life = lifeOf(name, sender, false, false)
  life.do({ kind: 'burst', from: 0, to: 1, count: 2 })
  const [netns, dev] = place.split(' ') as [string, string]
  const seen = life.world.capture({ netns, dev, promisc: false })
  life.do({ kind: 'burst', from: 0, to: 1, count: 2 })
  seen.stop()
  return seen.frames.map(f => f.data.slice())
}

/** A frame with something changed; now and then with header checksums that are right again. */
const change = (rnd: (below: number) => number, frame: Uint8Array, headers: number): Uint8Array => {
  const cut = [0, 0, 0, 1, 2, 20, 30, frame.length - 50][rnd(8)]!
  const b = new Uint8Array(Math.max(14, frame.length - cut + [0, 0, 0, 4, 30][rnd(5)]!))
  b.set(frame.subarray(0, Math.min(frame.length - cut, b.length)))
  for (let n = rnd(3); n > 0; n--) {
    const at = rnd(Math.min(headers, b.length))
    b[at] = rnd(2) === 0 ? rnd(256) : b[at]! ^ (1 << rnd(8))
  }
  if (rnd(3) === 0 && b.length > 18) {
    b[16] = (b.length - 14) >> 8
    b[17] = b.length - 14
  }
  if (rnd(3) === 0 && b.length > 42 && b[23] === 17) {
    b[38] = (b.length - 34) >> 8
    b[39] = b.length - 34
  }
  if (rnd(2) === 0 && b.length >= 34 && b[14] === 0x45) putIpv4Csum(b, 14)
  return b
}

for (const [name, sender, place, headers] of PLACES)
  test(`${name}: frames at ${place} that differ a little from those of a flow`, () => {
    const frames = learn(name, sender, place)
    assert.ok(frames.length > 0)
    for (const isTraced of [true, false]) {
      const rnd = random(headers + name.length)
      const long = lifeOf(name, sender, false, isTraced)
      const short = lifeOf(name, sender, true, isTraced)
      const both = [long, short]
      for (let round = 0; round < 120; round++) {
        for (const life of both) life.do({ kind: 'burst', from: 0, to: 1, count: 3 })
        const odd = Array.from({ length: 8 }, () => change(rnd, frames[rnd(frames.length)]!, headers))
        for (const octets of odd) {
          for (const life of both) send(devOf(life, place), octets)
          for (const life of both) send(devOf(life, place), frames[0]!)
        }
        for (const life of both) life.do({ kind: 'wait', ms: round % 30 === 0 ? 6000 : 1 })
        sameText(short.state(), long.state(), `round ${round}`)
      }
      assert.ok(short.hits > 500, `${short.hits} packets took the short way`)
    }
  })

test.run()
