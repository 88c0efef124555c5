/**
 * `ip link add type link` as a call: two cards and the cable between them.
 */
import type { CableAttrs } from '../../dev/cable.js'
import type { Distribution } from '../../sched/dist-table.js'
import {
  type Chance,
  chanceOption,
  type LossGemodel,
  lossGemodelOption,
  type LossState,
  lossStateOption,
  partOption,
  wholeOption,
} from '../impairments.js'
import type { LinkChange, NewLink } from '../link-base.js'
import { checkOptions, type Defined, defined } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'
import { type NewPeer, peerOf } from './peer.js'

/** What a cable does to frames: times in nanoseconds, the rate in bits a second, chances from 0 to 1. */
export interface CableOptions {
  /** Time from one end to the other, after the frame's own time at the rate. */
  readonly delay?: number
  readonly jitter?: number
  /** How much a delay depends on the one before, from 0 to 1. */
  readonly delayCorrelation?: number
  /** Distribution of the jitter; a uniform one when absent or null. */
  readonly distribution?: Distribution | null
  /** Bits a second; 0 for any number. */
  readonly rate?: number
  /** Octets that are counted besides those of the frame: 24 for preamble, check sequence and gap of Ethernet; 0. */
  readonly overhead?: number
  /** Frames that may wait while another one is sent; 1000. */
  readonly queue?: number
  readonly loss?: Chance
  readonly lossState?: LossState | null
  readonly lossGemodel?: LossGemodel | null
  readonly duplicate?: Chance
  readonly corrupt?: Chance
  /** Chance that a frame does not wait for the delay; needs a delay. */
  readonly reorder?: Chance
  /** Only each `gap`th frame may; 1. */
  readonly gap?: number
}

/** Both directions alike, and what is different in one of them, as seen from this end. */
export interface LinkOptions extends CableOptions {
  /** Of what this end sends. */
  readonly out?: CableOptions
  /** Of what this end receives. */
  readonly in?: CableOptions
}

/** The far end of a link. */
export interface NewLinkPeer extends NewPeer {
  readonly up?: boolean
}

/** A cable with a card at each end: `ip link add NAME type link ... peer name ...`. */
export interface NewPhysicalLink extends NewLink, LinkOptions {
  readonly kind: 'link'
  readonly peer?: NewLinkPeer
}

/** Changes of a cable: `ip link set DEV type link ...`. */
export interface PhysicalLinkChange extends LinkChange, LinkOptions {
  readonly kind: 'link'
}

const CABLE = [
  'delay',
  'jitter',
  'delayCorrelation',
  'distribution',
  'rate',
  'overhead',
  'queue',
  'loss',
  'lossState',
  'lossGemodel',
  'duplicate',
  'corrupt',
  'reorder',
  'gap',
]

const whole = (option: string, value: number | undefined): number | undefined =>
  value === undefined ? undefined : wholeOption(option, value)

/** The two attributes of a chance under its name. */
const chance = <K extends string>(name: K, given: Chance | undefined): { [key: string]: number } => {
  if (given === undefined) return {}
  const { probability, correlation } = chanceOption(name, given)
  return { [name]: probability, [`${name}Corr`]: correlation }
}

const lossModels = (o: CableOptions): Partial<CableAttrs> => ({
  ...(o.lossState === undefined ? {} : { lossState: o.lossState && lossStateOption(o.lossState) }),
  ...(o.lossGemodel === undefined ? {} : { lossGemodel: o.lossGemodel && lossGemodelOption(o.lossGemodel) }),
})

const cableAttrs = (o: CableOptions): Defined<Partial<CableAttrs>> => ({
  ...defined({
    delay: whole('delay', o.delay),
    jitter: whole('jitter', o.jitter),
    delayCorr: o.delayCorrelation === undefined ? undefined : partOption('delayCorrelation', o.delayCorrelation),
    distribution: o.distribution,
    rate: whole('rate', o.rate),
    overhead: whole('overhead', o.overhead),
    queue: whole('queue', o.queue),
    gap: whole('gap', o.gap),
  }),
  ...lossModels(o),
  ...chance('loss', o.loss),
  ...chance('duplicate', o.duplicate),
  ...chance('corrupt', o.corrupt),
  ...chance('reorder', o.reorder),
})

const directions = (options: LinkOptions): object => {
  const { out, in: received, ...both } = options
  for (const [name, part] of Object.entries({ out, in: received }))
    if (part !== undefined) checkOptions(`link.${name}`, part, CABLE)
  return defined({
    both: cableAttrs(both),
    out: out === undefined ? undefined : cableAttrs(out),
    in: received === undefined ? undefined : cableAttrs(received),
  })
}

/** @internal */
export const LINK_OPTIONS: LinkKindOptions = {
  kind: 'link',
  toNew: (netns, options) => {
    checkOptions('link.add link', options, [...CABLE, 'peer', 'out', 'in'])
    const { peer = {}, ...cable } = options as Omit<NewPhysicalLink, keyof NewLink | 'kind'>
    const { up, ...far } = peer
    return { peer: { ...peerOf(netns, far), ...defined({ up }) }, ...directions(cable) }
  },
  toChange: (_netns, options) => {
    checkOptions('link.set link', options, [...CABLE, 'out', 'in'])
    return directions(options as LinkOptions)
  },
  isPort: false,
}
