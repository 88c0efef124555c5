/**
 * The tables of extensions. A new match or target is one file in match/ or target/ and one line here, and one file and line in
 * netfilter/.
 */
import { commentExtension } from './match/comment.js'
import { icmpExtension } from './match/icmp.js'
import { markExtension } from './match/mark.js'
import { tcpExtension } from './match/tcp.js'
import { udpExtension } from './match/udp.js'
import { markTargetExtension } from './target/mark.js'
import type { XtablesExtension } from './xtables.js'

/** Matches. */
export const XTABLES_MATCHES: readonly XtablesExtension[] = [
  commentExtension,
  icmpExtension,
  markExtension,
  tcpExtension,
  udpExtension,
]

/** Targets. */
export const XTABLES_TARGETS: readonly XtablesExtension[] = [markTargetExtension]

const mapOf = (list: readonly XtablesExtension[]): ReadonlyMap<string, XtablesExtension> =>
  new Map(list.map(ext => [ext.name, ext]))

const MATCHES = mapOf(XTABLES_MATCHES)
const TARGETS = mapOf(XTABLES_TARGETS)

/** The match called `name`, or null (xtables_find_match). */
export const findMatch = (name: string): XtablesExtension | null => MATCHES.get(name) ?? null

/** The target called `name`, or null; verdicts and chains are none (xtables_find_target). */
export const findTarget = (name: string): XtablesExtension | null => TARGETS.get(name) ?? null
