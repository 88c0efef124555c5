/**
 * etcdctl txn: comparisons, what is done when they hold, and what else, each up to an empty line of standard input.
 *
 * @see etcd etcdctl/ctlv3/command/txn_command.go
 */
import { octetText } from '../../app/octet-text.js'
import type { TxnCompare, TxnOp } from '../../etcd/clientv3.js'
import { encodeUtf8 } from '../../wire/utf8.js'
import { unsupported } from '../command/args.js'
import { badArgs, type CtlCommand, CtlExit, EXIT_INVALID_INPUT } from './ctl-command.js'
import { FlagError, Flags } from './flags.js'
import { goQuote } from '../../app/go-text.js'
import { parseInt64 } from './strconv.js'
import { DEL_FLAGS, delOp, GET_FLAGS, getOp, PUT_FLAGS, putOp } from './kv-commands.js'

const invalid = (message: string): never => {
  throw new CtlExit(EXIT_INVALID_INPUT, message)
}

/** Lines of standard input in order; its end is an error. */
class Lines {
  readonly #lines: string[]

  constructor(text: string) {
    this.#lines = text.split('\n')
    // What stands behind the last line end is no line.
    this.#lines.pop()
  }

  /** The lines up to an empty one. */
  block(): string[] {
    const block: string[] = []
    for (;;) {
      const line = (this.#lines.shift() ?? invalid('EOF')).trim()
      if (line === '') return block
      block.push(line)
    }
  }
}

/** The text in a double-quoted string of Go; null when it is none. */
const unquote = (quoted: string): string | null => {
  try {
    const text: unknown = JSON.parse(quoted)
    return typeof text === 'string' ? text : null
  } catch {
    return null
  }
}

const TARGETS: Readonly<Record<string, TxnCompare['target']>> = {
  ver: 'version',
  version: 'version',
  c: 'create',
  create: 'create',
  m: 'mod',
  mod: 'mod',
  val: 'value',
  value: 'value',
}

const isResult = (op: string): op is TxnCompare['result'] => op === '=' || op === '!=' || op === '>' || op === '<'

/** Go's `%q) %s %q`, as far as it goes. */
const COMPARISON = /^("(?:[^"\\]|\\.)*")(?:\) +(\S+)(?: *("(?:[^"\\]|\\.)*"))?)?/

const parseCompare = (line: string): TxnCompare => {
  const at = line.indexOf('(')
  if (at < 0) return invalid(`malformed comparison: ${line}`)
  const name = line.slice(0, at)
  const [, quotedKey, result = '', quotedValue] = COMPARISON.exec(line.slice(at + 1)) ?? []
  const [key, value] = [quotedKey, quotedValue].map(quoted => (quoted === undefined ? null : unquote(quoted)))
  if (key == null || value == null) {
    // What was read before the text went wrong.
    const [k, v] = [key, value].map(text => goQuote(text ?? ''))
    return invalid(`malformed comparison: ${line}; got ${name}(${k}) ${key == null ? '' : result} ${v}`)
  }
  const target = TARGETS[name] ?? invalid(`malformed comparison: ${line} (unknown target ${name})`)
  if (!isResult(result)) throw unsupported('etcdctl txn', result, '=, !=, < and >')
  if (target === 'value') return { key: encodeUtf8(key), target, result, value: encodeUtf8(value) }
  const n = parseInt64(value, 10)
  if (typeof n === 'string') return invalid(`invalid txn compare request: ${line}`)
  return { key: encodeUtf8(key), target, result, value: n }
}

/** Words of a line: quoted ones, and others up to a space. */
const argify = (line: string): string[] =>
  (line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g) ?? []).map(word => {
    if (word.startsWith("'")) return word.slice(1, -1)
    return word.startsWith('"') ? (unquote(word) ?? word) : word
  })

const parseOp = (line: string): TxnOp => {
  const [name, ...words] = argify(line)
  if (words.length === 0) return invalid(`invalid txn compare request: ${line}`)
  try {
    if (name === 'get') return { op: 'get', ...getOp(new Flags(GET_FLAGS, words)) }
    if (name === 'put') return { op: 'put', ...putOp(new Flags(PUT_FLAGS, words), null) }
    if (name === 'del') return { op: 'delete', ...delOp(new Flags(DEL_FLAGS, words)) }
  } catch (e) {
    if (!(e instanceof FlagError)) throw e
  }
  return invalid(`invalid txn request: ${line}`)
}

export const txnCommand: CtlCommand = {
  name: 'txn',
  flags: [{ name: 'interactive', type: 'bool', value: 'false', short: 'i' }],
  prepare(flags, stdin) {
    if (flags.args.length > 0) badArgs('txn command does not accept argument')
    if (flags.isSet('interactive')) throw unsupported('etcdctl txn', '-i', 'a transaction on standard input')
    const lines = new Lines(octetText(stdin ?? new Uint8Array(0)))
    const compare = lines.block().map(parseCompare)
    const success = lines.block().map(parseOp)
    const failure = lines.block().map(parseOp)
    return function* ({ client, process, printer }) {
      process.stdout += printer.txn(yield* client.txn({ compare, success, failure }))
    }
  },
}
