/**
 * The program etcd: one member that is its whole cluster, listening for clients.
 *
 * Left out: peers and joining a cluster of several, TLS, the v2 API, log lines.
 *
 * DIFFERS: it leads and serves at once; etcd holds an election first, which takes a part of a second.
 *
 * @see etcd etcdmain/etcd.go, embed/etcd.go, embed/serve.go
 */
import { serveStream } from '../app/http-server.js'
import { Process, processesOf } from '../app/process.js'
import { type ByteStream, listenStream } from '../app/stream.js'
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { fsOf } from '../fs/file-system.js'
import { GrpcServer } from '../grpc/grpc-server.js'
import { sniffStream } from '../grpc/http2-preface.js'
import { NSEC_PER_MSEC, NSEC_PER_SEC } from '../sim/time.js'
import { isIpv4Text } from '../wire/ip.js'
import { grpcServices } from './embed/grpc-services.js'
import { gatewayHttp, gatewayResponder } from './embed/serve.js'
import { clusterIdOf, memberIdOf } from './etcdserver/id.js'
import { EtcdServer } from './etcdserver/v3-server.js'
import { Wal } from './etcdserver/wal.js'

/** What etcd is started with; the names are those of its flags. */
export interface EtcdOptions {
  /** Name of the member. Default `default`. */
  readonly name?: string
  /** Where clients are listened for. Default `http://localhost:2379`. */
  readonly listenClientUrls?: readonly string[]
  /** Where clients find it, as it tells them. Default `http://localhost:2379`. */
  readonly advertiseClientUrls?: readonly string[]
  /** Peer URLs of the member; its identifier is made of them. Default `http://localhost:2380`. */
  readonly initialAdvertisePeerUrls?: readonly string[]
  /** Default `etcd-cluster`. */
  readonly initialClusterToken?: string
  /** Directory that it keeps its data in, from the root. Default `/NAME.etcd`. */
  readonly dataDir?: string
}

const DEFAULT_CLIENT_URLS: readonly string[] = ['http://localhost:2379']
const DEFAULT_PEER_URLS: readonly string[] = ['http://localhost:2380']
/** Milliseconds that the seeds' clocks are apart, so that leases of different seeds have different names. */
const SEED_STEP_MS = 0x9e3779b1
const CLOCK_BITS = 40
/** How often a silent client is probed; @see etcd pkg/transport/keepalive_listener.go */
const CLIENT_KEEPALIVE_SEC = 30
/** Octets of a request: 1.5 MiB and what gRPC adds. */
const MAX_RECEIVE_OCTETS = 2 * 1024 * 1024
/** Least time between the pings of a client. */
const MIN_PING_INTERVAL_NS = 5 * NSEC_PER_SEC

const dataDirOf = ({ name = 'default', dataDir }: EtcdOptions): string => dataDir ?? `/${name}.etcd`

/** A running etcd. */
export class EtcdProcess extends Process {
  readonly memberName: string
  /** Where it listens, as `ADDRESS:PORT`. */
  readonly listening: readonly string[]
  /** Directory of its data. */
  readonly dataDir: string
  /** @internal the member; ask it over the network */
  readonly server: EtcdServer
  readonly #grpc: GrpcServer

  /** @internal use {@link startEtcd} */
  constructor(netns: Netns, options: EtcdOptions) {
    super(netns, 'etcd', () => this.#stop())
    const { name = 'default', listenClientUrls = DEFAULT_CLIENT_URLS } = options
    this.memberName = name
    this.dataDir = dataDirOf(options)
    this.isDaemon = true
    this.listening = listenClientUrls.map(url => this.#listen(url))
    this.server = this.#orExit(() => this.#openServer(options))
    this.#grpc = new GrpcServer(grpcServices(this, this.server), {
      maxReceiveMessageSize: MAX_RECEIVE_OCTETS,
      now: () => netns.world.now,
      minPingIntervalNs: MIN_PING_INTERVAL_NS,
    })
  }

