/**
 * `tc qdisc` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { TC_H_ROOT } from '../core/qdisc.js'
import { NetloomError } from '../errors.js'
import { type QdiscInfo as KernelQdiscInfo, qdiscDel, qdiscList, qdiscModify, type QdiscVerb } from '../rtnl/qdisc.js'
import { type QdiscOptions, qdiscAttrs } from './qdisc-options.js'
import { type DevRef, devOf } from './refs.js'
import { defined } from '../app/text.js'

/** Where a qdisc stands. */
export interface QdiscPlace {
  /** The class `MAJOR:MINOR` of another qdisc; the device itself (`root`) when absent. */
  readonly parent?: string
  /** `MAJOR:`, hexadecimal; chosen by the kernel when absent. */
  readonly handle?: string
}

/** A qdisc as `tc -s qdisc show` shows it. */
export interface QdiscInfo {
  readonly dev: string
  readonly kind: string
  readonly handle: string
  /** `root`, or the class that it is in. */
  readonly parent: string
  /** Its attributes in the kernel's units: octets a second, nanoseconds, probabilities of 2^32 - 1. */
  readonly attrs: Readonly<Record<string, unknown>>
  /** Octets and packets that left. */
  readonly bytes: number
  readonly packets: number
  readonly drops: number
  readonly overlimits: number
  readonly requeues: number
  /** Octets and packets in it. */
  readonly backlog: number
  readonly qlen: number
}

const HEX = /^([0-9a-f]{1,4}):([0-9a-f]{0,4})$/i

const idOption = (option: string, text: string): number => {
  if (text === 'root') return TC_H_ROOT
  const parts = HEX.exec(text)
  if (parts === null)
    throw new NetloomError('EINVAL', `${option}: "${text}" is not MAJOR:MINOR in hexadecimal`, { option, value: text })
  return (Number.parseInt(parts[1]!, 16) * 65536 + (parts[2] === '' ? 0 : Number.parseInt(parts[2]!, 16))) >>> 0
}

const idText = (id: number): string => {
  const minor = id & 0xffff
  return `${(id >>> 16).toString(16)}:${minor === 0 ? '' : minor.toString(16)}`
}

const publicInfo = (info: KernelQdiscInfo): QdiscInfo => {
  const { dev, kind, attrs, bytes, packets, drops, overlimits, requeues, backlog, qlen } = info
  return {
    dev: dev.name,
    kind,
    handle: idText(info.handle),
    parent: info.parent === TC_H_ROOT ? 'root' : idText(info.parent),
    attrs: { ...attrs },
    bytes,
    packets,
    drops,
    overlimits,
    requeues,
    backlog,
    qlen,
  }
}

/** The `tc qdisc` of a namespace: `netns.qdisc`. */
export class QdiscApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Gives a device a qdisc (`tc qdisc add`). Throws EEXIST for one that is there, ENOENT for a place that is not,
   * EOPNOTSUPP for a kind that netloom has not, EINVAL for options.
   *
   * @example
   * h1.qdisc.add('eth0', { kind: 'netem', delay: ms(10), jitter: ms(2), loss: 0.01 })
   * h1.qdisc.add('eth1', { kind: 'tbf', rate: 1e6, burst: 10_000, latency: ms(50), handle: '1:' })
   * h1.qdisc.add('eth1', { kind: 'netem', delay: ms(10), parent: '1:1' })
   */
  add(dev: DevRef, options: QdiscOptions & QdiscPlace): void {
    this.#modify('add', dev, options)
  }

  /** Changes a qdisc (`tc qdisc change`); tc's rules say what absent options mean. Throws ENOENT, EINVAL. */
  change(dev: DevRef, options: QdiscOptions & QdiscPlace): void {
    this.#modify('change', dev, options)
  }

  /** Adds a qdisc or changes the one that is there (`tc qdisc replace`). */
  replace(dev: DevRef, options: QdiscOptions & QdiscPlace): void {
    this.#modify('replace', dev, options)
  }

  /** Removes a qdisc and what it holds (`tc qdisc del`); the one at the device itself when nothing else is said. */
  del(dev: DevRef, place: QdiscPlace = {}): void {
    qdiscDel(devOf(this.#netns, dev), placeOf(place))
  }

  /** All qdiscs, or those of a device, the one at the device itself first (`tc -s qdisc show`). */
  list(dev?: DevRef): QdiscInfo[] {
    return qdiscList(this.#netns, dev === undefined ? {} : { dev: devOf(this.#netns, dev) }).map(publicInfo)
  }

  #modify(verb: QdiscVerb, dev: DevRef, options: QdiscOptions & QdiscPlace): void {
    const { kind, parent, handle, ...rest } = options
    const place = placeOf(defined({ parent, handle }))
    qdiscModify(devOf(this.#netns, dev), verb, { ...place, kind, attrs: qdiscAttrs(kind, rest) })
  }
}

const placeOf = ({ parent, handle }: QdiscPlace): { parent: number; handle?: number } => ({
  parent: parent === undefined ? TC_H_ROOT : idOption('parent', parent),
  ...(handle === undefined ? {} : { handle: idOption('handle', handle) }),
})
