/**
 * The table of matches. A new match is one file in match/ and one line here, and one file and line in shell/iptables/.
 */
import { addrtypeMatch } from './match/addrtype.js'
import { commentMatch } from './match/comment.js'
import { connbytesMatch } from './match/connbytes.js'
import { connlimitMatch } from './match/connlimit.js'
import { connmarkMatch } from './match/connmark.js'
import { conntrackMatch } from './match/conntrack.js'
import { dscpMatch, tosMatch } from './match/dscp.js'
import { ecnMatch } from './match/ecn.js'
import { hashlimitMatch } from './match/hashlimit.js'
import { icmpMatch } from './match/icmp.js'
import { iprangeMatch } from './match/iprange.js'
import { lengthMatch } from './match/length.js'
import { limitMatch } from './match/limit.js'
import { macMatch } from './match/mac.js'
import { markMatch } from './match/mark.js'
import { multiportMatch } from './match/multiport.js'
import { ownerMatch } from './match/owner.js'
import { physdevMatch } from './match/physdev.js'
import { pkttypeMatch } from './match/pkttype.js'
import { policyMatch } from './match/policy.js'
import { recentMatch } from './match/recent.js'
import { socketMatch } from './match/socket.js'
import { statisticMatch } from './match/statistic.js'
import { stringMatch } from './match/string.js'
import { tcpmssMatch } from './match/tcpmss.js'
import { tcpMatch, udpMatch } from './match/tcpudp.js'
import { ttlMatch } from './match/ttl.js'
import { u32Match } from './match/u32.js'
import type { XtMatch } from './x-tables.js'

/** All matches. */
export const XT_MATCHES: readonly XtMatch[] = [
  addrtypeMatch,
  commentMatch,
  connbytesMatch,
  connlimitMatch,
  connmarkMatch,
  conntrackMatch,
  dscpMatch,
  ecnMatch,
  hashlimitMatch,
  icmpMatch,
  iprangeMatch,
  lengthMatch,
  limitMatch,
  macMatch,
  markMatch,
  multiportMatch,
  ownerMatch,
  physdevMatch,
  pkttypeMatch,
  policyMatch,
  recentMatch,
  socketMatch,
  statisticMatch,
  stringMatch,
  tcpMatch,
  tcpmssMatch,
  tosMatch,
  ttlMatch,
  u32Match,
  udpMatch,
]
