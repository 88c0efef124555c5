/**
 * `ip rule`: policy rules.
 *
 * @see ip-rule(8)
 */
import { RT_TABLE_MAIN } from '../../ip/rtnetlink.js'
import { printRule } from '../../report/ip-rule-text.js'
import { ROUTE_PROTOCOLS, ROUTE_TABLES } from '../../report/names.js'
import { type RuleInfo, ruleAdd, ruleDel, ruleList, specOfRule } from '../../rtnl/rule.js'
import { maskOf } from '../../wire/ip.js'
import { type Args, defined, invalidArgument, matches, parseUnsigned, ToolExit, unsupported } from './args.js'
import { prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { tosNumber } from './ip-route-args.js'
import {
  fwmark,
  ipProtocol,
  parseRuleWords,
  portRange,
  type RuleRequest,
  ruleDevice,
  rulePriority,
  tunnelId,
  uidRange,
} from './ip-rule-args.js'
import { isRefusal, rtnlErrorText } from './rtnl-error.js'
import { runVerb, type ToolResult } from './tool.js'

const specOf = ({ expected: _expected, hasAction: _hasAction, ...spec }: RuleRequest): Parameters<typeof ruleAdd>[1] =>
  defined(spec)

const add = (ip: IpContext, args: Args): number => {
  if (args.done) throw new ToolExit(1, '"ip rule add" requires arguments.\n')
  const request = parseRuleWords(ip, args)
  const namesTable = request.table !== undefined || request.hasAction === true || request.l3mdev === true
  ruleAdd(ip.netns, { ...(!namesTable && { table: RT_TABLE_MAIN }), ...specOf(request) })
  return 0
}

const del = (ip: IpContext, args: Args): number => {
  if (args.done) throw new ToolExit(1, '"ip rule del" requires arguments.\n')
  ruleDel(ip.netns, specOf(parseRuleWords(ip, args)))
  return 0
}

/** Tells whether a rule is selected. */
type Test = (r: RuleInfo) => boolean

interface Filter {
  readonly tests: Test[]
  /** Only flushing looks at the protocol. */
  protocol: number | null
}

type Apply = (args: Args, filter: Filter) => Test | null

const prefixTest = (word: string, key: 'src' | 'dst', len: 'srcLen' | 'dstLen'): Test => {
  const wanted = prefixArgument(word, 'inet')
  return r => wanted.len <= r[len] && ((wanted.addr ^ r[key]) & maskOf(wanted.len)) === 0
}

const byPriority: Apply = args => {
  const priority = rulePriority(args.take())
  return r => r.pref === priority
}

const byTos: Apply = args => {
  const tos = tosNumber(args.take(), 'TOS value is invalid\n')
  return r => r.tos === tos
}

const byMark: Apply = args => {
  const { mark, markMask = 0 } = fwmark(args.take())
  return r => (mark === 0 || r.mark === mark) && (markMask === 0 || r.markMask === markMask)
}

const byIif: Apply = args => {
  const name = ruleDevice(args.take(), '"iif"/"dev"')
  return r => r.iifname === name
}

const byOif: Apply = args => {
  const name = ruleDevice(args.take(), '"oif"')
  return r => r.oifname === name
}

const byUid: Apply = args => {
  const [start, end] = uidRange(args.take())
  return r => r.uidRange !== null && r.uidRange[0] === start && r.uidRange[1] === end
}

const byTunnel: Apply = args => {
  const id = tunnelId(args.take())
  return id === 0 ? null : r => r.tunId === id
}

const byTable: Apply = args => {
  const word = args.take()
  const table = ROUTE_TABLES.value(word) ?? parseUnsigned(word) ?? invalidArgument('table id value is invalid\n', word)
  return table === 0 ? null : r => r.table === table
}

const bySource: Apply = args => prefixTest(args.take(), 'src', 'srcLen')

const byProtocol: Apply = (args, filter) => {
  const word = args.take()
  filter.protocol =
    ROUTE_PROTOCOLS.value(word) ??
    parseUnsigned(word, 8) ??
    (word === 'all' ? null : invalidArgument('invalid "protocol"\n', word))
  return null
}

const byIpProto: Apply = args => {
  const proto = ipProtocol(args.take())
  return proto === 0 ? null : r => r.ipProto === proto
}

const byPorts =
  (key: 'sportRange' | 'dportRange', message: string): Apply =>
  args => {
    const [start, end] = portRange(args.take(), message)
    return start === 0 ? null : r => r[key]?.[0] === start && r[key]?.[1] === end
  }

/** Key words in the order in which the tool looks for them, and whether each must be whole. */
const SELECTORS: readonly (readonly [word: string, whole: boolean, apply: Apply])[] = [
  ['preference', false, byPriority],
  ['order', false, byPriority],
  ['priority', false, byPriority],
  ['not', true, () => r => r.not],
  ['tos', true, byTos],
  ['dsfield', true, byTos],
  ['fwmark', true, byMark],
  ['dev', true, byIif],
  ['iif', true, byIif],
  ['oif', true, byOif],
  ['l3mdev', true, () => r => r.l3mdev],
  ['uidrange', true, byUid],
  ['tun_id', false, byTunnel],
  ['lookup', false, byTable],
  ['table', false, byTable],
  ['from', false, bySource],
  ['src', false, bySource],
  ['protocol', false, byProtocol],
  ['ipproto', true, byIpProto],
  ['sport', true, byPorts('sportRange', 'invalid port range\n')],
  ['dport', true, byPorts('dportRange', 'invalid dport range\n')],
]

const parseFilter = (ip: IpContext, args: Args): Filter => {
  const filter: Filter = { tests: [], protocol: null }
  while (!args.done) {
    const word = args.take()
    const key = SELECTORS.find(([text, whole]) => (whole ? text === word : matches(word, text)))
    const isTo = key === undefined && (matches(word, 'dst') || matches(word, 'to'))
    const test =
      key?.[2](args, filter) ?? (key === undefined ? prefixTest(isTo ? args.take() : word, 'dst', 'dstLen') : null)
    if (test !== null) filter.tests.push(test)
  }
  if (ip.options.family === 'inet6') throw unsupported('ip rule', '-6', 'IPv4')
  return filter
}

const selected = (ip: IpContext, { tests }: Filter): RuleInfo[] =>
  ruleList(ip.netns).filter(r => tests.every(test => test(r)))

const show = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  return ip.printList(p => {
    for (const r of selected(ip, filter)) printRule(p, r)
  })
}

/** Deletes what is selected; rules of priority 0, the one for `local` among them, stay. */
const flush = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  for (const r of selected(ip, filter)) {
    if ((filter.protocol !== null && r.proto !== filter.protocol) || r.pref === 0) continue
    try {
      ruleDel(ip.netns, specOfRule(r))
    } catch (e) {
      if (!isRefusal(e)) throw e
      ip.command.err(`${rtnlErrorText(e)}Dump terminated\n`)
      return 1
    }
  }
  return ip.options.json ? ip.printList(() => {}) : 0
}

const save = (_ip: IpContext, args: Args): number => {
  if (!args.done) throw new ToolExit(1, '"ip rule save" does not take any arguments.\n')
  throw unsupported('ip rule', 'save', 'ip rule list')
}

/** Object `rule` of `ip`. */
export const ipRule = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'ip rule',
    byDefault: 'show',
    verbs: [
      { word: 'list', run: show },
      { word: 'lst', run: show },
      { word: 'show', run: show },
      { word: 'save', run: save },
      { word: 'restore', run: null },
      { word: 'add', run: add },
      { word: 'delete', run: del },
      { word: 'flush', run: flush },
    ],
  })
