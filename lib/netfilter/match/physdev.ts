/**
 * The match `physdev`: the bridge port that a bridged packet came in by, and the one that it is to leave by.
 *
 * @see net/netfilter/xt_physdev.c
 */
import { NF_INET_LOCAL_OUT } from '../../core/netfilter.js'
import { nfBridgeInfoGet } from '../../core/nf-bridge-info.js'
import type { Skb } from '../../core/skb.js'
import { IfaceTest } from '../ipt-table.js'
import { type XtActionParam, type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

export const XT_PHYSDEV_OP_IN = 0x01
export const XT_PHYSDEV_OP_OUT = 0x02
export const XT_PHYSDEV_OP_BRIDGED = 0x04
export const XT_PHYSDEV_OP_ISIN = 0x08
export const XT_PHYSDEV_OP_ISOUT = 0x10

/** What belongs to a rule (struct xt_physdev_info). */
export interface XtPhysdevInfo {
  /** Names, or their beginnings and `+`. */
  readonly physindev: string
  readonly physoutdev: string
  /** XT_PHYSDEV_OP_*: what is looked at, and what of it is inverted. */
  readonly bitmask: number
  readonly invert: number
}

interface Physdev {
  readonly inTest: IfaceTest
  readonly outTest: IfaceTest
  readonly bitmask: number
  readonly invert: number
}

/** Does a test that a rule makes fail, given what it saw? */
const fails = ({ bitmask, invert }: Physdev, op: number, seen: boolean): boolean =>
  (bitmask & op) !== 0 && seen === ((invert & op) !== 0)

const physdevMt = (skb: Skb, _par: XtActionParam, info: Physdev): boolean => {
  const ports = nfBridgeInfoGet(skb)
  // A packet that was not bridged matches when all that is asked for is inverted.
  if (ports === null) return (info.bitmask & ~info.invert) === 0
  const { physindev, physoutdev } = ports
  if (fails(info, XT_PHYSDEV_OP_BRIDGED, physoutdev !== null)) return false
  if (fails(info, XT_PHYSDEV_OP_ISIN, physindev !== null)) return false
  if (fails(info, XT_PHYSDEV_OP_ISOUT, physoutdev !== null)) return false
  if (physindev !== null && fails(info, XT_PHYSDEV_OP_IN, info.inTest.matches(physindev))) return false
  if (!(info.bitmask & XT_PHYSDEV_OP_OUT)) return true
  return physoutdev !== null && !fails(info, XT_PHYSDEV_OP_OUT, info.outTest.matches(physoutdev))
}

/** The match. */
export const physdevMatch: XtMatch = xtMatch<XtPhysdevInfo, Physdev>({
  name: 'physdev',
  checkentry: ({ hookMask }, { physindev, physoutdev, bitmask, invert }) => {
    if (bitmask === 0) xtRefuse('EINVAL', 'physdev', 'no option')
    const isBridged = (bitmask & XT_PHYSDEV_OP_BRIDGED) !== 0 && !(invert & XT_PHYSDEV_OP_BRIDGED)
    if (bitmask & (XT_PHYSDEV_OP_OUT | XT_PHYSDEV_OP_ISOUT) && !isBridged && hookMask & (1 << NF_INET_LOCAL_OUT))
      xtRefuse(
        'EINVAL',
        'physdev',
        '--physdev-out and --physdev-is-out only supported in the FORWARD and POSTROUTING chains with bridged traffic',
      )
    // An empty name is the beginning of every one.
    const test = (name: string): IfaceTest => new IfaceTest(name === '' ? '+' : name)
    return { inTest: test(physindev), outTest: test(physoutdev), bitmask, invert }
  },
  match: physdevMt,
})
