/**
 * The table of targets. A new target is one file in target/ and one line here, and one file and line in shell/iptables/.
 */
import { markTarget } from './target/mark.js'
import type { XtTarget } from './x-tables.js'

/** All targets that are no verdicts and no chains. */
export const XT_TARGETS: readonly XtTarget[] = [markTarget]
