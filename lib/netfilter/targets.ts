/**
 * The table of targets. A new target is one file in target/ and one line here, and one file and line in shell/iptables/.
 */
import { dnatTarget } from './target/dnat.js'
import { markTarget } from './target/mark.js'
import { masqueradeTarget } from './target/masquerade.js'
import { netmapTarget } from './target/netmap.js'
import { redirectTarget } from './target/redirect.js'
import { rejectTarget } from './target/reject.js'
import { snatTarget } from './target/snat.js'
import type { XtTarget } from './x-tables.js'

/** All targets that are no verdicts and no chains. */
export const XT_TARGETS: readonly XtTarget[] = [
  dnatTarget,
  markTarget,
  masqueradeTarget,
  netmapTarget,
  redirectTarget,
  rejectTarget,
  snatTarget,
]
