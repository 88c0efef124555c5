/**
 * etcdctl get, put, del and compaction.
 *
 * @see etcd etcdctl/ctlv3/command/get_command.go, put_command.go, del_command.go, compaction_command.go
 */
import { encodeUtf8 } from '../../wire/utf8.js'
import type { DeleteOptions, GetOptions, KeyRange, PutOptions } from '../../etcd/clientv3.js'
import { badArgs, type CtlCommand, CtlExit, EXIT_BAD_FEATURE, EXIT_ERROR } from './ctl-command.js'
import type { Flag, Flags } from './flags.js'
import { goQuote } from '../../app/go-text.js'
import { parseInt64 } from './strconv.js'

const ONE_OF = '`--prefix` and `--from-key` cannot be set at the same time, choose one'
const TOO_MANY = 'too many arguments, only accept one argument when `--prefix` or `--from-key` is set'

const bool = (name: string): Flag => ({ name, type: 'bool', value: 'false' })

const badFeature = (message: string): never => {
  throw new CtlExit(EXIT_BAD_FEATURE, message)
}

/** Range of a command with a key and perhaps an end. */
const rangeOf = (flags: Flags): KeyRange => {
  const end = flags.args[1]
  if (end !== undefined) {
    if (flags.isSet('prefix') || flags.isSet('from-key')) badArgs(TOO_MANY)
    return { rangeEnd: encodeUtf8(end) }
  }
  if (flags.isSet('prefix')) return { prefix: true }
  return flags.isSet('from-key') ? { fromKey: true } : {}
}

export const GET_FLAGS: readonly Flag[] = [
  { name: 'consistency', type: 'string', value: 'l' },
  { name: 'order', type: 'string', value: '' },
  { name: 'sort-by', type: 'string', value: '' },
  { name: 'limit', type: 'int64', value: '0' },
  bool('prefix'),
  bool('from-key'),
  { name: 'rev', type: 'int64', value: '0' },
  bool('keys-only'),
  bool('print-value-only'),
]

const ORDERS: Readonly<Record<string, GetOptions['order']>> = { ASCEND: 'ascend', DESCEND: 'descend' }
const TARGETS: Readonly<Record<string, NonNullable<GetOptions['sortBy']>>> = {
  CREATE: 'create',
  KEY: 'key',
  MODIFY: 'modify',
  VALUE: 'value',
  VERSION: 'version',
  '': 'key',
}

/** Key and options of get. */
export const getOp = (flags: Flags): { key: Uint8Array } & GetOptions => {
  const [key] = flags.args
  if (key === undefined) return badArgs('get command needs one argument as key and an optional argument as range_end')
  if (flags.isSet('prefix') && flags.isSet('from-key')) badArgs(ONE_OF)
  const consistency = flags.text('consistency')
  if (consistency !== 's' && consistency !== 'l')
    badFeature(`unknown consistency flag ${goQuote(encodeUtf8(consistency))}`)
  const range = rangeOf(flags)
  const order = flags.text('order')
  const direction = ORDERS[order.toUpperCase()]
  if (order !== '' && direction === undefined) badFeature(`bad sort order ${order}`)
  const target = flags.text('sort-by')
  const sortBy = TARGETS[target.toUpperCase()] ?? badFeature(`bad sort target ${target}`)
  return {
    key: encodeUtf8(key),
    ...range,
    sortBy,
    ...(direction === undefined ? {} : { order: direction }),
    limit: flags.number('limit'),
    rev: Math.max(0, flags.number('rev')),
    keysOnly: flags.isSet('keys-only'),
    serializable: consistency === 's',
  }
}

export const getCommand: CtlCommand = {
  name: 'get',
  flags: GET_FLAGS,
  prepare(flags) {
    const { key, ...options } = getOp(flags)
    return function* ({ client, process, printer, timeoutNs }) {
      const response = yield* client.get(key, { ...options, timeoutNs })
      if (flags.isSet('print-value-only') && flags.text('write-out') !== 'simple')
        badArgs('print-value-only is only for `--write-out=simple`')
      process.stdout += printer.get(response)
    }
  },
}

export const PUT_FLAGS: readonly Flag[] = [
  { name: 'lease', type: 'string', value: '0' },
  bool('prev-kv'),
  bool('ignore-value'),
  bool('ignore-lease'),
]

const NO_VALUE = 'put command needs 1 argument and input from stdin or 2 arguments'

/** Key, value and options of put. */
export const putOp = (flags: Flags, stdin: Uint8Array | null): { key: Uint8Array; value: Uint8Array } & PutOptions => {
  const [key, word] = flags.args
  const ignoreValue = flags.isSet('ignore-value')
  if (key === undefined) return badArgs(NO_VALUE)
  if (ignoreValue && word !== undefined) badArgs("put command needs only 1 argument when 'ignore-value' is set")
  const given = word === undefined ? (stdin ?? new Uint8Array(0)) : encodeUtf8(word)
  if (!ignoreValue && word === undefined && given.length === 0) badArgs(NO_VALUE)
  const lease = parseInt64(flags.text('lease'), 16)
  if (typeof lease === 'string') return badArgs(`bad lease ID (${lease}), expecting ID in Hex`)
  return {
    key: encodeUtf8(key),
    value: ignoreValue ? new Uint8Array(0) : given,
    lease,
    prevKv: flags.isSet('prev-kv'),
    ignoreValue,
    ignoreLease: flags.isSet('ignore-lease'),
  }
}

export const putCommand: CtlCommand = {
  name: 'put',
  flags: PUT_FLAGS,
  prepare(flags, stdin) {
    const { key, value, ...options } = putOp(flags, stdin)
    return function* ({ client, process, printer, timeoutNs }) {
      process.stdout += printer.put(yield* client.put(key, value, { ...options, timeoutNs }))
    }
  },
}

export const DEL_FLAGS: readonly Flag[] = [bool('prefix'), bool('prev-kv'), bool('from-key')]

/** Key and options of del. */
export const delOp = (flags: Flags): { key: Uint8Array } & DeleteOptions => {
  const [key] = flags.args
  if (key === undefined || flags.args.length > 2)
    return badArgs('del command needs one argument as key and an optional argument as range_end')
  if (flags.isSet('prefix') && flags.isSet('from-key')) badArgs(ONE_OF)
  return { key: encodeUtf8(key), ...rangeOf(flags), prevKv: flags.isSet('prev-kv') }
}

export const delCommand: CtlCommand = {
  name: 'del',
  flags: DEL_FLAGS,
  prepare(flags) {
    const { key, ...options } = delOp(flags)
    return function* ({ client, process, printer, timeoutNs }) {
      process.stdout += printer.del(yield* client.delete(key, { ...options, timeoutNs }))
    }
  },
}

export const compactionCommand: CtlCommand = {
  name: 'compaction',
  aliases: ['compact'],
  flags: [bool('physical')],
  prepare(flags) {
    if (flags.args.length !== 1) badArgs('compaction command needs 1 argument')
    const rev = parseInt64(flags.args[0]!, 10)
    if (typeof rev === 'string') throw new CtlExit(EXIT_ERROR, rev)
    return function* ({ client, process, timeoutNs }) {
      yield* client.compact(Number(rev), { physical: flags.isSet('physical'), timeoutNs })
      process.stdout += `compacted revision ${rev}\n`
    }
  },
}
