/**
 * A VPN over a lossy line, as flannel's udp backend is built: a tun in each host, and between them a program that carries
 * IP packets in datagrams. The line is a cable with delay and rate; tc makes it worse.
 */
import { createWorld, ms } from 'netloom'

const world = createWorld({ seed: 1 })
const [a, b] = [world.addNetns('a'), world.addNetns('b')]
a.link.add({ kind: 'link', name: 'eth0', peer: { name: 'eth0', netns: b }, delay: ms(10), rate: 10e6 })

for (const [host, n, other] of [
  [a, 1, 2],
  [b, 2, 1],
] as const) {
  host.addr.add(`192.0.2.${n}/24`, { dev: 'eth0' })
  host.link.set('eth0', { up: true })
  const peer = { address: `192.0.2.${other}`, port: 8285 }
  const proxy = host.udp.bind({ port: 8285 }, ({ data }) => tun.write(data))
  const tun = host.tun('tun0', packet => proxy.sendTo(packet, peer))
  host.addr.add(`10.8.0.${n}/24`, { dev: 'tun0' })
  host.link.set('tun0', { mtu: 1472, up: true })
}
world.run()

const outside = world.capture({ dev: b.dev('eth0'), filter: 'udp', direction: 'in' })
const inside = world.capture({ dev: b.dev('tun0'), direction: 'in' })
const ping = a.ping('10.8.0.2', { count: 1 })
world.run()
console.log(`${outside.lines()[0]}\n  carries ${inside.lines()[0]}`)
console.log(ping.text.split('\n')[1])

a.qdisc.add('eth0', { kind: 'netem', delay: ms(40), jitter: ms(5), loss: 0.2 })
const lossy = a.ping('10.8.0.2', { count: 20 })
world.run()
console.log(lossy.text.split('\n').slice(-3).join('\n').trim())
console.log(world.sh('tc -n a -s qdisc show dev eth0').stdout.trimEnd())

// Output:
// IP 192.0.2.1.8285 > 192.0.2.2.8285: UDP, length 84
//   carries IP 10.8.0.1 > 10.8.0.2: ICMP echo request, id 53268, seq 1, length 64
// 64 bytes from 10.8.0.2: icmp_seq=1 ttl=64 time=40.3 ms
// 20 packets transmitted, 14 received, 30% packet loss, time 19121ms
// rtt min/avg/max/mdev = 55.914/60.308/64.919/2.988 ms
// qdisc netem 8001: root refcnt 2 limit 1000 delay 40ms  5ms loss 20%
//  Sent 1848 bytes 16 pkt (dropped 6, overlimits 0 requeues 0)
//  backlog 0b 0p requeues 0
