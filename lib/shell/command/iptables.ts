/**
 * `iptables`: version 1.8.9, the legacy one.
 *
 * @see iptables(8); iptables iptables/iptables-standalone.c
 */
import { NetloomError } from '../../errors.js'
import { iptcInit } from '../../rtnl/iptables.js'
import type { Command, CommandContext } from '../../app/command.js'
import { doCommand } from '../iptables/do-command.js'
import { helpText } from '../iptables/help.js'
import { parseIptables } from '../iptables/iptables-parse.js'
import { VERSION, VERSION_PROBLEM, XtablesError, xtablesError, xtablesExit } from '../iptables/xtables.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const PROGRAM = 'iptables'

const refused = (e: NetloomError): string =>
  `${PROGRAM}: ${e.message}.${e.code === 'EINVAL' ? " Run `dmesg' for more information." : ''}\n`

/** What the kernel says in its log stands in the message of the error; the tool prints the text of the errno. */
const iptcText = (e: NetloomError): NetloomError =>
  e.message.startsWith('ip_tables: ') ? new NetloomError(e.code, undefined, e.context) : e

const runIptables = (ctx: CommandContext, argv: readonly string[]): number => {
  const netns = netnsOf(ctx, PROGRAM)
  const p = parseIptables(PROGRAM, argv.slice(1), 'filter', 0, ctx.err)
  if (p.help !== false) {
    const used = [...p.matches, ...(p.target === null ? [] : [p.target])].map(use => use.ext)
    ctx.out(p.help === 'version' ? `${PROGRAM} v${VERSION}\n` : helpText(PROGRAM, used))
    return 0
  }
  try {
    const handle = iptcInit(netns, p.table)
    try {
      doCommand(p, handle, ctx)
      handle.commit()
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      ctx.err(refused(iptcText(e)))
      return 1
    }
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return xtablesError(`can't initialize iptables table \`${p.table}': ${e.message}`, VERSION_PROBLEM)
  }
  return 0
}

/** The command. */
export const iptablesCommand: Command = {
  name: PROGRAM,
  run: exiting((ctx, argv) => {
    try {
      return runIptables(ctx, argv)
    } catch (e) {
      if (!(e instanceof XtablesError)) throw e
      throw xtablesExit(PROGRAM, e, 0)
    }
  }),
}
