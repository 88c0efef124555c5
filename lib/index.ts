/**
 * netloom: a packet-level discrete-event emulator of Linux container networking. One script, two kernels.
 *
 * ```ts
 * import { createWorld } from 'netloom'
 *
 * const world = createWorld({ seed: 1 })
 * const h1 = world.addNetns('h1')
 * const h2 = world.addNetns('h2')
 * h1.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: h2 } })
 * h1.addr.add('10.0.0.1/24', { dev: 'eth0' })
 * h2.addr.add('10.0.0.2/24', { dev: 'eth0' })
 * for (const host of [h1, h2]) host.link.set('eth0', { up: true })
 * world.run() // until nothing is due: the links come up
 *
 * const seen = world.capture({ dev: h2.dev('eth0') })
 * const ping = h1.ping('10.0.0.2')
 * world.run()
 * console.log(ping.text, seen.toText())
 * ```
 * @module
 */
export type { TimestampRequest } from './app/ping-packet.js'
export type { Process } from './app/process.js'
export type { FrameFilter } from './capture/filter.js'
export type { CapturedFrame } from './capture/tap.js'
export type { AwsEni, AwsInstance } from './cloud/aws/aws-instance.js'
export type { AwsRoute, AwsRouteTable } from './cloud/aws/aws-route-table.js'
export type { AwsAttachOptions, AwsSubnet, AwsSubnetOptions, AwsVpc, AwsVpcOptions } from './cloud/aws/aws-vpc.js'
export { Ec2Error } from './cloud/aws/ec2-error.js'
export { GceError, type GceReason } from './cloud/gce/gce-error.js'
export type { GceInstance } from './cloud/gce/gce-instance.js'
export type {
  GceAttachOptions,
  GceNetwork,
  GceNetworkOptions,
  GceSubnet,
  GceSubnetOptions,
} from './cloud/gce/gce-network.js'
export type { GceOperation, GceRoute, GceRouteSpec } from './cloud/gce/gce-route.js'
export type { GceRoutes } from './cloud/gce/gce-routes.js'
export type { MachineRef } from './cloud/machine.js'
export { DROP_REASONS, type DropReason, type DropRecord } from './core/drop.js'
export type { Dst, DstFn } from './core/dst.js'
export type { FdbFlushSpec, FdbInfo as KernelFdbInfo, FdbMode, FdbOps, FdbSpec } from './core/fdb.js'
export type { LinkWatch } from './core/link-watch.js'
export type {
  AddrSync,
  DeviceOps,
  DevStats,
  InetaddrOps,
  L3mdevOps,
  NetDevice,
  PacketTap,
  RxHandler,
} from './core/netdev.js'
export { type FeatureName, type KindFeatures, NETDEV_FEATURES } from './core/netdev-features.js'
export type {
  NetnsNf,
  NfCtHook,
  NfHookEntries,
  NfHookFn,
  NfHookOps,
  NfHookState,
  NfLogEntry,
  NfLogger,
  NfLogTarget,
  NfTrace,
  OkFn,
} from './core/netfilter.js'
export type { Accounting, Netns as KernelNetns, NetnsSlot } from './core/netns.js'
export type { NetdevNotifier, NotifierChain } from './core/notifier.js'
export { type KernelProfile, LINUX_6_18 } from './core/profile.js'
export type { Executable, LinkKind, NewLinkBase, Registry } from './core/registry.js'
export type { Frame as SkbFrame, Skb, SkbOwner, SkbPool } from './core/skb.js'
export type { SysctlEntry, SysctlProvider, SysctlTable } from './core/sysctl.js'
export type {
  DropObserver,
  MissObserver,
  PacketType,
  PernetOperations,
  World as Kernel,
  WorldOptions as KernelOptions,
} from './core/world.js'
export type { BridgeAttrs, BridgePortAttrs } from './dev/bridge/br-netlink.js'
export type { VlanAttrs } from './dev/vlan/vlan-netlink.js'
export type { VlanInfo } from './core/vlan-core.js'
export { ERRNO, type Errno, type ErrorContext, type NetloomCode, NetloomError } from './errors.js'
export type { PmtuDisc } from './ip/sock.js'
export type { TcpInfo, TcpInfoOption } from './ip/tcp/tcp-info.js'
export type { AddrApi, AddrInfo, AddrOptions } from './lab/addr.js'
export type { Arping, ArpingOptions, ArpingReply } from './lab/arping.js'
export type { BridgeLinkApi, BridgePortInfo } from './lab/bridge-link.js'
export type {
  BridgeVlanApi,
  BridgeVlanIds,
  BridgeVlanInfo,
  BridgeVlanOptions,
  BridgeVlanState,
  BridgeVlanTarget,
} from './lab/bridge-vlan.js'
export type { Capture, CaptureOptions, CaptureTextOptions } from './lab/capture.js'
export type { CaptureAllOptions, WorldCapture } from './lab/capture-all.js'
export { type AwsCloudOptions, type CloudOf, createCloud, type GceCloudOptions } from './lab/cloud.js'
export type { Curl, CurlOptions } from './lab/curl.js'
export type {
  DeleteOptions as EtcdDeleteOptions,
  Etcd,
  EtcdCall,
  EtcdClient,
  EtcdClientOptions,
  EtcdEvent,
  EtcdKv,
  EtcdOptions,
  EtcdPutOptions,
  GetOptions as EtcdGetOptions,
  PutOptions as EtcdKeyOptions,
  EtcdHandle,
  TxnCompare as EtcdTxnCompare,
  TxnOp as EtcdTxnOp,
  TxnSpec as EtcdTxnSpec,
  WatchOptions as EtcdWatchOptions,
} from './lab/etcd.js'
export type { Dev } from './lab/dev.js'
export type { Drop, DroppedPacket } from './lab/drop.js'
export type { Trace, TraceOptions, TraceRecord } from './lab/trace.js'
export type { FdbApi, FdbInfo, FdbMiss, FdbOptions, FdbState } from './lab/fdb.js'
export type { FilesApi } from './lab/files.js'
export type { Flanneld, FlanneldOptions, FlannelPeer } from './lab/flanneld.js'
export { type FlannelCluster, flannel } from './lab/flannel/cluster.js'
export type { FlannelNode } from './lab/flannel/node.js'
export type {
  FlannelAwsVpcBackend,
  FlannelBackend,
  FlannelPlainBackend,
  FlannelUdpBackend,
  FlannelVxlanBackend,
} from './lab/flannel/backend.js'
export type { FlannelNodeSpec, FlannelOptions, FlannelUnderlay } from './lab/flannel/options.js'
export type { FlannelPod } from './lab/flannel/pod.js'
export type { ClusterUnderlay, Underlay } from './lab/flannel/underlay.js'
export type { Frame, FrameDirection } from './lab/frame.js'
export type { HttpApi, HttpHandler, HttpServer } from './app/http.js'
export type { HttpRequest, HttpResponse } from './app/http-response.js'
export type {
  KubeApiserver,
  KubeApiserverOptions,
  KubeControllerManagerOptions,
  KubectlOptions,
  KubeNodeOptions,
  KubeNodes,
  KubeProgram,
} from './lab/kubernetes.js'
export type {
  Node as KubeNode,
  NodeAddress,
  NodeCondition,
  NodeSpec,
  NodeStatus,
  Taint,
} from './kubernetes/api/node.js'
export type { JsonObject, JsonValue } from './kubernetes/apimachinery/json.js'
export type { ApiObject, ObjectMeta } from './kubernetes/apimachinery/meta.js'
export type { DevRef, NetnsRef } from './lab/refs.js'
export type { LinkApi } from './lab/link.js'
export type { LinkAttrs, LinkInfo } from './lab/link-info.js'
export type * from './lab/link-spec.js'
export type {
  ConntrackApi,
  ConntrackChange,
  ConntrackEntry,
  ConntrackEvent,
  ConntrackFilter,
  ConntrackStats,
  CtTuple,
} from './lab/conntrack.js'
export type {
  IptablesApi,
  IptablesChain,
  IptablesListOptions,
  IptablesOptions,
  IptablesRestoreOptions,
  IptablesRule,
  IptablesRuleOptions,
  IptablesSaveOptions,
} from './lab/iptables.js'
export type { IptablesTable, IptablesWords } from './lab/iptables-words.js'
export type { MaddrApi, MaddrInfo } from './lab/maddr.js'
export type { MdbApi, MdbInfo, MdbOptions } from './lab/mdb.js'
export type { Nc, NcOptions } from './lab/nc.js'
export type { NeighApi, NeighInfo, NeighOptions } from './lab/neigh.js'
export type { Netns } from './lab/netns.js'
export type {
  NfApi,
  NfBridgePriority,
  NfHook,
  NfHookHandler,
  NfHookOptions,
  NfHookPriority,
  NfIpv4Priority,
  NfRegistration,
  NfVerdict,
} from './lab/nf.js'
export type { NfPacket } from './lab/nf-packet.js'
export type { PacketApi, PacketDirection, PacketHandler, PacketOptions, PacketSocket } from './lab/packet.js'
export type { Ping, PingError, PingOptions, PingReply } from './lab/ping.js'
export type { Printable } from './app/printable.js'
export type { Program } from './lab/program.js'
export type { Chance, LossGemodel, LossState } from './lab/impairments.js'
export type { QdiscApi, QdiscInfo, QdiscPlace } from './lab/qdisc.js'
export type {
  FifoQdisc,
  NetemQdisc,
  OtherQdisc,
  PlainQdisc,
  QdiscOptions,
  SlotOptions,
  TbfQdisc,
} from './lab/qdisc-options.js'
export type { Qdisc, QdiscClassOps, QdiscOps } from './core/qdisc.js'
export type { Distribution } from './sched/dist-table.js'
export type { CniDns } from './cni/result.js'
export type { Int64 as EtcdInt64 } from './etcd/octets.js'
export type { Cni, CniAddResult, CniApi, CniFailure, CniOptions } from './lab/cni.js'
export type { ProtocolName, RawApi, RawOptions, RawPacket, RawSocket } from './lab/raw.js'
export type {
  NexthopInfo,
  NexthopOptions,
  RouteApi,
  RouteCache,
  RouteGet,
  RouteGetOptions,
  RouteInfo,
  RouteOptions,
} from './lab/route.js'
export type { PortRange, RuleApi, RuleInfo, RuleOptions } from './lab/rule.js'
export type {
  IpProtocolWord,
  NudWord,
  ProtocolWord,
  RouteTypeWord,
  RuleActionWord,
  ScopeWord,
  TableWord,
} from './lab/route-words.js'
export type { GroupFilter, GroupOptions, Socket, SocketError, SocketOptions } from './lab/socket.js'
export type { SsFilter, SsInfo, SsTimer } from './lab/ss.js'
export type { EthtoolApi, SysctlApi } from './lab/sysctl.js'
export type {
  TcpApi,
  TcpConnectionHandler,
  TcpConnectOptions,
  TcpListenOptions,
  TcpListenSocket,
} from './app/tcp.js'
export type { TcpMetricsApi, TcpMetricsInfo } from './lab/tcp-metrics.js'
export type { TcpSocketOptions } from './app/tcp-options.js'
export type { TcpHandlers, TcpSocket } from './app/tcp-socket.js'
export type { TcpStateWord } from './app/tcp-words.js'
export type { Payload } from './app/text.js'
export type { Tun, TunHandler, TunOptions } from './lab/tun.js'
export type { Timer } from './lab/timer.js'
export type { DeviceRef, Endpoint } from './app/endpoint.js'
export type { UdpApi, UdpDatagram, UdpHandler, UdpOptions, UdpSocket } from './lab/udp.js'
export { VERSION } from './lab/version.js'
export { createWorld, type NetnsAccounting, REST_LIMIT_NS, World, type WorldOptions } from './lab/world.js'
export type { SkMemInfo } from './rtnl/inet-diag.js'
export type { RouteMetrics } from './rtnl/route.js'
export type { Command, CommandContext, ShellLimit } from './app/command.js'
export type { WorkingDirectory } from './app/working-directory.js'
export type { ScriptExit, ScriptOptions, ScriptResult } from './shell/run.js'
export type { RunOptions } from './sim/simulator.js'
export type { TimedRing } from './sim/timed-ring.js'
export { formatTime, ms, s, us } from './sim/time.js'
export { createDissector, dissect, type DissectOptions } from './wire/dissect.js'
export {
  decodeFrame,
  decodePacket,
  encodeFrame,
  encodePacket,
  type FrameInit,
  type FrameRepr,
  type PacketInit,
  type PacketRepr,
} from './wire/frame.js'
