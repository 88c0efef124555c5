/**
 * A published port, as Docker makes one: DNAT on the way in, MASQUERADE on the way out. What the connection looks like, and
 * which rules its first packet met.
 */
import { createWorld } from 'netloom'

const world = createWorld({ seed: 1 })
const host = world.addNetns('host')
const client = world.addNetns('client')
const web = world.addNetns('web')

host.link.add({ kind: 'bridge', name: 'docker0', up: true })
host.link.add({ kind: 'veth', name: 'veth0', peer: { name: 'eth0', netns: web } })
host.link.set('veth0', { master: 'docker0', up: true })
host.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: client } })
host.link.set('eth0', { up: true })
host.addr.add('172.17.0.1/16', { dev: 'docker0' })
host.addr.add('192.0.2.1/24', { dev: 'eth0' })
web.addr.add('172.17.0.2/16', { dev: 'eth0' })
client.addr.add('192.0.2.9/24', { dev: 'eth0' })
for (const container of [web, client]) container.link.set('eth0', { up: true })
web.route.add('default', { via: '172.17.0.1' })
host.sysctl.set('net.ipv4.ip_forward', '1')

const { iptables } = host
iptables.newChain('DOCKER', { table: 'nat' })
iptables.append('PREROUTING', '-m addrtype --dst-type LOCAL -j DOCKER', { table: 'nat' })
iptables.append('POSTROUTING', '-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE', { table: 'nat' })
iptables.append('DOCKER', '! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80', { table: 'nat' })
iptables.policy('FORWARD', 'DROP')
iptables.append('FORWARD', '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT')
iptables.append('FORWARD', '-d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT')
iptables.append('FORWARD', '-i docker0 ! -o docker0 -j ACCEPT')
world.run()

web.http.serve({ port: 80 }, request => `hello ${request.from.address}\n`)
const trace = world.trace({ netns: host, filter: 'tcp[tcpflags] == tcp-syn' })
const get = client.curl('http://192.0.2.1:8080/')
world.run({ until: () => get.exitStatus !== null })
trace.stop()

console.log(`curl: ${get.text.trimEnd()}\n`)
for (const { chain, table, rulenum, rule, verdict } of trace.records)
  console.log(`${table} ${chain} ${rulenum}: ${rule || 'policy'} => ${verdict}`)
console.log('\nconntrack:')
for (const { text } of host.conntrack.list({ protocol: 'tcp' })) console.log(text)
console.log('\ncounters:')
for (const rule of iptables.list({ chain: 'FORWARD' })[0]?.rules ?? [])
  console.log(`${rule.packets} packets, ${rule.bytes} bytes: ${rule.text}`)

// Output:
// curl: hello 192.0.2.9
//
// nat PREROUTING 1: -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER => DOCKER
// nat DOCKER 1: -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80 => ACCEPT
// filter FORWARD 2: -A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT => ACCEPT
// nat POSTROUTING 2: policy => ACCEPT
//
// conntrack:
// tcp      6 120 FIN_WAIT src=192.0.2.9 dst=192.0.2.1 sport=40518 dport=8080 src=172.17.0.2 dst=192.0.2.9 sport=80 dport=40518 [ASSURED] mark=0 use=1
//
// counters:
// 7 packets, 505 bytes: -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
// 1 packets, 60 bytes: -A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
// 0 packets, 0 bytes: -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
