/**
 * A ping from a pod to a pod of another node, in three backends of flannel: what each device of the first node sees of the
 * request. vxlan puts the whole frame into UDP, udp the bare packet, host-gw nothing at all.
 */
import { createWorld, flannel, ms } from 'netloom'

const nodes = [1, 2, 3].map(n => ({ name: `h${n}`, subnet: `10.244.${n}.0/24`, pods: n < 3 ? ['pod'] : [] }))

const seen = ['vxlan', 'udp', 'host-gw'].map(backend => {
  const world = createWorld({ seed: 1 })
  const cluster = flannel(world, { network: '10.244.0.0/16', backend, nodes })
  const [from, to] = [cluster.pod('h1-pod'), cluster.pod('h2-pod')]
  const { netns } = cluster.node('h1')

  const devices = [from.netns.dev('eth0'), netns.dev('cni0'), ...netns.devices.filter(d => /^flannel/.test(d.name))]
  const captures = [...devices, netns.dev('eth0')].map(dev => world.capture({ dev, filter: 'not host 192.168.0.2' }))
  const ping = from.netns.ping(to.address)
  world.run({ for: ms(500) })

  const mtu = netns.files.read('/run/flannel/subnet.env').match(/MTU=(\d+)/)?.[1]
  console.log(`${backend.padEnd(7)}  ${ping.received} answer with ttl ${ping.replies[0]?.ttl}, MTU for pods ${mtu}`)
  const requests = captures.map(({ dev, frames }) => ({
    dev: dev.name,
    frame: frames.find(f => /echo|UDP|VXLAN/.test(f.line))!,
  }))
  return { backend, requests, underlay: requests.pop()! }
})

type Seen = (typeof seen)[number]

/** The same place in each backend, one below the other. */
const show = (place: string, at: (s: Seen) => Seen['underlay'] | undefined): void => {
  console.log(`\n${place}`)
  for (const s of seen) {
    const { dev = '-', frame } = at(s) ?? {}
    const line = frame === undefined ? '' : `${`${frame.wireLen}`.padStart(4)}  ${frame.line.replaceAll('\n', ' ')}`
    console.log(`  ${s.backend.padEnd(7)}  ${dev.padEnd(9)} ${line}`.trimEnd())
  }
}
show('in the pod', s => s.requests[0])
show('on the bridge', s => s.requests[1])
show("on flannel's device", s => s.requests[2])
show('on the underlay', s => s.underlay)

// Output:
// vxlan    1 answer with ttl 62, MTU for pods 1450
// udp      1 answer with ttl 60, MTU for pods 1472
// host-gw  1 answer with ttl 62, MTU for pods 1500
//
// in the pod
//   vxlan    eth0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 28447, seq 1, length 64
//   udp      eth0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 20224, seq 1, length 64
//   host-gw  eth0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 20224, seq 1, length 64
//
// on the bridge
//   vxlan    cni0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 28447, seq 1, length 64
//   udp      cni0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 20224, seq 1, length 64
//   host-gw  cni0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 20224, seq 1, length 64
//
// on flannel's device
//   vxlan    flannel.1   98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 28447, seq 1, length 64
//   udp      flannel0    84  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 20224, seq 1, length 64
//   host-gw  -
//
// on the underlay
//   vxlan    eth0       148  IP 192.168.0.11.46282 > 192.168.0.12.8472: OTV, flags [I] (0x08), overlay 0, instance 1 IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 28447, seq 1, length 64
//   udp      eth0       126  IP 192.168.0.11.8285 > 192.168.0.12.8285: UDP, length 84
//   host-gw  eth0        98  IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 20224, seq 1, length 64
