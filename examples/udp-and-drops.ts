/**
 * Programs are callbacks on sockets; what is lost has a name, the kernel's where it has one.
 */
import { createWorld, NetloomError, s } from 'netloom'

const world = createWorld({ seed: 1 })
const client = world.addNetns('client')
const router = world.addNetns('router')
const server = world.addNetns('server')
client.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'left', netns: router } })
server.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'right', netns: router } })
client.addr.add('10.0.1.2/24', { dev: 'eth0' })
router.addr.add('10.0.1.1/24', { dev: 'left' })
router.addr.add('10.0.2.1/24', { dev: 'right' })
server.addr.add('10.0.2.2/24', { dev: 'eth0' })
for (const netns of [client, router, server]) for (const dev of netns.devices) netns.link.set(dev, { up: true })
client.route.add('default', { via: '10.0.1.1' })
server.route.add('default', { via: '10.0.2.1' })
world.run() // until nothing is due: the links are up

server.udp.bind({ port: 7 }, (datagram, reply) => reply(datagram.text.toUpperCase()))
const socket = client.udp.connect('10.0.2.2', 7, datagram => console.log('answer:', datagram.text))

// The router does not forward, so it drops the first one.
socket.send('lost')
world.run({ for: s(1) })
router.sysctl.set('net.ipv4.ip_forward', 1)
socket.send('found')
world.run({ for: s(1) })
for (const drop of world.drops()) console.log('dropped:', `${drop}`)

// Nobody listens on port 8: the server's kernel says so, and the next call throws it.
const other = client.udp.connect('10.0.2.2', 8)
other.send('anybody?')
world.run({ for: s(1) })
try {
  other.send('hello?')
} catch (error) {
  if (error instanceof NetloomError) console.log(`${error.code}: ${error.message}`)
}

// Output:
// answer: FOUND
// dropped: router:left IP_FORWARDING_OFF x1, last at 0.000000000: IP 10.0.1.2.33369 > 10.0.2.2.7: UDP, length 4
// ECONNREFUSED: send: Connection refused
