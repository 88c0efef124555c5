/**
 * Two containers on a bridge: a ping, seen at the far end.
 */
import { createWorld } from 'netloom'

const world = createWorld({ seed: 1 })
const host = world.addNetns('host')
host.link.add({ kind: 'bridge', name: 'br0', up: true })

for (const [name, address] of [
  ['c1', '172.17.0.2/16'],
  ['c2', '172.17.0.3/16'],
] as const) {
  const container = world.addNetns(name)
  container.link.add({ kind: 'veth', name: 'eth0', peer: { name: `veth-${name}`, netns: host } })
  container.addr.add(address, { dev: 'eth0' })
  container.link.set('eth0', { up: true })
  host.link.set(`veth-${name}`, { master: 'br0', up: true })
}
world.run() // until nothing is due: the links are up

const seen = world.capture({ netns: 'c2', dev: 'eth0' })
const ping = world.netns('c1').ping('172.17.0.3', { count: 2 })
world.run({ until: () => ping.exitStatus !== null })

console.log(seen.toText())
console.log(ping.text)

// Output:
// 00:00:00.032000000 ARP, Request who-has 172.17.0.3 tell 172.17.0.2, length 28
// 00:00:00.032000000 ARP, Reply 172.17.0.3 is-at 1e:87:9b:0c:11:98, length 28
// 00:00:00.032000000 IP 172.17.0.2 > 172.17.0.3: ICMP echo request, id 36170, seq 1, length 64
// 00:00:00.032000000 IP 172.17.0.3 > 172.17.0.2: ICMP echo reply, id 36170, seq 1, length 64
// 00:00:01.056000000 IP 172.17.0.2 > 172.17.0.3: ICMP echo request, id 36170, seq 2, length 64
// 00:00:01.056000000 IP 172.17.0.3 > 172.17.0.2: ICMP echo reply, id 36170, seq 2, length 64
//
// PING 172.17.0.3 (172.17.0.3) 56(84) bytes of data.
// 64 bytes from 172.17.0.3: icmp_seq=1 ttl=64 time=0.000 ms
// 64 bytes from 172.17.0.3: icmp_seq=2 ttl=64 time=0.000 ms
//
// --- 172.17.0.3 ping statistics ---
// 2 packets transmitted, 2 received, 0% packet loss, time 1024ms
// rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
//
