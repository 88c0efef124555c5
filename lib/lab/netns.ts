/**
 * A network namespace as users hold it: a host, router, switch or container of the lab.
 */
import type { Accounting, Netns as KernelNetns } from '../core/netns.js'
import { AddrApi } from './addr.js'
import { type Arping, type ArpingOptions, startArping } from './arping.js'
import { BridgeLinkApi } from './bridge-link.js'
import { BridgeVlanApi } from './bridge-vlan.js'
import { type Curl, type CurlOptions, startCurl } from './curl.js'
import { CniApi } from './cni.js'
import { ConntrackApi } from './conntrack.js'
import type { Dev } from './dev.js'
import { type Etcd, EtcdClient, type EtcdClientOptions, type EtcdOptions, launchEtcd } from './etcd.js'
import { Drop } from './drop.js'
import { FdbApi } from './fdb.js'
import { FilesApi } from './files.js'
import { type Flanneld, type FlanneldOptions, runFlanneld } from './flanneld.js'
import type { Handles } from './handles.js'
import { HttpApi } from '../app/http.js'
import {
  type KubeApiserver,
  type KubeApiserverOptions,
  type KubeControllerManagerOptions,
  type KubectlOptions,
  type KubeProgram,
  startKubeApiserver,
  startKubeControllerManager,
  startKubectl,
} from './kubernetes.js'
import { IptablesApi } from './iptables.js'
import { LinkApi } from './link.js'
import { MaddrApi } from './maddr.js'
import { MdbApi } from './mdb.js'
import { type Nc, type NcOptions, startNc } from './nc.js'
import { NeighApi } from './neigh.js'
import { NfApi } from './nf.js'
import { PacketApi } from './packet.js'
import { type Ping, type PingOptions, startPing } from './ping.js'
import { Printable } from '../app/printable.js'
import { QdiscApi } from './qdisc.js'
import { RawApi } from './raw.js'
import { RouteApi } from './route.js'
import { RuleApi } from './rule.js'
import { listSockets, type SsFilter, type SsInfo } from './ss.js'
import { EthtoolApi, SysctlApi } from './sysctl.js'
import { TcpApi } from '../app/tcp.js'
import { TcpMetricsApi } from './tcp-metrics.js'
import { openTun, type Tun, type TunHandler, type TunOptions } from './tun.js'
import { UdpApi } from './udp.js'

/**
 * A network namespace. Make one with `world.addNetns(name)`.
 *
 * @example
 * const h1 = world.addNetns('h1')
 * h1.link.set('lo', { up: true })
 * h1.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'h1', netns: 'sw' } })
 * h1.addr.add('10.0.0.1/24', { dev: 'eth0' })
 * h1.link.set('eth0', { up: true })
 */
export class Netns extends Printable {
  /** The kernel's own object. */
  readonly kernel: KernelNetns
  readonly name: string
  /** `ip link`. */
  readonly link: LinkApi
  /** `ip address`. */
  readonly addr: AddrApi
  /** `ip route`. */
  readonly route: RouteApi
  /** `ip rule`. */
  readonly rule: RuleApi
  /** `ip neighbour`. */
  readonly neigh: NeighApi
  /** `bridge fdb`. */
  readonly fdb: FdbApi
  /** `ip maddr`. */
  readonly maddr: MaddrApi
  /** `bridge mdb`. */
  readonly mdb: MdbApi
  /** `bridge link`. */
  readonly bridgeLink: BridgeLinkApi
  /** `tc qdisc`. */
  readonly qdisc: QdiscApi
  /** `bridge vlan`. */
  readonly bridgeVlan: BridgeVlanApi
  /** `iptables`, `iptables-save` and `iptables-restore`. */
  readonly iptables: IptablesApi
  /** Hook functions of netfilter. */
  readonly nf: NfApi
  /** `conntrack`. */
  readonly conntrack: ConntrackApi
  /** Container networking: attach containers to this host's networks. */
  readonly cni: CniApi
  /** `sysctl`. */
  readonly sysctl: SysctlApi
  /** `ethtool -k` and `-K`. */
  readonly ethtool: EthtoolApi
  /** UDP sockets. */
  readonly udp: UdpApi
  /** TCP sockets. */
  readonly tcp: TcpApi
  /** HTTP servers. */
  readonly http: HttpApi
  /** Files of the host. */
  readonly files: FilesApi
  /** `ip tcp_metrics`. */
  readonly tcpMetrics: TcpMetricsApi
  /** Raw IPv4 sockets. */
  readonly raw: RawApi
  /** Packet sockets: whole frames. */
  readonly packet: PacketApi
  readonly #handles: Handles

