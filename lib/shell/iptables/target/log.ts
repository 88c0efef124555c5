/**
 * Options and texts of the targets `LOG` and `NFLOG`.
 *
 * @see iptables extensions/libxt_LOG.c, libxt_NFLOG.c
 */
import {
  XT_LOG_IPOPT,
  XT_LOG_MACDECODE,
  XT_LOG_TCPOPT,
  XT_LOG_TCPSEQ,
  XT_LOG_UID,
  type XtLogInfo,
  type XtNflogInfo,
} from '../../../netfilter/target/log.js'
import { extension, saveString, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const HELP = `LOG target options:
 --log-level level		Level of logging (numeric or see syslog.conf)
 --log-prefix prefix		Prefix log messages with this prefix.
 --log-tcp-sequence		Log TCP sequence numbers.
 --log-tcp-options		Log TCP options.
 --log-ip-options		Log IP options.
 --log-uid			Log UID owning the local socket.
 --log-macdecode		Decode MAC addresses and protocol.
`

/** Flags, their options behind `log-`, in the order in which they are printed. */
const FLAGS: readonly (readonly [string, number])[] = [
  ['tcp-sequence', XT_LOG_TCPSEQ],
  ['tcp-options', XT_LOG_TCPOPT],
  ['ip-options', XT_LOG_IPOPT],
  ['uid', XT_LOG_UID],
  ['macdecode', XT_LOG_MACDECODE],
]

/** Names of levels as syslog.h lists them by number. */
const LEVEL_NAMES: readonly string[] = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug']
const LOG_WARNING = 4
/** Longest prefixes with the octet behind them. */
const LOG_PREFIX_SIZE = 30
const NFLOG_PREFIX_SIZE = 64

const prefix = (arg: string, size: number): string => {
  if (arg.includes('\n')) xtablesError('Newlines not allowed in --log-prefix')
  return arg.slice(0, size - 1)
}

const parseLog = ({ option: { id }, arg, value }: XtOptionCall, info: XtLogInfo): XtLogInfo => {
  if (id === 'level') return { ...info, level: value }
  if (id === 'prefix') return { ...info, prefix: prefix(arg, LOG_PREFIX_SIZE) }
  return { ...info, logflags: info.logflags | FLAGS.find(([name]) => name === id)![1] }
}

const printLog = ({ level, logflags, prefix: text }: XtLogInfo, numeric: boolean): string => {
  const end = text === '' ? '' : ` prefix "${text}"`
  if (numeric) return ` LOG flags ${logflags} level ${level}${end}`
  const flags = FLAGS.filter(([, bit]) => logflags & bit).map(([name]) => ` ${name}`)
  return ` LOG level ${LEVEL_NAMES[level]!}${flags.join('')}${end}`
}

/** The extension `LOG`. */
export const logExtension: XtablesExtension = extension<XtLogInfo>({
  name: 'LOG',
  help: HELP,
  options: [
    { name: 'log-level', id: 'level', type: 'syslog' },
    { name: 'log-prefix', id: 'prefix', type: 'string', min: 1 },
    { name: 'log-tcp-sequence', id: 'tcp-sequence', type: 'none' },
    { name: 'log-tcp-options', id: 'tcp-options', type: 'none' },
    { name: 'log-ip-options', id: 'ip-options', type: 'none' },
    { name: 'log-uid', id: 'uid', type: 'none' },
    { name: 'log-macdecode', id: 'macdecode', type: 'none' },
  ],
  init: { level: LOG_WARNING, logflags: 0, prefix: '' },
  parse: parseLog,
  print: (info, _ip, numeric) => printLog(info, numeric),
  save: ({ level, logflags, prefix: words }) => {
    let text = words === '' ? '' : ` --log-prefix${saveString(words)}`
    if (level !== LOG_WARNING) text += ` --log-level ${level}`
    for (const [name, bit] of FLAGS) if (logflags & bit) text += ` --log-${name}`
    return text
  },
})

const NFLOG_HELP = `NFLOG target options:
 --nflog-group NUM		NETLINK group used for logging
 --nflog-range NUM		This option has no effect, use --nflog-size
 --nflog-size NUM		Number of bytes to copy
 --nflog-threshold NUM		Message threshold of in-kernel queue
 --nflog-prefix STRING		Prefix string for log messages
`

const DEFAULT_THRESHOLD = 0
const RANGE_WARNING =
  'warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n'

const parseNflog = ({ option: { id }, arg, value }: XtOptionCall, info: XtNflogInfo): XtNflogInfo => {
  switch (id) {
    case 'group':
      return { ...info, group: value }
    case 'prefix':
      return { ...info, prefix: prefix(arg, NFLOG_PREFIX_SIZE) }
    case 'threshold':
      return { ...info, threshold: value }
    default:
      return { ...info, len: value }
  }
}

const dumpNflog = ({ group, threshold, prefix: words, len, copyLen }: XtNflogInfo, dashes: string): string => {
  let text = words === '' ? '' : ` ${dashes}nflog-prefix${saveString(words)}`
  if (group !== 0) text += ` ${dashes}nflog-group ${group}`
  if (copyLen) text += ` ${dashes}nflog-size ${len}`
  else if (len !== 0) text += ` ${dashes}nflog-range ${len}`
  return threshold === DEFAULT_THRESHOLD ? text : `${text} ${dashes}nflog-threshold ${threshold}`
}

/** The extension `NFLOG`. */
export const nflogExtension: XtablesExtension = extension<XtNflogInfo>({
  name: 'NFLOG',
  help: NFLOG_HELP,
  options: [
    { name: 'nflog-group', id: 'group', type: 'uint16' },
    { name: 'nflog-prefix', id: 'prefix', type: 'string', min: 1 },
    { name: 'nflog-range', id: 'range', type: 'uint32', excl: ['size'] },
    { name: 'nflog-size', id: 'size', type: 'uint32', excl: ['range'] },
    { name: 'nflog-threshold', id: 'threshold', type: 'uint16' },
  ],
  init: { group: 0, threshold: DEFAULT_THRESHOLD, prefix: '', len: 0, copyLen: false },
  parse: parseNflog,
  finalCheck: (info, seen, warn) => {
    if (seen.has('range')) warn(RANGE_WARNING)
    return seen.has('size') ? { ...info, copyLen: true } : info
  },
  print: info => dumpNflog(info, ''),
  save: info => dumpNflog(info, '--'),
})
