/**
 * flanneld as users hold it.
 */
import { checkOptions, macOption } from '../app/text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { FLANNELD_DEFAULTS, type FlanneldOptions as AllOptions } from '../flannel/flags.js'
import { type Flanneld as KernelFlanneld, type FlanneldFixed, startFlanneld } from '../flannel/flanneld.js'
import { netText } from '../flannel/ip4-net.js'
import { formatIpv4 } from '../wire/ip.js'
import { Program } from './program.js'

/** Options of `netns.flanneld`: those of flanneld's command line in camelCase, and what it would draw at random. */
export interface FlanneldOptions extends Partial<Omit<AllOptions, 'iface' | 'ifaceRegex' | 'version'>> {
  /** Name or address of the interface to the other hosts, or several of which the first that is there counts. */
  readonly iface?: string | readonly string[]
  readonly ifaceRegex?: string | readonly string[]
  /** MAC of a device that the backend makes (`02:00:...`); drawn at random when absent. */
  readonly vtepMac?: string
  /** Environment of the program, such as NODE_NAME. */
  readonly env?: Readonly<Record<string, string>>
}

/** Another host's lease as a daemon knows it. */
export interface FlannelPeer {
  /** `10.244.2.0/24`. */
  readonly subnet: string
  readonly publicIp: string
  /** Empty for a backend that names none. */
  readonly backendType: string
}

const OPTIONS = [...Object.keys(FLANNELD_DEFAULTS).filter(name => name !== 'version'), 'vtepMac', 'env']

const list = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

/** A running flanneld. Make one with `netns.flanneld`. What it logs is its `errorText`. */
export class Flanneld extends Program {
  /** @internal */
  readonly kernel: KernelFlanneld

  /** @internal use `netns.flanneld` */
  constructor(kernel: KernelFlanneld) {
    super(kernel.process)
    this.kernel = kernel
  }

  /** The subnet of its lease, `10.244.1.0/24`; null until it has one. */
  get subnet(): string | null {
    const { network } = this.kernel
    return network === null ? null : netText(network.lease.subnet)
  }

  /** What it leaves for packets of pods, in octets; null until its network stands. */
  get mtu(): number | null {
    return this.kernel.network?.mtu ?? null
  }

  /** The other hosts' leases, as far as it has heard of them. */
  get peers(): FlannelPeer[] {
    return this.kernel.peers.leases.map(({ subnet, attrs }) => ({
      subnet: netText(subnet),
      publicIp: formatIpv4(attrs.publicIp),
      backendType: attrs.backendType,
    }))
  }

  /** The subnet, or what keeps it from having one. */
  override toString(): string {
    return `flanneld in ${this.netns}: ${this.subnet ?? (this.isRunning ? 'starting' : `ended with ${this.exitStatus}`)}`
  }

  override toJSON(): {
    netns: string
    subnet: string | null
    mtu: number | null
    peers: FlannelPeer[]
    exitStatus: number | null
  } {
    const { netns, subnet, mtu, peers, exitStatus } = this
    return { netns, subnet, mtu, peers, exitStatus }
  }
}

/** What flanneld starts with. Throws EINVAL that names the option. @internal */
export const flanneldSettings = (options: FlanneldOptions): { all: AllOptions; fixed: FlanneldFixed } => {
  checkOptions('flanneld', options, OPTIONS)
  const { vtepMac, env, iface, ifaceRegex, ...rest } = options
  for (const [name, value] of Object.entries(rest))
    if (typeof value !== typeof FLANNELD_DEFAULTS[name as keyof AllOptions])
      throw new NetloomError(
        'EINVAL',
        `flanneld: ${name}: ${String(value)} is not a ${typeof FLANNELD_DEFAULTS[name as keyof AllOptions]}`,
        { option: name },
      )
  const all = { ...FLANNELD_DEFAULTS, ...rest, iface: list(iface), ifaceRegex: list(ifaceRegex) }
  const fixed = {
    ...(vtepMac !== undefined && { vtepMac: macOption('flanneld: vtepMac', vtepMac) }),
    ...(env !== undefined && { env }),
  }
  return { all, fixed }
}

/** @internal */
export const runFlanneld = (netns: KernelNetns, options: FlanneldOptions): Flanneld => {
  const { all, fixed } = flanneldSettings(options)
  return new Flanneld(startFlanneld(netns, all, fixed))
}
