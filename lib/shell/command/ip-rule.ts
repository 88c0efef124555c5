/**
 * `ip rule show`. Rules cannot be changed yet: `add`, `del` and `flush` are refused by name.
 *
 * @see ip-rule(8)
 */
import { DEFAULT_RULES, printRule } from '../../report/ip-rule-text.js'
import { ROUTE_TABLES } from '../../report/names.js'
import { type Args, invalidArgument, matches, parseUnsigned, unsupported } from './args.js'
import { prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { runVerb, type ToolResult } from './tool.js'

const show = (ip: IpContext, args: Args): number => {
  let selected: number | null = null
  while (!args.done) {
    const word = args.take()
    if (matches(word, 'lookup') || matches(word, 'table')) {
      const name = args.take()
      selected = ROUTE_TABLES.value(name) ?? parseUnsigned(name) ?? invalidArgument('table id value is invalid\n', name)
    } else {
      prefixArgument(word, 'inet')
      throw unsupported('ip rule show', word, 'table TABLE')
    }
  }
  if (ip.options.family === 'inet6') throw unsupported('ip rule', '-6', 'IPv4')
  return ip.printList(p => {
    for (const [priority, table] of DEFAULT_RULES)
      if (selected === null || table === selected) printRule(p, priority, table)
  })
}

/** Object `rule` of `ip`. */
export const ipRule = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'ip rule',
    byDefault: 'show',
    verbs: [
      { word: 'list', run: show },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'add', run: null },
      { word: 'delete', run: null },
      { word: 'flush', run: null },
      { word: 'save', run: null },
      { word: 'restore', run: null },
    ],
  })
