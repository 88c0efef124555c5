/**
 * Hosts of flanneld that meet odd neighbours, as recorded: two with one public address, two backends, hosts that are not
 * adjacent, entries that somebody removes.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EdgeLab, withBackend } from './edge-lab.js'
import { assertTranscript } from './edge-transcript.js'

const test = suite('flannel/edge-cluster')

/** What `ip monitor` showed. */
const withoutMonitor = (text: string): string => text.replace(/^\[20.*\n/gm, '').replace('h2 events:\n', '')

test('two hosts with one public address have one lease, and its far end moves', () => {
  const lab = new EdgeLab({ hosts: 3 })
  lab.config(withBackend('vxlan'))
  lab.start('h1', { subnet: '10.244.1.1/24' })
  lab.start('h2', { subnet: '10.244.2.1/24' })
  lab.sleep(0.5)
  let text = '# vxlan, v0.20.2: h3 starts with -public-ip of h1 (192.168.99.11)\n'
  text += lab.state('h1') + lab.state('h2') + lab.keys()
  const from = lab.position()
  lab.start('h3', { options: ['-public-ip=192.168.99.11'], subnet: '10.244.3.1/24' })
  lab.sleep(1)
  text += `AFTER h3 joined with the public IP of h1:\nh3 subnet.env: ${lab.envDict('h3')}\n`
  text += lab.logs(lab.hosts, from) + lab.hosts.map(host => lab.state(host)).join('') + lab.keys()
  assertTranscript('conflicting-public-ip', text, withoutMonitor)
})

test('hosts of two backends ignore one another', () => {
  const lab = new EdgeLab({ hosts: 2 })
  lab.config(withBackend('vxlan'))
  lab.start('h1', { subnet: '10.244.1.1/24' })
  lab.config(withBackend('host-gw'))
  lab.start('h2', { subnet: '10.244.2.1/24' })
  lab.sleep(1)
  const title = '# v0.20.2: h1 vxlan; then the config in etcd changes to host-gw and h2 starts; h1 keeps running\n'
  assertTranscript('mixed-backends', title + lab.logs() + lab.state('h1') + lab.state('h2') + lab.keys())
})

/** Seconds until `isBack`, looked for each tenth of a second. */
const secondsUntil = (lab: EdgeLab, isBack: () => boolean, most: number): number => {
  const start = lab.now
  while (!isBack() && (lab.now - start) / 1e9 < most) lab.sleep(0.1)
  return (lab.now - start) / 1e9
}

/** Times of return were measured; what they may be is asserted where they are taken. */
const withoutTimes = (text: string): string =>
  withoutMonitor(text)
    .replace(/after [\d.]+ s$/m, 'after <t> s')
    .replace(/'(filter|nat)': [\d.]+/g, "'$1': <t>")
    .replace(/\n\n/g, '\n')

test('host-gw looks after its routes and rules, and refuses hosts that are not adjacent', () => {
  const lab = new EdgeLab({ hosts: 3, far: true })
  lab.config(withBackend('host-gw'))
  for (const [i, host] of lab.hosts.entries()) lab.start(host, { subnet: `10.244.${i + 1}.1/24` })
  lab.sleep(12)
  let text = '# v0.20.2 host-gw: h1,h2 on 192.168.99.0/24, h3 = 192.168.98.13 behind the router 192.168.99.1\n'
  text += lab.logs() + lab.hosts.map(host => lab.state(host)).join('')

  let from = lab.position()
  lab.x('h1', 'ip route del 10.244.2.0/24')
  const route = secondsUntil(lab, () => lab.x('h1', 'ip route').includes('10.244.2.0/24'), 14)
  assert.ok(route <= 10.1, `route back after ${route} s`)
  text += `--- then on h1: ip route del 10.244.2.0/24 (flannel's own route), watching for its return\nroute was back after ${route} s\n`
  text += lab.logs(['h1'], from)

  from = lab.position()
  lab.x('h1', 'ip route replace 10.244.2.0/24 via 192.168.99.1')
  lab.sleep(11)
  text += `--- on h1: the route to 10.244.2.0/24 replaced by hand to go via 192.168.99.1\n${lab.x('h1', 'ip route')}`
  text += lab.logs(['h1'], from)

  from = lab.position()
  lab.x('h1', 'iptables -t nat -F FLANNEL-POSTRTG')
  lab.x('h1', ['iptables', '-D', 'FORWARD', '-m', 'comment', '--comment', 'flanneld forward', '-j', 'FLANNEL-FWD'])
  const nat = secondsUntil(lab, () => lab.x('h1', 'iptables-save -t nat').includes('MASQ'), 8)
  const filter = secondsUntil(lab, () => lab.x('h1', 'iptables-save -t filter').includes('j FLANNEL-FWD'), 8)
  assert.ok(nat <= 5.1 && nat + filter <= 5.2, `rules back after ${nat} and ${filter} s`)
  text += '--- iptables: flush FLANNEL-POSTRTG, delete the FORWARD jump, watching for their return (resync 5 s)\n'
  text += `back after seconds: {'filter': ${filter}, 'nat': ${nat}}\n${lab.logs(['h1'], from)}${lab.x('h1', 'iptables-save')}`

  from = lab.position()
  text += "--- another rule inserted before flannel's jump in POSTROUTING: flannel does not move its own\n"
  lab.x('h1', 'iptables -t nat -I POSTROUTING -j ACCEPT')
  lab.sleep(6)
  text += lab.x('h1', 'iptables -t nat -S POSTROUTING') + lab.logs(['h1'], from)
  assertTranscript('host-gw-not-adjacent', text, withoutTimes)
})

test('vxlan restores what was removed only when it starts again', () => {
  const lab = new EdgeLab({ hosts: 2 })
  lab.config(withBackend('vxlan'))
  lab.start('h1', { subnet: '10.244.1.1/24' })
  lab.start('h2', { subnet: '10.244.2.1/24' })
  lab.sleep(0.5)
  lab.x('h1', 'ip route del 10.244.2.0/24')
  lab.x('h1', 'ip neigh del 10.244.2.0 dev flannel.1')
  lab.sleep(12)
  let text =
    '# v0.20.2 vxlan: route/neighbour/fdb removed by hand are not restored while running; restored at restart\n12 s later:\n'
  text += lab.state('h1')
  lab.stop('h1')
  lab.start('h1')
  lab.sleep(0.5)
  text += `after restart of flanneld:\n${lab.state('h1')}===== underlay link down/up\n`
  lab.x('h1', 'ip link set eth0 down')
  lab.sleep(0.5)
  text += lab.state('h1')
  lab.x('h1', 'ip link set eth0 up')
  lab.x('h1', 'ip route add default via 192.168.99.1')
  lab.sleep(1)
  text += `${lab.state('h1')}===== flannel.1 deleted\n`
  lab.x('h1', 'ip link del flannel.1')
  lab.sleep(6)
  assertTranscript('vxlan-route-removed', text + lab.state('h1'))
})

test('a lease is renewed with its margin, and the others put their entries in place again', () => {
  const lab = new EdgeLab({ hosts: 2 })
  lab.config(withBackend('vxlan'))
  lab.start('h1', { options: ['-subnet-lease-renew-margin=1439'], subnet: '10.244.1.1/24' })
  lab.start('h2', { subnet: '10.244.2.1/24' })
  let text =
    '# v0.20.2: -subnet-lease-renew-margin=1439 (minutes), TTL 24 h: renewal due 60 s after each grant; vxlan; 135 s watched on h1, h2 default margin\n'
  text += `before: ${lab.keys()}`
  lab.sleep(135)
  text += `${lab.logs()}after: ${lab.keys()}h2 netlink events on renewals of h1:\n`
  assertTranscript('lease-renewal-v0.20.2', text, withoutMonitor)
})

test.run()