  /** There is no member yet when it cannot listen. */
  #stop(): void {
    const server = this.server as EtcdServer | undefined
    server?.stop()
  }

  /** The member of the data directory, or a new one. */
  #openServer(options: EtcdOptions): EtcdServer {
    const { initialAdvertisePeerUrls: peerUrls = DEFAULT_PEER_URLS, initialClusterToken = 'etcd-cluster' } = options
    const { world } = this.netns
    const wal = new Wal(fsOf(this.netns), this.dataDir)
    const memberId = wal.metadata === null ? memberIdOf(peerUrls, initialClusterToken) : BigInt(wal.metadata.nodeId)
    const clusterId = wal.metadata === null ? clusterIdOf([memberId]) : BigInt(wal.metadata.clusterId)
    const clock = (world.seed * SEED_STEP_MS + Math.floor(world.now / NSEC_PER_MSEC)) % 2 ** CLOCK_BITS
    const server = new EtcdServer(world, {
      memberId,
      clusterId,
      member: { name: this.memberName, peerUrls, clientUrls: options.advertiseClientUrls ?? DEFAULT_CLIENT_URLS },
      raftTerm: wal.begin(memberId, clusterId),
      startMs: Math.abs(clock),
      label: this.label('etcd'),
    })
    server.start(wal.requests, wal)
    return server
  }

  /** A part of the start: when it fails the program has ended, so that nothing is left of it. */
  #orExit<T>(start: () => T): T {
    try {
      return start()
    } catch (e) {
      this.exit(1)
      throw e
    }
  }

  #listen(url: string): string {
    const { address, port } = listenAddress(url)
    try {
      this.#orExit(() =>
        listenStream(this, address, port, stream => this.#accept(stream), { keepaliveSec: CLIENT_KEEPALIVE_SEC }),
      )
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      const context = { ...e.context, listen: `${address}:${port}` }
      throw new NetloomError(e.code, `etcd: listen-client-urls: ${url}: ${e.message}`, context)
    }
    return `${address}:${port}`
  }

  #accept(stream: ByteStream): void {
    sniffStream(stream, (protocol, first) => {
      if (protocol === 'http2') this.#grpc.accept(stream, first)
      else serveStream(stream, gatewayResponder(this, this.server), gatewayHttp(this), first)
    })
  }
}

const MAX_PORT = 65535

/** Address and port of `http://ADDRESS:PORT`. Throws EINVAL. */
const listenAddress = (url: string): { address: string; port: number } => {
  const match = /^(https?|unix):\/\/([^/:]+):(\d+)\/?$/.exec(url)
  const bad = (why: string): NetloomError =>
    new NetloomError('EINVAL', `etcd: listen-client-urls: ${url}: ${why}`, { url })
  if (match === null) throw bad('expected http://ADDRESS:PORT')
  const [, scheme, host, port] = match
  if (scheme !== 'http') throw bad(`netloom's etcd has no ${scheme === 'https' ? 'TLS' : 'unix sockets'}; use http://`)
  const address = host === 'localhost' ? '127.0.0.1' : host!
  if (!isIpv4Text(address)) throw bad('URL address is no IPv4 address (there are no names)')
  if (Number(port) > MAX_PORT) throw bad(`port ${port} is above ${MAX_PORT}`)
  return { address, port: Number(port) }
}

/** Refuses a data directory that can't be one. Throws EINVAL, ENOTDIR. */
const checkDataDir = (netns: Netns, dataDir: string): void => {
  const context = { dataDir }
  if (!dataDir.startsWith('/'))
    throw new NetloomError(
      'EINVAL',
      `etcd: data-dir: ${dataDir} must begin with /: there is no working directory`,
      context,
    )
  const fs = fsOf(netns)
  const parts = dataDir.split('/')
  const isFile = parts.some((_, n) => n > 0 && fs.stat(parts.slice(0, n + 1).join('/'))?.kind === 'file')
  if (isFile) throw new NetloomError('ENOTDIR', `etcd: error listing data dir: ${dataDir}`, context)
}

/**
 * Starts etcd in a namespace. With a data directory in which it was before, it has its data again. Throws EINVAL for a URL it
 * cannot listen on and a data directory that is no absolute path, ENOTDIR for one with a file in its way, EBUSY when another
 * etcd has it, EADDRINUSE, EADDRNOTAVAIL.
 */
export const startEtcd = (netns: Netns, options: EtcdOptions = {}): EtcdProcess => {
  for (const url of options.listenClientUrls ?? DEFAULT_CLIENT_URLS) listenAddress(url)
  const dataDir = dataDirOf(options)
  checkDataDir(netns, dataDir)
  if (processesOf(netns).some(other => other instanceof EtcdProcess && other.dataDir === dataDir))
    throw new NetloomError(
      'EBUSY',
      `etcd: another etcd process is using "${dataDir}/member/snap/db" and holds the file lock`,
      {
        dataDir,
      },
    )
  return new EtcdProcess(netns, options)
}
