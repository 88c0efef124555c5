/**
 * Following leases: folding events equals comparing snapshots, and the own lease is none of them.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeSubnetKey, type Lease, type LeaseEvent, LeaseWatcher } from '../../lib/flannel/subnet/subnet.js'
import { RngSource } from '../../lib/sim/rng.js'
import { parseIpv4 } from '../../lib/wire/ip.js'

const test = suite('flannel/lease-watcher')

const lease = (n: number, host = n): Lease => ({
  subnet: { addr: parseIpv4(`10.244.${n}.0`), len: 24 },
  attrs: { publicIp: parseIpv4(`192.168.99.${host}`), backendType: 'vxlan', backendData: '' },
  expirationNs: 0,
})

const OWN = lease(1)

/** What a program knows that takes events over. */
const take = (known: Map<string, Lease>, events: readonly LeaseEvent[]): void => {
  for (const { type, lease: l } of events) {
    if (type === 'added') known.set(makeSubnetKey(l.subnet), l)
    else known.delete(makeSubnetKey(l.subnet))
  }
}

const publicIps = (known: Map<string, Lease>): string[] =>
  [...known].map(([key, { attrs }]) => `${key} ${attrs.publicIp}`).sort()

/** A watcher, with what it says of removed subnets that it does not know. */
const watched = () => {
  const unknown: string[] = []
  const watcher = new LeaseWatcher(OWN.subnet, subnet => unknown.push(makeSubnetKey(subnet)))
  return { watcher, unknown }
}

test('a first snapshot adds all leases but the own one, in their order', () => {
  const { watcher } = watched()
  const events = watcher.reset([lease(3), OWN, lease(2)])
  assert.equal(
    events.map(({ type, lease: l }) => [type, makeSubnetKey(l.subnet)]),
    [
      ['added', '10.244.3.0-24'],
      ['added', '10.244.2.0-24'],
    ],
  )
})

test('a later snapshot adds what is new, then removes what is gone with what was known of it', () => {
  const { watcher } = watched()
  watcher.reset([lease(2, 20), lease(3), lease(4)])
  const events = watcher.reset([lease(4), lease(5)])
  assert.equal(
    events.map(({ type, lease: l }) => [type, makeSubnetKey(l.subnet), l.attrs.publicIp]),
    [
      ['added', '10.244.5.0-24', lease(5).attrs.publicIp],
      ['removed', '10.244.2.0-24', lease(2, 20).attrs.publicIp],
      ['removed', '10.244.3.0-24', lease(3).attrs.publicIp],
    ],
  )
})

test('a removal has the attributes of the lease that was known, and one that was not is told of', () => {
  const { watcher, unknown } = watched()
  watcher.reset([lease(2, 20)])
  const bare = (n: number): LeaseEvent => ({
    type: 'removed',
    lease: { ...lease(n), attrs: { ...OWN.attrs, publicIp: 0 } },
  })
  const [known, other] = watcher.update([bare(2), bare(9), bare(1)])
  assert.is(known!.lease.attrs.publicIp, lease(2, 20).attrs.publicIp)
  assert.is(other!.lease.attrs.publicIp, 0)
  assert.equal(unknown, ['10.244.9.0-24'])
})

test('a lease that is written again is known once, as it was written last', () => {
  const { watcher, unknown } = watched()
  watcher.reset([lease(2, 20)])
  watcher.update([{ type: 'added', lease: lease(2, 21) }])
  const gone: LeaseEvent = { type: 'removed', lease: lease(2, 0) }
  assert.is(watcher.update([gone])[0]!.lease.attrs.publicIp, lease(2, 21).attrs.publicIp)
  assert.equal(unknown, [])
  watcher.update([gone])
  assert.equal(unknown, ['10.244.2.0-24'])
})

test('events and snapshots lead to the same leases, whatever happens and whenever history is gone', () => {
  const rng = new RngSource(5).stream()
  for (let round = 0; round < 200; round++) {
    const { watcher, unknown } = watched()
    const store = new Map<string, Lease>()
    const known = new Map<string, Lease>()
    take(known, watcher.reset([...store.values()]))
    for (let step = 0; step < 30; step++) {
      const n = 1 + rng.below(6)
      // A subnet that is leased again goes through its end first, as a comparison of snapshots does not look at attributes.
      const isThere = store.has(makeSubnetKey(lease(n).subnet))
      const event: LeaseEvent = { type: isThere ? 'removed' : 'added', lease: lease(n, 10 + n) }
      take(store, [event])
      if (rng.below(4) > 0) take(known, watcher.update([event]))
      else take(known, watcher.reset([...store.values()]))
      const others = new Map([...store].filter(([key]) => key !== makeSubnetKey(OWN.subnet)))
      assert.equal(publicIps(known), publicIps(others))
    }
    assert.equal(unknown, [])
  }
})

test.run()
