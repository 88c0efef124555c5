/**
 * The options of each kind of qdisc, and the attributes that the kernel makes of them.
 */
import { NetloomError } from '../errors.js'
import type { Distribution } from '../sched/dist-table.js'
import type { NetemAttrs } from '../sched/sch-netem.js'
import type { TbfAttrs } from '../sched/sch-tbf.js'
import {
  type Chance,
  chanceOption,
  type LossGemodel,
  lossGemodelOption,
  type LossState,
  lossStateOption,
  octetRateOption,
  partOption,
  wholeOption,
} from './impairments.js'
import { checkOptions, type Defined, defined } from '../app/text.js'

/** `pfifo`, `pfifo_head_drop` (packets) and `bfifo` (octets). */
export interface FifoQdisc {
  readonly kind: 'pfifo' | 'bfifo' | 'pfifo_head_drop'
  /** The device's queue length when absent, times its longest packet for `bfifo`. */
  readonly limit?: number
}

/** `pfifo_fast` and `noqueue`, which take no options. */
export interface PlainQdisc {
  readonly kind: 'pfifo_fast' | 'noqueue'
}

/** `tbf`: rates in bits a second, sizes in octets, times in nanoseconds. */
export interface TbfQdisc {
  readonly kind: 'tbf'
  readonly rate: number
  /** Octets that may leave at once. */
  readonly burst: number
  /** Octets that may wait; or {@link latency}. */
  readonly limit?: number
  /** Longest time that a packet waits. */
  readonly latency?: number
  readonly peakRate?: number
  /** Octets that may leave at once at the peak rate. */
  readonly mtu?: number
  /** Octets that a packet counts at least. */
  readonly mpu?: number
  /** Octets that are added to each packet. */
  readonly overhead?: number
  readonly linkLayer?: 'ethernet' | 'atm'
}

/** Time slots in which packets leave together. */
export interface SlotOptions {
  readonly minDelay?: number
  readonly maxDelay?: number
  /** Between slots by a distribution: its mean and its deviation. */
  readonly distribution?: Distribution
  readonly delay?: number
  readonly jitter?: number
  /** Most packets and octets of a slot; any number when absent. */
  readonly packets?: number
  readonly bytes?: number
}

/** `netem`: times in nanoseconds, chances from 0 to 1, the rate in bits a second. */
export interface NetemQdisc {
  readonly kind: 'netem'
  /** Packets that may wait; 1000. */
  readonly limit?: number
  readonly delay?: number
  readonly jitter?: number
  /** How much a delay depends on the one before, from 0 to 1. */
  readonly delayCorrelation?: number
  readonly distribution?: Distribution
  readonly loss?: Chance
  readonly lossState?: LossState
  readonly lossGemodel?: LossGemodel
  readonly ecn?: boolean
  readonly duplicate?: Chance
  readonly corrupt?: Chance
  /** Chance that a packet goes ahead at once; needs a delay. */
  readonly reorder?: Chance
  /** Only each `gap`th packet may; 1. */
  readonly gap?: number
  readonly rate?: number
  readonly packetOverhead?: number
  readonly cellSize?: number
  readonly cellOverhead?: number
  readonly slot?: SlotOptions
  /** Seed of its own stream of random numbers; the World's seed and the device decide when absent. */
  readonly seed?: number
}

/** A qdisc of a kind that was added to the World; the attributes go to the kind as they are. */
export interface OtherQdisc {
  readonly kind: string
  readonly attrs: object | null
}

/** A qdisc of any kind. */
export type QdiscOptions = FifoQdisc | PlainQdisc | TbfQdisc | NetemQdisc | OtherQdisc

const missing = (option: string, text: string): never => {
  throw new NetloomError('EINVAL', `tbf: ${text}`, { option })
}

const tbfAttrs = (o: TbfQdisc): TbfAttrs => {
  if (o.limit === undefined && o.latency === undefined) missing('limit', 'either limit or latency is required')
  if (o.limit !== undefined && o.latency !== undefined) missing('limit', 'limit and latency exclude each other')
  if (o.peakRate !== undefined && o.mtu === undefined) missing('mtu', 'peakRate needs mtu')
  const rate = octetRateOption('rate', o.rate)
  const burst = wholeOption('burst', o.burst)
  const peakRate = octetRateOption('peakRate', o.peakRate ?? 0)
  const mtu = wholeOption('mtu', o.mtu ?? 0)
  const waits = (octets: number, size: number): number =>
    Math.floor((octets * wholeOption('latency', o.latency ?? 0)) / 1e9 + size)
  const byLatency = peakRate > 0 ? Math.min(waits(rate, burst), waits(peakRate, mtu)) : waits(rate, burst)
  return {
    rate,
    burst,
    peakRate,
    mtu,
    limit: o.limit === undefined ? byLatency : wholeOption('limit', o.limit),
    mpu: wholeOption('mpu', o.mpu ?? 0),
    overhead: wholeOption('overhead', o.overhead ?? 0),
    linkLayer: o.linkLayer ?? 'ethernet',
  }
}

