/**
 * Containers that come and go at random: no two of them have one address at a time, what the files of the host say is what the devices
 * have, and nothing is left when all are gone.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeUtf8 } from '../../lib/wire/utf8.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { createWorld, type World } from '../../lib/index.js'
import { RngSource } from '../../lib/sim/rng.js'

const test = suite('cni/properties')

const NETWORK = {
  name: 'cbr0',
  cniVersion: '0.4.0',
  plugins: [{ type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } }, { type: 'loopback' }],
}
const ENV = 'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/28\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n'
const STORE = '/var/lib/cni/networks/cbr0'
/** Of a /28: without network, gateway, broadcast. */
const ADDRESSES = 13

const host = (world: World): void => {
  const fs = fsOf(world.addNetns('h1').kernel)
  fs.mkdir('/run/flannel', { recursive: true })
  fs.writeFile('/run/flannel/subnet.env', encodeUtf8(ENV))
  fs.mkdir('/etc/cni/net.d', { recursive: true })
  fs.writeFile('/etc/cni/net.d/10-flannel.conflist', encodeUtf8(JSON.stringify(NETWORK)))
}

const stored = (world: World): Map<string, string> => {
  const fs = fsOf(world.netns('h1').kernel)
  const names = (fs.exists(STORE) ? fs.readdir(STORE) : []).filter(name => /^\d/.test(name))
  return new Map(names.map(name => [name, Buffer.from(fs.readFile(`${STORE}/${name}`)).toString()]))
}

const live = (seed: number): void => {
  const world = createWorld({ seed })
  host(world)
  const h1 = world.netns('h1')
  const rng = new RngSource(seed).stream()
  const addresses = new Map<string, string>()
  for (let n = 0; n < 60; n++) {
    const id = `p${rng.below(16)}`
    if (!world.hasNetns(id)) world.addNetns(id)
    const isThere = addresses.has(id)
    if (rng.below(3) > 0) {
      const add = h1.cni.add(id)
      world.run()
      const isFull = addresses.size === ADDRESSES
      assert.is(add.exitStatus === 0, !isThere && !isFull, `${id}: ${add.errorText}`)
      if (add.exitStatus === 0) addresses.set(id, add.result!.ips![0]!.address.replace('/28', ''))
      else if (isThere) assert.is(add.failure!.msg, 'container veth name provided (eth0) already exists')
      else {
        // The plugin leaves the container's device there; the runtime deletes what has failed.
        assert.match(add.failure!.msg, 'no IP addresses available in range set: 10.244.1.1-10.244.1.14')
        h1.cni.del(id)
        world.run()
      }
    } else {
      const del = h1.cni.del(id)
      world.run()
      assert.is(del.exitStatus, 0, del.errorText)
      addresses.delete(id)
    }
    assert.is(new Set(addresses.values()).size, addresses.size)
    const said = new Map([...addresses].map(([pod, address]) => [address, `${pod}\r\neth0`]))
    assert.equal(new Map([...stored(world)].sort()), new Map([...said].sort()))
    for (const [pod, address] of addresses)
      assert.equal(
        world
          .netns(pod)
          .addr.list({ dev: 'eth0' })
          .map(a => a.address),
        [address],
      )
  }
  for (const id of addresses.keys()) h1.cni.del(id)
  world.run()
  assert.is(stored(world).size, 0)
  assert.equal(
    h1.devices.map(dev => dev.name),
    ['lo', 'cni0'],
  )
  assert.not.match(h1.iptables.save({ table: 'nat' }), 'CNI-')
  assert.equal(fsOf(h1.kernel).readdir('/var/lib/cni/flannel'), [])
  assert.equal(fsOf(h1.kernel).readdir('/var/lib/cni/results'), [])
  assert.ok(world.isBalanced())
}

for (let seed = 1; seed <= 10; seed++) test(`60 random ADDs and DELs of 16 containers, seed ${seed}`, () => live(seed))

test('names of veths are drawn by the seed', () => {
  const names = (seed: number): string[] => {
    const world = createWorld({ seed })
    host(world)
    world.addNetns('p1')
    world.netns('h1').cni.add('p1')
    world.run()
    return world.netns('h1').devices.map(({ name }) => name)
  }
  assert.equal(names(1), names(1))
  assert.not.equal(names(1), names(2))
  assert.match(names(1)[2]!, /^veth[0-9a-f]{8}$/)
})

test.run()
