/**
 * The match `owner`: the socket that sent the packet, and whom its program runs as. Programs of the lab run as root.
 *
 * @see net/netfilter/xt_owner.c
 */
import { NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING } from '../../core/netfilter.js'
import { CtlSock } from '../../ip/ctl-sock.js'
import type { Sock } from '../../ip/sock.js'
import { TcpSock } from '../../ip/tcp/tcp-sock.js'
import { type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

export const XT_OWNER_UID = 0x1
export const XT_OWNER_GID = 0x2
export const XT_OWNER_SOCKET = 0x4
export const XT_OWNER_SUPPL_GROUPS = 0x8

/** What belongs to a rule (struct xt_owner_match_info): both ends of the ranges belong to them. */
export interface XtOwnerInfo {
  readonly uidMin: number
  readonly uidMax: number
  readonly gidMin: number
  readonly gidMax: number
  /** XT_OWNER_*: what is looked at, and what of it is inverted. */
  readonly match: number
  readonly invert: number
}

const ROOT = 0

const fails = ({ match, invert }: XtOwnerInfo, flag: number, id: number, min: number, max: number): boolean =>
  (match & flag) !== 0 && (id >= min && id <= max) === ((invert & flag) !== 0)

/** Has the socket a file: is it not one that its program has closed already, or not accepted yet? */
const isHeld = (sk: Sock | CtlSock): boolean => !(sk instanceof TcpSock && (sk.dead || sk.parent !== null))

/** The match. */
export const ownerMatch: XtMatch = xtMatch<XtOwnerInfo>({
  name: 'owner',
  hooks: (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_POST_ROUTING),
  checkentry: (_par, info) => {
    const { match, uidMin, uidMax, gidMin, gidMax } = info
    if (match & XT_OWNER_UID && uidMin > uidMax) xtRefuse('EINVAL', 'owner', `users ${uidMin}-${uidMax}`)
    if (match & XT_OWNER_GID && gidMin > gidMax) xtRefuse('EINVAL', 'owner', `groups ${gidMin}-${gidMax}`)
    return info
  },
  match: (skb, par, info) => {
    const sk = skb.sk as Sock | CtlSock | null
    if (sk === null || sk.netns !== par.state.netns || !isHeld(sk)) return (info.match ^ info.invert) === 0
    if (info.match & info.invert & XT_OWNER_SOCKET) return false
    if (sk instanceof CtlSock) return ((info.match ^ info.invert) & (XT_OWNER_UID | XT_OWNER_GID)) === 0
    if (fails(info, XT_OWNER_UID, ROOT, info.uidMin, info.uidMax)) return false
    return !fails(info, XT_OWNER_GID, ROOT, info.gidMin, info.gidMax)
  },
})
