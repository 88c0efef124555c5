/**
 * The table of targets. A new target is one file in target/ and one line here, and one file and line in shell/iptables/.
 */
import { checksumTarget } from './target/checksum.js'
import { classifyTarget } from './target/classify.js'
import { connmarkTarget } from './target/connmark.js'
import { ctTarget } from './target/ct.js'
import { dnatTarget } from './target/dnat.js'
import { dscpTarget, tosTarget } from './target/dscp.js'
import { ecnTarget } from './target/ecn.js'
import { logTarget, nflogTarget } from './target/log.js'
import { markTarget } from './target/mark.js'
import { masqueradeTarget } from './target/masquerade.js'
import { netmapTarget } from './target/netmap.js'
import { redirectTarget } from './target/redirect.js'
import { rejectTarget } from './target/reject.js'
import { snatTarget } from './target/snat.js'
import { tcpmssTarget } from './target/tcpmss.js'
import { traceTarget } from './target/trace.js'
import { ttlTarget } from './target/ttl.js'
import type { XtTarget } from './x-tables.js'

/** All targets that are no verdicts and no chains. */
export const XT_TARGETS: readonly XtTarget[] = [
  checksumTarget,
  classifyTarget,
  connmarkTarget,
  ctTarget,
  dnatTarget,
  dscpTarget,
  ecnTarget,
  logTarget,
  markTarget,
  masqueradeTarget,
  netmapTarget,
  nflogTarget,
  redirectTarget,
  rejectTarget,
  snatTarget,
  tcpmssTarget,
  tosTarget,
  traceTarget,
  ttlTarget,
]
