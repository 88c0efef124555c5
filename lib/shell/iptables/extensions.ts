/**
 * The tables of extensions. A new match or target is one file in match/ or target/ and one line here, and one file and line in
 * netfilter/.
 */
import { addrtypeExtension } from './match/addrtype.js'
import { commentExtension } from './match/comment.js'
import { connbytesExtension } from './match/connbytes.js'
import { connlimitExtension } from './match/connlimit.js'
import { connmarkExtension } from './match/connmark.js'
import { conntrackExtension, stateExtension } from './match/conntrack.js'
import { dscpExtension, tosExtension } from './match/dscp.js'
import { ecnExtension } from './match/ecn.js'
import { hashlimitExtension } from './match/hashlimit.js'
import { icmpExtension } from './match/icmp.js'
import { iprangeExtension } from './match/iprange.js'
import { lengthExtension } from './match/length.js'
import { limitExtension } from './match/limit.js'
import { macExtension } from './match/mac.js'
import { markExtension } from './match/mark.js'
import { multiportExtension } from './match/multiport.js'
import { ownerExtension } from './match/owner.js'
import { physdevExtension } from './match/physdev.js'
import { pkttypeExtension } from './match/pkttype.js'
import { policyExtension } from './match/policy.js'
import { recentExtension } from './match/recent.js'
import { socketExtension } from './match/socket.js'
import { statisticExtension } from './match/statistic.js'
import { stringExtension } from './match/string.js'
import { tcpExtension } from './match/tcp.js'
import { tcpmssExtension } from './match/tcpmss.js'
import { ttlExtension } from './match/ttl.js'
import { u32Extension } from './match/u32.js'
import { udpExtension } from './match/udp.js'
import { checksumExtension } from './target/checksum.js'
import { classifyExtension } from './target/classify.js'
import { connmarkTargetExtension } from './target/connmark.js'
import { ctExtension, notrackExtension } from './target/ct.js'
import { dnatExtension } from './target/dnat.js'
import { dscpTargetExtension, tosTargetExtension } from './target/dscp.js'
import { ecnTargetExtension } from './target/ecn.js'
import { logExtension, nflogExtension } from './target/log.js'
import { markTargetExtension } from './target/mark.js'
import { masqueradeExtension } from './target/masquerade.js'
import { netmapExtension } from './target/netmap.js'
import { redirectExtension } from './target/redirect.js'
import { rejectExtension } from './target/reject.js'
import { snatExtension } from './target/snat.js'
import { tcpmssTargetExtension } from './target/tcpmss.js'
import { traceExtension } from './target/trace.js'
import { ttlTargetExtension } from './target/ttl.js'
import type { XtablesExtension } from './xtables.js'

/** Matches. */
export const XTABLES_MATCHES: readonly XtablesExtension[] = [
  addrtypeExtension,
  commentExtension,
  connbytesExtension,
  connlimitExtension,
  connmarkExtension,
  conntrackExtension,
  dscpExtension,
  ecnExtension,
  hashlimitExtension,
  icmpExtension,
  iprangeExtension,
  lengthExtension,
  limitExtension,
  macExtension,
  markExtension,
  multiportExtension,
  ownerExtension,
  physdevExtension,
  pkttypeExtension,
  policyExtension,
  recentExtension,
  socketExtension,
  stateExtension,
  statisticExtension,
  stringExtension,
  tcpExtension,
  tcpmssExtension,
  tosExtension,
  ttlExtension,
  u32Extension,
  udpExtension,
]

/** Targets. */
export const XTABLES_TARGETS: readonly XtablesExtension[] = [
  checksumExtension,
  classifyExtension,
  connmarkTargetExtension,
  ctExtension,
  dnatExtension,
  dscpTargetExtension,
  ecnTargetExtension,
  logExtension,
  markTargetExtension,
  masqueradeExtension,
  netmapExtension,
  nflogExtension,
  notrackExtension,
  redirectExtension,
  rejectExtension,
  snatExtension,
  tcpmssTargetExtension,
  tosTargetExtension,
  traceExtension,
  ttlTargetExtension,
]

const mapOf = (list: readonly XtablesExtension[]): ReadonlyMap<string, XtablesExtension> =>
  new Map(list.map(ext => [ext.name, ext]))

const MATCHES = mapOf(XTABLES_MATCHES)
const TARGETS = mapOf(XTABLES_TARGETS)

/** The match called `name`, or null (xtables_find_match). */
export const findMatch = (name: string): XtablesExtension | null => MATCHES.get(name) ?? null

/** The target called `name`, or null; verdicts and chains are none (xtables_find_target). */
export const findTarget = (name: string): XtablesExtension | null => TARGETS.get(name) ?? null
