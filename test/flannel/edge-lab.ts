/**
 * The laboratory in which the recordings of test/data/flannel/edge were made, built in a world: a bridge joins a router, a
 * host of etcd, and the hosts h1, h2, ... A far lab has its last host behind the router.
 */
import { parseFlags } from '../../lib/flannel/flags.js'
import { type Flanneld, startFlanneld } from '../../lib/flannel/flanneld.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { createWorld } from '../../lib/index.js'
import { CaseShell } from '../conformance/case/case-shell.js'
import { CaseStore } from '../conformance/case/case-store.js'
import { RECORDED } from '../conformance/netloom.js'

const NET = '192.168.99'
const ETCD = `${NET}.2`
const PREFIX = '/coreos.com/network'
const OFF = ['tx', 'off', 'rx', 'off', 'gso', 'off', 'gro', 'off', 'tso', 'off']
/** Looks for the subnet file, one each tenth of a second. */
const LOOKS = 100
const SLICE_SECONDS = 0.1

/** `02:00` and the address. */
export const macOf = (ip: string, first = '02:00'): string =>
  [first, ...ip.split('.').map(octet => Number(octet).toString(16).padStart(2, '0'))].join(':')

const STATE = [
  'ip -br -4 addr',
  'ip route',
  'ip neigh show nud permanent',
  'bridge fdb show',
  'ip -d link show type vxlan',
]

export interface EdgeLabOptions {
  readonly hosts?: number
  /** The last host is behind the router. */
  readonly far?: boolean
  readonly seed?: number
}

/** How a daemon is started. */
export interface DaemonStart {
  /** Options behind the usual ones. */
  readonly options?: readonly string[]
  /** Subnet that a subnet file is prepared with. */
  readonly subnet?: string
  /** Do not wait for the subnet file. */
  readonly noWait?: boolean
}

/** One host's daemons: what all of them have written, as if into one file. */
class Log {
  text = ''
  #daemon: Flanneld | null = null
  #out = 0
  #err = 0

  follow(daemon: Flanneld): void {
    this.poll()
    this.#daemon = daemon
    this.#out = 0
    this.#err = 0
  }

  poll(): void {
    if (this.#daemon === null) return
    const { stdout, stderr } = this.#daemon.process
    this.text += stdout.slice(this.#out) + stderr.slice(this.#err)
    this.#out = stdout.length
    this.#err = stderr.length
  }
}

export class EdgeLab {
  readonly shell: CaseShell
  readonly hosts: readonly string[]
  store: CaseStore
  readonly daemons: Map<string, Flanneld> = new Map()
  readonly #logs = new Map<string, Log>()
  readonly #bridges = new Set<string>()
  readonly #far: boolean

  constructor({ hosts = 1, far = false, seed = 1 }: EdgeLabOptions = {}) {
    this.shell = new CaseShell(createWorld({ seed, profile: RECORDED }).kernel)
    this.hosts = Array.from({ length: hosts }, (_, i) => `h${i + 1}`)
    this.#far = far
    this.#underlay()
    this.store = new CaseStore(this.shell, 'etcd', `${ETCD}:2379`)
  }

  get now(): number {
    return this.shell.world.now
  }

  /** Runs a line of words in a namespace and returns what it prints. */
  x(ns: string, line: string | readonly string[]): string {
    const argv = typeof line === 'string' ? line.split(' ') : line
    return this.shell.run(ns, argv).output
  }

  /** Lets seconds pass, and keeps the order in which the daemons write. */
  sleep(seconds: number): void {
    for (let left = seconds; left > 1e-6; left -= SLICE_SECONDS) {
      this.shell.sleep(Math.min(left, SLICE_SECONDS))
      for (const log of this.#logs.values()) log.poll()
    }
  }

  address(host: string): string {
    const n = Number(host.slice(1))
    return this.#far && n === this.hosts.length ? `192.168.98.${10 + n}` : `${NET}.${10 + n}`
  }

  #namespace(name: string): void {
    this.shell.expect(null, ['ip', 'netns', 'add', name])
    this.shell.expect(name, ['ip', 'link', 'set', 'lo', 'up'])
  }

  /** A host with `eth0` at a port of the bridge. */
  #wire(ns: string, ip: string): void {
    const peer = `peer name p-${ns} mtu 1500 address ${macOf(ip, '02:0b')} netns und`
    this.x(ns, `ip link add eth0 mtu 1500 address ${macOf(ip)} type veth ${peer}`)
    this.x('und', `ip link set p-${ns} master br0 up`)
    this.#up(ns, 'eth0', ip)
    this.x('und', ['ethtool', '-K', `p-${ns}`, ...OFF])
  }

  #up(ns: string, dev: string, ip: string): void {
    this.x(ns, `ip link set ${dev} up`)
    this.x(ns, `ip addr add ${ip}/24 dev ${dev}`)
    this.x(ns, ['ethtool', '-K', dev, ...OFF])
  }