  /** @internal use `world.addNetns` */
  constructor(handles: Handles, kernel: KernelNetns) {
    super()
    this.#handles = handles
    this.kernel = kernel
    this.name = kernel.name
    this.link = new LinkApi(handles, kernel)
    this.addr = new AddrApi(kernel)
    this.route = new RouteApi(kernel)
    this.rule = new RuleApi(kernel)
    this.neigh = new NeighApi(kernel)
    this.fdb = new FdbApi(kernel)
    this.mdb = new MdbApi(kernel)
    this.maddr = new MaddrApi(kernel)
    this.bridgeLink = new BridgeLinkApi(kernel)
    this.qdisc = new QdiscApi(kernel)
    this.bridgeVlan = new BridgeVlanApi(kernel)
    this.iptables = new IptablesApi(kernel)
    this.nf = new NfApi(handles, kernel)
    this.conntrack = new ConntrackApi(kernel)
    this.cni = new CniApi(kernel)
    this.sysctl = new SysctlApi(kernel)
    this.ethtool = new EthtoolApi(kernel)
    this.udp = new UdpApi(kernel)
    this.tcp = new TcpApi(kernel)
    this.http = new HttpApi(this.tcp, kernel.name)
    this.files = new FilesApi(kernel)
    this.tcpMetrics = new TcpMetricsApi(kernel)
    this.raw = new RawApi(kernel)
    this.packet = new PacketApi(kernel)
  }

  /** The device called `name`; throws ENODEV `Cannot find device "NAME"`. */
  dev(name: string): Dev {
    return this.#handles.dev(this.kernel.dev(name))
  }

  /** True when there is a device called `name`. */
  hasDev(name: string): boolean {
    return this.kernel.devByName(name) !== null
  }

  /** The loopback device. */
  get lo(): Dev {
    return this.#handles.dev(this.kernel.lo)
  }

