/** What Linux does with tagged frames where there are no VLANs (../data/vlan): a host and bridges, frame by frame. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { capture } from '../../lib/capture/tap.js'
import { packetSocket } from '../../lib/core/af-packet.js'
import type { NetDevice } from '../../lib/core/netdev.js'
import { createWorld } from '../../lib/index.js'
import { linkInfo } from '../../lib/rtnl/link.js'
import { checkBalance } from './lab.js'

const test = suite('dev/vlan-answers')

interface Recording {
  readonly about: string
  readonly names: readonly string[]
  readonly setup: readonly string[]
  readonly watch: Readonly<Record<string, readonly [netns: string, dev: string]>>
  readonly sender: readonly [netns: string, dev: string]
  readonly frames: readonly (readonly [sent: string, seen?: Readonly<Record<string, readonly string[]>>])[]
  readonly stats: Readonly<Record<string, readonly number[]>>
  readonly show: Readonly<Record<string, string>>
}

const GAP_NS = 3e6
const ICMP_ECHO_REPLY = '00'

/** The identification of an echo reply, and with it the header checksum, is the sender's choice. */
const masked = (frame: string): string => {
  if (!/^.{24}080045/.test(frame) || frame.slice(46, 48) !== '01' || frame.slice(68, 70) !== ICMP_ECHO_REPLY)
    return frame
  return `${frame.slice(0, 36)}IDID${frame.slice(40, 48)}SUMS${frame.slice(52)}`
}

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')

for (const name of ['host', 'bridge', 'snooping-bridge']) {
  const file = new URL(`../data/vlan/${name}.json`, import.meta.url)
  const { about, names, setup, watch, sender, frames, stats, show } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Recording
  test(`${about}: ${frames.length} frames meet what Linux does`, () => {
    const world = createWorld({ seed: 1 })
    for (const n of names) world.addNetns(n)
    // As recorded: br_netfilter would look into the frames.
    for (const n of names) world.netns(n).sysctl.set('net.bridge.bridge-nf-call-iptables', 0)
    for (const line of setup) world.sh(line)
    world.run({ for: 2.5e9 })
    const device = ([netns, dev]: readonly [string, string]): NetDevice => world.kernel.netns(netns).dev(dev)
    const tx = packetSocket(device(sender), { protocol: 3 })
    let seen: Record<string, string[]> = {}
    for (const [key, where] of Object.entries(watch))
      capture(device(where), {
        promisc: false,
        onFrame: f => {
          seen[key] = [...(seen[key] ?? []), (f.pktType === 4 ? '>' : '<') + hex(f.data)]
        },
      })
    for (const [sent, answer = {}] of frames) {
      seen = {}
      tx.sendRaw(new Uint8Array(Buffer.from(sent, 'hex')))
      world.run({ for: GAP_NS })
      const expected: Record<string, string[]> = {}
      const senderKey = Object.keys(watch)[0]!
      for (const key of Object.keys(watch)) {
        const list = (answer[key] ?? []).map(f => (f.slice(1) === '=' ? f[0] + sent : f[0] + masked(f.slice(1))))
        if (key === senderKey) list.unshift(`>${sent}`)
        if (list.length > 0) expected[key] = list
      }
      const got = Object.fromEntries(Object.entries(seen).map(([k, v]) => [k, v.map(f => f[0] + masked(f.slice(1)))]))
      assert.equal(got, expected, sent)
    }
    for (const [dev, numbers] of Object.entries(stats)) {
      const s = linkInfo(device([names.includes('sw') ? 'sw' : 't', dev])).stats
      const [rxPackets, rxBytes, rxDropped, , txPackets, txBytes, txDropped] = numbers
      assert.equal(
        [s.rxPackets, s.rxBytes, s.rxDropped, s.txPackets, s.txBytes, s.txDropped],
        [rxPackets, rxBytes, rxDropped, txPackets, txBytes, txDropped],
        dev,
      )
    }
    for (const [command, text] of Object.entries(show)) {
      const order = (t: string): string[] => t.split('\n').sort()
      assert.equal(order(world.sh(command, { tailNs: 0 }).stdout), order(text), command)
    }
    tx.close()
    checkBalance(world.kernel)
  })
}

test.run()
