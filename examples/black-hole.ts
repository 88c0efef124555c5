/**
 * HTTP through a tunnel whose MTU is too large for a link of its path, behind a router whose ICMP errors get lost: small
 * pages arrive, large ones do not, until somebody lowers the MTU of the tunnel.
 */
import { createWorld, s } from 'netloom'

const world = createWorld({ seed: 1 })
const router = world.addNetns('router')
router.sysctl.set('net.ipv4.ip_forward', 1)
for (const n of [1, 2]) {
  const host = world.addNetns(`host${n}`)
  host.link.set('lo', { up: true })
  host.link.add({ kind: 'veth', name: 'eth0', up: true, peer: { name: `to${n}`, netns: router } })
  host.addr.add(`192.168.${n}.1/24`, { dev: 'eth0' })
  router.addr.add(`192.168.${n}.254/24`, { dev: `to${n}` })
  router.link.set(`to${n}`, { up: true })
  host.route.add('default', { via: `192.168.${n}.254` })
  const ends = { local: `192.168.${n}.1`, remote: `192.168.${3 - n}.1` }
  host.link.add({ kind: 'vxlan', name: 'vx0', id: 7, dstport: 4789, dev: 'eth0', ...ends, df: 'set', up: true })
  host.addr.add(`10.0.0.${n}/24`, { dev: 'vx0' })
}
router.link.set('to1', { mtu: 1400 }) // the narrow link
router.rule.add({ iif: 'lo', table: 100, priority: 100 }) // what the router itself has to say ...
router.route.add('default', { type: 'blackhole', table: 100 }) // ... goes nowhere
world.run()

const server = world.netns('host2')
server.http.serve({ port: 80 }, ({ path }) => (path === '/large' ? 'x'.repeat(50_000) : 'hello\n'))

const get = (path: string): void => {
  const curl = world.netns('host1').curl(`http://10.0.0.2${path}`, { maxTimeSec: 10 })
  world.run({ until: () => curl.exitStatus !== null, within: s(20) })
  console.log(
    `GET ${path}: status ${curl.status}, ${curl.body.length} octets, exit ${curl.exitStatus} ${curl.errorText.trim()}`,
  )
}
get('/')
get('/large')
const [sender] = server.ss({ state: 'close-wait' })
console.log(
  `the server: ${sender?.sendQ} octets not acknowledged, sent in vain again ${sender?.info?.retransmits} times`,
)

server.link.set('vx0', { mtu: 1350 })
get('/large')

// Output:
// GET /: status 200, 6 octets, exit 0
// GET /large: status 0, 0 octets, exit 28 curl: (28) Operation timed out after 10000 milliseconds with 0 bytes received
// the server: 46134 octets not acknowledged, sent in vain again 5 times
// GET /large: status 200, 50000 octets, exit 0
