/**
 * Replays test/data/cni/bridge-plugin.txt: a flannel cluster of two hosts (vxlan), where the real plugin bridge is given what the
 * plugin flannel derives from subnet.env. The recording is of plugins 1.1.1, which make the host's end of a veth on the host at once:
 * numbers of devices differ from those of 0.9.1 and are not compared. Nor are what the bridge has learned (1.1.1 announces addresses
 * earlier, before the port forwards), the order of the tables of iptables, and counters.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeUtf8 } from '../../lib/wire/utf8.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { createWorld, type World } from '../../lib/index.js'
import { execIn } from './host.js'
import { Mask } from './mask.js'

const test = suite('cni/bridge-plugin')

const TEXT = readFileSync(new URL('../data/cni/bridge-plugin.txt', import.meta.url), 'utf8')

/** What flanneld has made on both hosts: vxlan, the routes to each other, its rules. */
const CLUSTER = `
  ip netns add und
  ip -n und link add br0 type bridge mcast_snooping 0
  ip -n und link set br0 up
  ${[1, 2]
    .map(n => {
      const other = 3 - n
      const vtep = ['', '02:cc:95:a2:52:e8', 'd6:3c:4d:c9:46:c6']
      return `
    ip netns add h${n}
    ip -n h${n} link set lo up
    ip -n und link add h${n} type veth peer name eth0 netns h${n}
    ip -n und link set h${n} master br0 up
    ip -n h${n} link set eth0 address 02:00:c0:a8:63:0${n === 1 ? 'b' : 'c'}
    ip -n h${n} addr add 192.168.99.1${n}/24 dev eth0
    ip -n h${n} link set eth0 up
    ip -n h${n} route add default via 192.168.99.1
    ip -n h${n} link add flannel.1 address ${vtep[n]} type vxlan id 1 local 192.168.99.1${n} dev eth0 dstport 8472 nolearning
    ip -n h${n} link set flannel.1 txqueuelen 0
    ip -n h${n} addr add 10.244.${n}.0/32 dev flannel.1
    ip -n h${n} link set flannel.1 up
    ip -n h${n} neigh replace 10.244.${other}.0 lladdr ${vtep[other]} dev flannel.1 nud permanent
    bridge -n h${n} fdb replace ${vtep[other]} dev flannel.1 dst 192.168.99.1${other} self permanent
    ip -n h${n} route replace 10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink
    ip netns exec h${n} iptables -N FLANNEL-FWD
    ip netns exec h${n} iptables -A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
    ip netns exec h${n} iptables -A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
    ip netns exec h${n} iptables -I FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
    ip netns exec h${n} iptables -t nat -N FLANNEL-POSTRTG
    ip netns exec h${n} iptables -t nat -I POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
    ip netns exec h${n} iptables -t nat -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
    ip netns exec h${n} iptables -t nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
    ip netns exec h${n} iptables -t nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
    ip netns exec h${n} iptables -t nat -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.${n}.0/24 -m comment --comment "flanneld masq" -j RETURN
    ip netns exec h${n} iptables -t nat -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
    `
    })
    .join('')}
`

/** Numbers of devices, counters, times; tables of iptables in the order of their names. */
const plain = (text: string): string =>
  text
    .replace(/^\d+: /gm, 'N: ')
    .replace(/@[\w.]+(?=: <| )/g, '@PEER')
    .replace(/^\[\d+:\d+\] /gm, '')
    .replace(/\[\d+:\d+\]$/gm, '')
    .replace(/ (time|rtt) .*$/gm, '')
    .replace(/^.* master cni0 ?\n/gm, '')
    .trimEnd()
    .split(/\n(?=\*\w+\n)/)
    .sort()
    .join('\n')

/** Parts of the recording: `== ...` a call of the plugin, `[NS] $ ...` a command, `A -> B: ...` a ping, and the files. */
const PARTS = TEXT.split(/\n(?=== |\[\w+\] \$ |\w+ -> \w+: |host-local files: |h1 net\.ipv4)/).slice(1)

const call = (world: World, part: string): string => {
  const [, command, pod, host, conf] = /^== (\w+) (\w+) on (\w+)\n.*?(\{.*)\n/.exec(part)!
  if (!world.hasNetns(pod!)) world.addNetns(pod!)
  const env = {
    CNI_COMMAND: command!,
    CNI_CONTAINERID: pod!,
    CNI_NETNS: `/run/netns/${pod}`,
    CNI_IFNAME: 'eth0',
    CNI_PATH: '/opt/cni/bin',
  }
  const { stdout } = execIn(world, host!, ['/opt/cni/bin/bridge'], { env, stdin: encodeUtf8(conf!) })
  world.run({ for: 2.2e9 })
  return `${part.slice(0, part.indexOf('result: '))}result: ${stdout}`
}

/** Their addresses, by name. */
const PODS: Readonly<Record<string, string>> = { p2: '10.244.1.3', p3: '10.244.2.2' }

const ping = (world: World, part: string): string => {
  const [head, from, to] = /^(\w+) -> (\w+): /.exec(part)!
  const count = part.includes('icmp_seq=2') ? 2 : 1
  const argv = ['ping', '-e', '4660', '-c', String(count), '-i', '0.3', '-s', '8', '-W', '1', PODS[to!]!]
  return head + execIn(world, from!, argv).stdout
}

const files = (world: World): string => {
  const fs = fsOf(world.netns('h1').kernel)
  const dir = '/run/ipam-h1/cbr0'
  const texts = fs.readdir(dir).map(name => `${name}:\n${Buffer.from(fs.readFile(`${dir}/${name}`))}\n`)
  return `host-local files: ${texts.join('').replaceAll('\r', '')}`
}

const answer = (world: World, part: string): string => {
  if (/^== (ADD|DEL)/.test(part)) return call(world, part)
  if (part.startsWith('==')) return part
  if (part.startsWith('host-local files')) return files(world)
  if (part.startsWith('h1 net.ipv4'))
    return `h1 net.ipv4.ip_forward after the plugin (was 0 before): ${execIn(world, 'h1', ['sysctl', 'net.ipv4.ip_forward']).stdout}`
  const command = /^\[(\w+)\] \$ (.*)\n/.exec(part)
  if (command === null) return ping(world, part)
  return command[0] + execIn(world, command[1]!, command[2]!.split(' ')).stdout
}

test('the plugin bridge does with the configuration of flannel what the real one did', () => {
  const world = createWorld()
  world.sh(CLUSTER)
  const [theirs, ours] = [new Mask(), new Mask()]
  for (const part of PARTS) assert.equal(plain(ours.of(answer(world, part))), plain(theirs.of(part)), part.slice(0, 80))
  assert.is(PARTS.length, 25)
})

test.run()
