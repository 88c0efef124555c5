/** Filters and tagged frames, against what tcpdump captured where tags are in the bytes and where one is beside them. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compileFilter } from '../../lib/capture/filter.js'
import { capture } from '../../lib/capture/tap.js'
import { packetSocket } from '../../lib/core/af-packet.js'
import { createWorld } from '../../lib/index.js'

const test = suite('capture/vlan-filter')

interface Recorded {
  readonly frames: readonly string[]
  readonly filters: readonly (readonly [filter: string, sent: readonly number[], received: readonly number[]])[]
}

const { frames, filters } = JSON.parse(
  readFileSync(new URL('../data/vlan/filters.json', import.meta.url), 'utf8'),
) as Recorded

/** Numbers of the frames that a filter lets through at the sending and at the receiving end of a veth. */
const captured = (filter: string): number[][] => {
  const world = createWorld()
  world.sh(`
    ip netns add x
    ip netns add t
    ip -n x link add eth0 type veth peer name eth0 netns t
    ip -n x link set eth0 up
    ip -n t link set eth0 up`)
  const devices = ['x', 't'].map(n => world.kernel.netns(n).dev('eth0'))
  const seen = devices.map(dev => {
    const numbers: number[] = []
    const onFrame = (f: { data: Uint8Array }): void => {
      numbers.push(frames.indexOf(Buffer.from(f.data).toString('hex')))
    }
    capture(dev, { filter: compileFilter(filter), onFrame })
    return numbers
  })
  const socket = packetSocket(devices[0]!, { protocol: 3 })
  for (const frame of frames) socket.sendRaw(new Uint8Array(Buffer.from(frame, 'hex')))
  world.run({ for: 1e9 })
  return seen.map(numbers => numbers.filter(n => n >= 0))
}

for (const [filter, sent, received] of filters)
  test(`${filter}: ${sent.length} of the frames that are sent, ${received.length} of those received`, () => {
    assert.equal(captured(filter), [sent, received])
  })

test.run()
