/**
 * udp: packets of pods go through the TUN device flannel0 to the daemon, which sends each as the payload of a datagram to the
 * daemon of the other host. The backend of a configuration that names none.
 *
 * @see flannel backend/udp/udp_amd64.go, backend/udp/udp_network_amd64.go
 */
import type { Context, Thread } from '../../../app/thread.js'
import { NetloomError } from '../../../errors.js'
import { RT_SCOPE_UNIVERSE } from '../../../ip/rtnetlink.js'
import { type UdpSocket, udpSocket } from '../../../ip/udp.js'
import { addrAdd } from '../../../rtnl/addr.js'
import { linkSet } from '../../../rtnl/link.js'
import { routeAdd } from '../../../rtnl/route.js'
import { type TunFile, tunOpen } from '../../../rtnl/tuntap.js'
import { formatIpv4, maskOf, type Prefix } from '../../../wire/ip.js'
import { goUnmarshal } from '../../../app/go-json.js'
import { errnoText } from '../../../app/go-error.js'
import { netText } from '../../ip4-net.js'
import { type Lease, type LeaseEvent, SubnetError } from '../../subnet/subnet.js'
import { watchLeases } from '../../subnet/watch.js'
import { acquireLease } from '../acquire.js'
import type { BackendEnv, BackendKind, Network } from '../backend.js'
import { UdpProxy } from './proxy.js'

const DEFAULT_PORT = 8285
/** Headers of IPv4 and UDP. */
const ENCAP_OVERHEAD = 28
const TUN_NAME = 'flannel%d'
const HOST_LEN = 32

const parsePort = (backend: string): number => {
  try {
    const given =
      backend === ''
        ? {}
        : goUnmarshal(backend, [{ name: 'Port', type: 'int' }], { struct: '', type: 'struct { Port int }' })
    return (given['Port'] as number | undefined) ?? DEFAULT_PORT
  } catch (e) {
    throw new SubnetError(`error decoding UDP backend config: ${(e as Error).message}`)
  }
}

/** A step of the set-up, with flannel's words in front of the kernel's for why it failed. */
const step = (what: string, fn: () => void): void => {
  try {
    fn()
  } catch (e) {
    throw new SubnetError(`${what}: ${errnoText(e)}`)
  }
}

/** The device with its address and the route of the whole network, longer prefixes of which the host may have. */
const configureIface = (tun: TunFile, net: Prefix, mtu: number): void => {
  const dev = tun.dev!
  const { name, netns } = dev
  step(`failed to add IP address ${formatIpv4(net.addr)}/${HOST_LEN} to ${name}`, () =>
    addrAdd(dev, { local: net.addr, prefixLen: HOST_LEN }),
  )
  step(`failed to set MTU for ${name}`, () => linkSet(dev, { mtu }))
  step(`failed to set interface ${name} to UP state`, () => linkSet(dev, { up: true }))
  const network = { addr: net.addr & maskOf(net.len), len: net.len }
  try {
    routeAdd(netns, { dst: network.addr, dstLen: network.len, dev, scope: RT_SCOPE_UNIVERSE })
  } catch (e) {
    // A route that is there is fine.
    if (e instanceof NetloomError && e.code === 'EEXIST') return
    throw new SubnetError(`failed to add route (${netText(network)} -> ${name}): ${errnoText(e)}`)
  }
}

const listen = (env: BackendEnv, port: number): UdpSocket => {
  const { process, ext } = env
  const sock = udpSocket(process.netns)
  // As Go's net package opens its sockets.
  sock.broadcast = true
  process.holds(sock, process.nextFd())
  try {
    if (port < 0 || port > 65535) throw new NetloomError('EINVAL', undefined, { port })
    sock.bind({ address: ext.ifaceAddr, port })
    return sock
  } catch (e) {
    sock.close()
    const at = `listen udp4 ${formatIpv4(ext.ifaceAddr)}:${port}`
    throw new SubnetError(`failed to start listening on UDP socket: ${at}: bind: ${errnoText(e)}`)
  }
}

class UdpNetwork implements Network {
  readonly lease: Lease
  readonly mtu: number
  readonly #env: BackendEnv
  readonly #port: number
  readonly #proxy: UdpProxy

  constructor(env: BackendEnv, lease: Lease, port: number, networkLen: number) {
    const { process, ext, log } = env
    this.#env = env
    this.lease = lease
    this.#port = port
    this.mtu = ext.iface.mtu - ENCAP_OVERHEAD
    const tun = tunOpen(process.netns, { name: TUN_NAME, mode: 'tun', pi: false })
    configureIface(tun, { addr: lease.subnet.addr, len: networkLen }, this.mtu)
    const proxyLog = log.verbosity >= 1 ? { log: (line: string) => void (process.stderr += `${line}\n`) } : {}
    this.#proxy = new UdpProxy(process, tun, listen(env, port), {
      tunIp: lease.subnet.addr,
      mtu: this.mtu,
      ...proxyLog,
    })
  }

  *run(ctx: Context): Thread {
    const { log } = this.#env
    log.info('udp_network_amd64.go:98', 'Watching for new subnet leases')
    yield* watchLeases(ctx, this.#env, this.lease, batch => {
      for (const event of batch) this.#handle(event)
    })
    log.info('udp_network_amd64.go:111', 'evts chan closed')
    this.#proxy.stop()
  }

  #handle({ type, lease: { subnet, attrs } }: LeaseEvent): void {
    const { log } = this.#env
    if (type === 'added') {
      log.info('udp_network_amd64.go:192', `Subnet added: ${netText(subnet)}`)
      this.#proxy.setRoute(subnet.addr, subnet.len, attrs.publicIp, this.#port)
    } else {
      log.info('udp_network_amd64.go:197', `Subnet removed: ${netText(subnet)}`)
      this.#proxy.removeRoute(subnet.addr, subnet.len)
    }
  }
}

/** The backend `udp`. */
export const UDP_BACKEND: BackendKind = {
  type: 'udp',
  make: env => ({
    *registerNetwork(ctx, config) {
      const port = parsePort(config.backend)
      const attrs = { publicIp: env.ext.extAddr, backendType: '', backendData: '' }
      const lease = yield* acquireLease(env, ctx, attrs)
      return new UdpNetwork(env, lease, port, config.network.len)
    },
  }),
}