  #underlay(): void {
    this.#namespace('und')
    this.x('und', 'ip link add br0 address 02:00:00:00:00:fe type bridge')
    this.x('und', 'ip link set br0 mtu 1500 up')
    this.x('und', 'sysctl -qw net.bridge.bridge-nf-call-iptables=0')
    this.#namespace('out')
    this.#namespace('etcd')
    this.#wire('out', `${NET}.1`)
    this.#wire('etcd', ETCD)
    this.x('out', 'sysctl -qw net.ipv4.ip_forward=1')
    this.x('etcd', `ip route add default via ${NET}.1`)
    for (const host of this.hosts) this.#host(host)
  }

  #host(host: string): void {
    const ip = this.address(host)
    this.#namespace(host)
    const gateway = ip.startsWith(NET) ? `${NET}.1` : '192.168.98.1'
    if (ip.startsWith(NET)) this.#wire(host, ip)
    else {
      const peer = `peer name eth1 mtu 1500 address ${macOf(gateway)} netns out`
      this.x(host, `ip link add eth0 mtu 1500 address ${macOf(ip)} type veth ${peer}`)
      this.#up('out', 'eth1', gateway)
      this.#up(host, 'eth0', ip)
    }
    this.x(host, `ip route add default via ${gateway}`)
    this.x(host, 'sysctl -qw net.ipv4.ip_forward=1')
    fsOf(this.shell.world.netns(host)).mkdir(`/run/flannel/${host}`, { recursive: true })
    this.#logs.set(host, new Log())
  }

  // --- the store

  /** Starts it again, with the data that it had. */
  restartStore(): void {
    this.store = new CaseStore(this.shell, 'etcd', `${ETCD}:2379`)
  }

  config(value: unknown): void {
    this.put(`${PREFIX}/config`, typeof value === 'string' ? value : pythonJson(value))
  }

  put(key: string, value: string): void {
    this.store.put(key, value, null)
  }

  /** Deletes all keys that begin with `prefix`. */
  deleteAll(prefix: string): void {
    this.x('etcd', `etcdctl --endpoints http://${ETCD}:2379 del --prefix ${prefix}`)
  }

  // --- daemons

  envPath(host: string): string {
    return `/run/flannel/${host}/subnet.env`
  }

  /** The subnet file, null when there is none. */
  env(host: string): string | null {
    const fs = fsOf(this.shell.world.netns(host))
    return fs.exists(this.envPath(host)) ? new TextDecoder().decode(fs.readFile(this.envPath(host))) : null
  }

  removeEnv(host: string): void {
    const fs = fsOf(this.shell.world.netns(host))
    if (fs.exists(this.envPath(host))) fs.remove(this.envPath(host))
  }

  writeEnv(host: string, text: string): void {
    fsOf(this.shell.world.netns(host)).writeFile(this.envPath(host), new TextEncoder().encode(text))
  }

  /** The subnet file as Python prints the dictionary of its lines. */
  envDict(host: string): string {
    const lines = (this.env(host) ?? '').split('\n').filter(line => line.includes('='))
    return `{${lines.map(line => `'${line.replace('=', "': '")}'`).join(', ')}}`
  }

  /** Starts a daemon; waits until it has written its subnet file or has ended, and half a second more. */
  start(host: string, { options = [], subnet, noWait = false }: DaemonStart = {}): Flanneld {
    const netns = this.shell.world.netns(host)
    if (subnet !== undefined) this.writeEnv(host, `FLANNEL_SUBNET=${subnet}\n`)
    const before = fsOf(netns).generation
    const words = [`-etcd-endpoints=http://${ETCD}:2379`, '-iface=eth0', `-subnet-file=${this.envPath(host)}`]
    const daemon = startFlanneld(netns, parseFlags([...words, '-ip-masq=true', '-v=4', ...options]))
    this.daemons.set(host, daemon)
    this.#logs.get(host)!.follow(daemon)
    if (noWait) return daemon
    for (let look = 0; look < LOOKS && daemon.process.exitStatus === null; look++) {
      if (fsOf(netns).generation !== before && /^FLANNEL_MTU=/m.test(this.env(host) ?? '')) break
      this.sleep(SLICE_SECONDS)
    }
    this.sleep(0.5)
    return daemon
  }

  /** Ends a daemon and returns its exit status. */
  stop(host: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): number | null {
    const { process } = this.daemons.get(host)!
    if (signal === 'SIGKILL') process.killHard()
    else process.kill()
    if (process.exitStatus === null) this.sleep(SLICE_SECONDS)
    for (const log of this.#logs.values()) log.poll()
    return process.exitStatus
  }

  /** Length of each host's log, to see what comes behind it. */
  position(): Map<string, number> {
    for (const log of this.#logs.values()) log.poll()
    return new Map([...this.#logs].map(([host, { text }]) => [host, text.length]))
  }

  /** What the daemons of a host have written since `from`. */
  log(host: string, from: ReadonlyMap<string, number> = new Map()): string {
    this.position()
    return this.#logs.get(host)!.text.slice(from.get(host) ?? 0)
  }

  // --- what the recorder wrote

  /** Logs of hosts, without the lines that it left out. */
  logs(hosts: readonly string[] = this.hosts, from?: ReadonlyMap<string, number>): string {
    const text = hosts.map(host => {
      const lines = this.log(host, from).split('\n')
      const kept = lines.filter(line => !/CLI flags config|no certificate/.test(line))
      return `--- flanneld log of ${host}\n${kept.join('\n')}\n`
    })
    return text.join('')
  }

  /** The state of a host. */
  state(host: string): string {
    const parts = STATE.map(command => {
      const lines = this.x(host, command).split('\n')
      if (lines.at(-1) === '') lines.pop()
      return `$ ${command}\n${lines.filter(line => !/33:33|01:00:5e/.test(line)).join('\n')}\n`
    })
    return `--- state of ${host}\n${parts.join('')}`
  }

  /** All keys of flannel. */
  keys(): string {
    return `${this.store.dump()}\n`
  }

  /** A pod at the bridge cni0 of a host, with the `n`th address of its subnet. */
  pod(host: string, name: string, n: number): void {
    const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(this.env(host) ?? '')![1]!
    const [gateway = '', length = ''] = value('FLANNEL_SUBNET').split('/')
    const mtu = value('FLANNEL_MTU')
    const ip = gateway.replace(/\d+$/, last => `${Number(last) - 1 + n}`)
    if (!this.#bridges.has(host)) {
      this.#bridges.add(host)
      this.x(host, `ip link add cni0 address ${macOf(gateway)} type bridge mcast_snooping 0`)
      this.x(host, `ip link set cni0 mtu ${mtu} up`)
      this.x(host, `ip addr add ${gateway}/${length} dev cni0`)
      this.x(host, ['ethtool', '-K', 'cni0', ...OFF])
    }
    this.#namespace(name)
    const peer = `peer name veth-${name} mtu ${mtu} address ${macOf(ip, '02:0a')} netns ${host}`
    this.x(name, `ip link add eth0 mtu ${mtu} address ${macOf(ip)} type veth ${peer}`)
    this.x(host, `ip link set veth-${name} master cni0 up`)
    this.x(name, 'ip link set eth0 up')
    this.x(name, `ip addr add ${ip}/${length} dev eth0`)
    this.x(name, `ip route add default via ${gateway}`)
    this.x(host, ['ethtool', '-K', `veth-${name}`, ...OFF])
    this.x(name, ['ethtool', '-K', 'eth0', ...OFF])
  }
}

/** JSON as Python writes it: a blank behind commas and colons. */
const pythonJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${pythonJson(member)}`)
    .join(', ')}}`
}

/** A configuration with a backend of this type. */
export const withBackend = (type: string, more: Readonly<Record<string, unknown>> = {}): unknown => ({
  Network: '10.244.0.0/16',
  SubnetLen: 24,
  Backend: { Type: type, ...more },
})

/** The host of the recordings start and peers: h1 with three more interfaces, and files in /etc. */
export const startLab = (): EdgeLab => {
  const lab = new EdgeLab()
  for (const dev of ['eth1', 'eth2', 'eth3']) {
    lab.x('h1', `ip link add ${dev} type veth peer name p${dev} netns etcd`)
    lab.x('h1', `ip link set ${dev} up`)
    lab.x('etcd', `ip link set p${dev} up`)
  }
  lab.x('h1', 'ip addr add 10.9.0.5/24 dev eth1')
  lab.x('h1', 'ip addr add 169.254.7.7/16 dev eth3')
  lab.x('h1', 'ip addr add 10.9.0.6/24 dev eth1')
  lab.x('h1', 'ip addr add 169.254.1.1/16 dev eth1')
  const fs = fsOf(lab.shell.world.netns('h1'))
  fs.mkdir('/etc', { recursive: true })
  fs.writeFile('/etc/passwd', new TextEncoder().encode('root\n'))
  return lab
}
