/**
 * The table of matches. A new match is one file in match/ and one line here, and one file and line in shell/iptables/.
 */
import { commentMatch } from './match/comment.js'
import { icmpMatch } from './match/icmp.js'
import { markMatch } from './match/mark.js'
import { tcpMatch, udpMatch } from './match/tcpudp.js'
import type { XtMatch } from './x-tables.js'

/** All matches. */
export const XT_MATCHES: readonly XtMatch[] = [commentMatch, icmpMatch, markMatch, tcpMatch, udpMatch]
