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
export interface FlanneldOptions extends Partial<Omit<AllOptions, 'iface' | 'ifaceRegex' | 'version' | 'envError'>> {
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

/** What the command line and its environment leave besides. */
const NOT_OPTIONS: readonly string[] = ['version', 'envError']
const OPTIONS = [...Object.keys(FLANNELD_DEFAULTS).filter(name => !NOT_OPTIONS.includes(name)), 'vtepMac', 'env']

const refuse = (option: string, value: unknown, what: string): never => {
  throw new NetloomError('EINVAL', `flanneld: ${option}: ${String(value)} is not ${what}`, { option })
}

const list = (option: string, value: string | readonly string[] | undefined): readonly string[] => {
  if (value === undefined) return []
  const texts = typeof value === 'string' ? [value] : value
  if (Array.isArray(texts) && texts.every(text => typeof text === 'string')) return texts
  return refuse(option, value, 'a text or a list of texts')
}

/** Refuses a value of another type than the option's, or a number that the command line can't give. */
const checkValue = (option: string, value: unknown): void => {
  const type = typeof FLANNELD_DEFAULTS[option as keyof AllOptions]
  if (type === 'number' ? !Number.isInteger(value) : typeof value !== type)
    refuse(option, value, type === 'number' ? 'an integer' : `a ${type}`)
}

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
  for (const [name, value] of Object.entries(rest)) checkValue(name, value)
  if (env !== undefined && (typeof env !== 'object' || env === null)) refuse('env', env, 'an object of texts')
  const all = {
    ...FLANNELD_DEFAULTS,
    ...rest,
    iface: list('iface', iface),
    ifaceRegex: list('ifaceRegex', ifaceRegex),
  }
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
