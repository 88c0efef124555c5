/**
 * What a connection hears from its peer keeps the neighbour entry alive: no ARP while acknowledgements come.
 *
 * @see sock_confirm_neigh in include/net/sock.h
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../../lib/index.js'

const test = suite('TCP and neighbours')

const SEC = 1_000_000_000

/** Two hosts of which `a` writes an octet a second for two minutes; the number of ARP requests for `b`. */
const requests = (isTcp: boolean): number => {
  const world = createWorld({ seed: 1 })
  const a = world.addNetns('a')
  const b = world.addNetns('b')
  a.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: b } })
  world.sh('ip -n a addr add 10.0.0.1/24 dev eth0\nip -n a link set eth0 up')
  world.sh('ip -n b addr add 10.0.0.2/24 dev eth0\nip -n b link set eth0 up')
  const octet = new Uint8Array(1)
  b.tcp.listen({ port: 7 }, { onData: () => {} })
  const capture = world.capture({ dev: a.dev('eth0'), filter: 'arp and src host 10.0.0.1' })
  const tcp = isTcp ? a.tcp.connect({ address: '10.0.0.2', port: 7 }, {}) : null
  const udp = a.udp.bind({})
  for (let i = 0; i < 120; i++) {
    world.run({ for: SEC })
    if (tcp !== null) tcp.send(octet)
    else udp.sendTo(octet, { address: '10.0.0.2', port: 7 })
  }
  return capture.toText().split('Request who-has 10.0.0.2').length - 1
}

test('a connection that is answered asks once, datagrams ask again and again', () => {
  assert.is(requests(true), 1)
  assert.ok(requests(false) > 2)
})

test.run()