  /** All devices by ifindex. */
  get devices(): Dev[] {
    return this.kernel.devices.map(dev => this.#handles.dev(dev))
  }

  /** False once it has been deleted. */
  get exists(): boolean {
    return this.kernel.alive
  }

  /**
   * Starts ping; its first request goes out at once, the rest while the world runs. Throws what the real tool ends with
   * status 2 for: ENETUNREACH, EACCES for a broadcast address, EADDRNOTAVAIL, ENODEV.
   *
   * @example
   * const ping = h1.ping('10.0.0.2', { count: 1 })
   * world.run()
   * ping.received // 1
   */
  ping(destination: string, options: PingOptions = {}): Ping {
    return startPing(this.kernel, destination, options)
  }

  /** Starts arping. Throws ENODEV, ENETDOWN, EADDRNOTAVAIL. */
  arping(target: string, options: ArpingOptions = {}): Arping {
    return startArping(this.kernel, target, options)
  }

  /**
   * Starts nc, over UDP unless `tcp` is set. Throws EADDRINUSE and EADDRNOTAVAIL.
   *
   * @example
   * const server = h2.nc({ listen: true, port: 7000 })
   * h1.nc({ destination: '10.0.0.2', ports: [7000], stdin: 'hello' })
   * world.run()
   * server.text // 'hello'
   */
  nc(options: NcOptions): Nc {
    return startNc(this.kernel, options)
  }

  /**
   * Starts curl for a URL of HTTP with a numeric address. Failures are its exit status: 7 refused, 28 too late, 52 no answer,
   * 56 reset.
   *
   * @example
   * const get = h1.curl('http://10.0.0.2/')
   * world.run()
   * get.status // 200
   */
  curl(url: string, options: CurlOptions = {}): Curl {
    return startCurl(this.kernel, url, options)
  }

  /**
   * Starts flanneld v0.20.2: a daemon, which runs until it is killed, loses its lease or can't start.
   *
   * @example
   * const flanneld = h1.flanneld({ etcdEndpoints: 'http://192.168.0.2:2379', iface: 'eth0', ipMasq: true })
   * world.run({ until: () => flanneld.subnet !== null, within: s(1) })
   * h1.files.read('/run/flannel/subnet.env') // FLANNEL_NETWORK=10.244.0.0/16 ...
   */
  flanneld(options: FlanneldOptions = {}): Flanneld {
    return runFlanneld(this.kernel, options)
  }

  /**
   * Starts etcd: one member, listening on 127.0.0.1:2379 unless told otherwise. It goes on until it is killed; with the same
   * `dataDir` it has its data again.
   *
   * @example
   * const etcd = store.etcd({ listenClientUrls: ['http://0.0.0.0:2379'], dataDir: '/var/lib/etcd' })
   */
  etcd(options: EtcdOptions = {}): Etcd {
    return launchEtcd(this.kernel, options)
  }

  /**
   * A client of etcd. Its calls go on while the world runs.
   *
   * @example
   * const client = h1.etcdClient({ endpoints: ['10.0.0.2:2379'] })
   * const got = client.get('/config')
   * world.run()
   * got.response?.kvs[0]?.value
   */
  etcdClient(options: EtcdClientOptions): EtcdClient {
    return new EtcdClient(this.kernel, options)
  }

  /**
   * Starts kube-apiserver, with the resource nodes. Its objects are this host's and outlive it. Throws EADDRINUSE,
   * EADDRNOTAVAIL.
   *
   * @example
   * const api = m.kubeApiserver()
   * api.nodes.create({ name: 'n1', podCIDR: '10.244.1.0/24' })
   */
  kubeApiserver(options: KubeApiserverOptions = {}): KubeApiserver {
    return startKubeApiserver(this.kernel, options)
  }

  /** Starts kube-controller-manager, which gives nodes their podCIDRs. Throws EINVAL. */
  kubeControllerManager(options: KubeControllerManagerOptions): KubeProgram {
    return startKubeControllerManager(this.kernel, options)
  }

  /**
   * Starts kubectl with the words of its command line. Throws EGRAMMAR for what netloom has not.
   *
   * @example
   * const get = h1.kubectl(['-s', 'http://10.0.0.1:6443', 'get', 'nodes'])
   * world.run()
   * get.text // NAME   STATUS ...
   */
  kubectl(words: readonly string[], options: KubectlOptions = {}): KubeProgram {
    return startKubectl(this.kernel, words, options)
  }

  /** The sockets of this namespace, as `ss -a` lists them. */
  ss(filter: SsFilter = {}): SsInfo[] {
    return listSockets(this.kernel, filter)
  }

  /**
   * Opens a tun device, a new one when there is none of that name, and takes the IP packets that it sends. Throws EBUSY
   * for one that is open, EINVAL for a name or a device of another kind.
   *
   * @example
   * const tun = h1.tun('tun0', packet => proxy.sendTo(packet, peer))
   * h1.addr.add('10.8.0.1/24', { dev: 'tun0' })
   * h1.link.set('tun0', { up: true })
   * proxy.onDatagram(({ data }) => tun.write(data))
   */
  tun(name: string, onPacket: TunHandler | null = null): Tun {
    return this.openTun({ name, mode: 'tun' }, onPacket)
  }

  /** Opens a tap device and takes the frames that it sends; as {@link tun}. */
  tap(name: string, onPacket: TunHandler | null = null): Tun {
    return this.openTun({ name, mode: 'tap' }, onPacket)
  }

  /** Opens a tun or tap device with options; as {@link tun}. */
  openTun(options: TunOptions = {}, onPacket: TunHandler | null = null): Tun {
    return openTun(this.#handles, this.kernel, options, onPacket)
  }

  /** What was dropped here, by device and reason, in the order of the first drop. */
  drops(): Drop[] {
    return this.kernel.drops().map(record => new Drop(record))
  }

  /** Where packets came from and went, at this moment. */
  accounting(): Accounting {
    return this.kernel.accounting()
  }

  override toString(): string {
    return this.name
  }

  override toJSON(): { name: string; devices: Dev[]; addresses: string[]; accounting: Accounting } {
    const addresses = this.addr.list().map(a => `${a.address}/${a.prefixLen} dev ${a.dev}`)
    return { name: this.name, devices: this.devices, addresses, accounting: this.accounting() }
  }
}