const slotAttrs = (o: SlotOptions): NonNullable<NetemAttrs['slot']> => {
  checkOptions('slot', o, ['minDelay', 'maxDelay', 'distribution', 'delay', 'jitter', 'packets', 'bytes'])
  const minDelay = wholeOption('slot.minDelay', o.minDelay ?? 0)
  return {
    minDelay,
    maxDelay: wholeOption('slot.maxDelay', o.maxDelay ?? minDelay),
    distribution: o.distribution ?? null,
    distDelay: wholeOption('slot.delay', o.delay ?? 0),
    distJitter: wholeOption('slot.jitter', o.jitter ?? 0),
    maxPackets: wholeOption('slot.packets', o.packets ?? 0),
    maxBytes: wholeOption('slot.bytes', o.bytes ?? 0),
  }
}

const netemRate = (o: NetemQdisc): NetemAttrs['rate'] | undefined =>
  o.rate === undefined
    ? undefined
    : {
        rate: octetRateOption('rate', o.rate),
        packetOverhead: o.packetOverhead ?? 0,
        cellSize: o.cellSize ?? 0,
        cellOverhead: o.cellOverhead ?? 0,
      }

const netemAttrs = (o: NetemQdisc): Defined<Partial<NetemAttrs>> => {
  const loss = chanceOption('loss', o.loss ?? 0)
  const duplicate = chanceOption('duplicate', o.duplicate ?? 0)
  const delay = partOption('delayCorrelation', o.delayCorrelation ?? 0)
  const corr = { delay, loss: loss.correlation, duplicate: duplicate.correlation }
  const reorder = o.reorder === undefined ? undefined : chanceOption('reorder', o.reorder)
  if (reorder !== undefined && reorder.probability > 0 && !((o.delay ?? 0) > 0))
    throw new NetloomError('EINVAL', 'netem: reordering not possible without specifying some delay', {
      option: 'reorder',
    })
  return defined({
    limit: o.limit,
    latency: wholeOption('delay', o.delay ?? 0),
    jitter: wholeOption('jitter', o.jitter ?? 0),
    loss: loss.probability,
    duplicate: duplicate.probability,
    gap: o.gap ?? (reorder !== undefined && reorder.probability > 0 ? 1 : 0),
    lossState: o.lossState === undefined ? undefined : lossStateOption(o.lossState),
    lossGemodel: o.lossGemodel === undefined ? undefined : lossGemodelOption(o.lossGemodel),
    corr: delay + corr.loss + corr.duplicate > 0 ? corr : undefined,
    reorder,
    corrupt: o.corrupt === undefined ? undefined : chanceOption('corrupt', o.corrupt),
    rate: netemRate(o),
    distribution: o.distribution,
    ecn: o.ecn,
    slot: o.slot === undefined ? undefined : slotAttrs(o.slot),
    seed: o.seed,
  })
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  pfifo: ['limit'],
  bfifo: ['limit'],
  pfifo_head_drop: ['limit'],
  pfifo_fast: [],
  noqueue: [],
  tbf: ['rate', 'burst', 'limit', 'latency', 'peakRate', 'mtu', 'mpu', 'overhead', 'linkLayer'],
  netem: [
    'limit',
    'delay',
    'jitter',
    'delayCorrelation',
    'distribution',
    'loss',
    'lossState',
    'lossGemodel',
    'ecn',
    'duplicate',
    'corrupt',
    'reorder',
    'gap',
    'rate',
    'packetOverhead',
    'cellSize',
    'cellOverhead',
    'slot',
    'seed',
  ],
}

/** The kernel's attributes for options without `kind`; null when there are none. Throws EINVAL for what is wrong. */
export const qdiscAttrs = (kind: string, options: object): object | null => {
  checkOptions(`qdisc ${kind}`, options, KNOWN[kind] ?? ['attrs'])
  if (KNOWN[kind] === undefined) return (options as OtherQdisc).attrs ?? null
  if (kind === 'tbf') return tbfAttrs(options as TbfQdisc)
  if (kind === 'netem') return netemAttrs(options as NetemQdisc)
  return Object.keys(options).length > 0 ? options : null
}
