/**
 * The whole world in one pcapng file: every interface of every namespace, and why packets were dropped.
 */
import { createWorld, dissect } from 'netloom'
import { LINKTYPE_RAW, readPcapng } from 'netloom/capture'

const world = createWorld({ seed: 1 })
world.sh(`
  ip netns add h1
  ip netns add h2
  ip -n h1 link add eth0 type veth peer name eth0 netns h2
  ip -n h1 link set eth0 address 02:00:00:00:00:01
  ip -n h2 link set eth0 address 02:00:00:00:00:02
  ip -n h1 addr add 10.0.0.1/24 dev eth0
  ip -n h2 addr add 10.0.0.2/24 dev eth0
  ip -n h1 link set lo up
  ip -n h1 link set eth0 up
  ip -n h2 link set eth0 up
`)
world.run()

const all = world.captureAll({ filter: 'icmp or udp' })
const h1 = world.netns('h1')
h1.ping('10.0.0.2', { id: 1, count: 1 })
h1.ping('10.0.0.9', { id: 2, count: 1 })
h1.udp.connect('10.0.0.2', 9000, undefined, { port: 4000 }).send('anybody there?')
world.run()

// writeFileSync('world.pcapng', all.pcapng()) for Wireshark: frame.interface_name == "h1:eth0", frame.comment
for (const packet of readPcapng(all.pcapng()).packets) {
  const linkType = packet.interface.linkType === LINKTYPE_RAW ? 'raw' : 'ethernet'
  console.log(`${packet.interface.name} ${(packet.direction ?? '-').padEnd(3)} ${dissect(packet.data, { linkType })}`)
  for (const comment of packet.comments) console.log(`            ${comment}`)
}

// Output:
// h1:eth0 out IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64
// h2:eth0 in  IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64
// h2:eth0 out IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 1, seq 1, length 64
// h1:eth0 in  IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 1, seq 1, length 64
// h1:eth0 out IP 10.0.0.1.4000 > 10.0.0.2.9000: UDP, length 14
// h2:eth0 in  IP 10.0.0.1.4000 > 10.0.0.2.9000: UDP, length 14
//             dropped: NO_SOCKET
// h2:eth0 out IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 udp port 9000 unreachable, length 50
// h1:eth0 in  IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 udp port 9000 unreachable, length 50
// h1:eth0 -   IP 10.0.0.1 > 10.0.0.9: ICMP echo request, id 2, seq 1, length 64
//             dropped: NEIGH_FAILED
// h1:lo in  IP 10.0.0.1 > 10.0.0.1: ICMP host 10.0.0.9 unreachable, length 92
