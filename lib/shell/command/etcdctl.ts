/**
 * `etcdctl` of etcd 3.4.23, API version 3: get, put, del, txn, watch, compaction, lease, version. Its words are read by
 * lib/shell/etcdctl/.
 *
 * DIFFERS: a line of the log for a call that fails has the clock of the world, and an identifier of the client that is made of
 * the seed and the process.
 *
 * @see etcd etcdctl/ctlv3/ctl.go
 */
import type { Command, CommandContext } from '../../app/command.js'
import { Process } from '../../app/process.js'
import { spawn } from '../../app/thread.js'
import { EtcdClient } from '../../etcd/clientv3.js'
import { ETCD_VERSION } from '../../etcd/embed/serve.js'
import { EtcdError } from '../../etcd/rpctypes.js'
import { type CtlCommand, CtlExit, EXIT_BAD_FEATURE, EXIT_ERROR } from '../etcdctl/ctl-command.js'
import { FlagError, Flags, GLOBAL_FLAGS } from '../etcdctl/flags.js'
import { endpointHealthCommand, memberListCommand } from '../etcdctl/cluster-commands.js'
import { compactionCommand, delCommand, getCommand, putCommand } from '../etcdctl/kv-commands.js'
import {
  leaseGrantCommand,
  leaseKeepAliveCommand,
  leaseListCommand,
  leaseRevokeCommand,
  leaseTimeToLiveCommand,
} from '../etcdctl/lease-commands.js'
import type { Printer } from '../etcdctl/printer.js'
import { FIELDS_PRINTER } from '../etcdctl/printer-fields.js'
import { JSON_PRINTER } from '../etcdctl/printer-json.js'
import { makeSimplePrinter } from '../etcdctl/printer-simple.js'
import { retryWarning } from '../etcdctl/retry-warning.js'
import { txnCommand } from '../etcdctl/txn-command.js'
import { watchCommand } from '../etcdctl/watch-command.js'
import { unsupported } from './args.js'
import { netnsOf } from './netns-of.js'

/** The table of its commands. */
const CTL_COMMANDS: readonly CtlCommand[] = [
  compactionCommand,
  delCommand,
  endpointHealthCommand,
  getCommand,
  leaseGrantCommand,
  leaseKeepAliveCommand,
  leaseListCommand,
  leaseRevokeCommand,
  leaseTimeToLiveCommand,
  memberListCommand,
  putCommand,
  txnCommand,
  watchCommand,
]

/** Commands that etcdctl has and netloom has not. */
const OTHERS =
  /^(alarm|auth|check|completion|defrag|elect|endpoint|help|lock|make-mirror|member|migrate|move-leader|role|snapshot|user)$/

/** Commands of two words begin with these. */
const GROUPS: readonly string[] = ['lease', 'endpoint', 'member']

const NAMES = CTL_COMMANDS.map(({ name }) => name).join(', ')
/** Options of TLS, users and discovery, which netloom's etcd has not. */
const REFUSED: readonly string[] = ['cacert', 'cert', 'key', 'user', 'password', 'discovery-srv', 'discovery-srv-name']

/** Splits the words of the command off: they are the first that are no options. */
const commandIn = (words: readonly string[]): { command: CtlCommand | null; name: string; rest: string[] } => {
  const rest = [...words]
  let at = 0
  const names: string[] = []
  for (; at < rest.length && names.length < 2; at++) {
    const word = rest[at]!
    if (word === '--') break
    if (word.startsWith('-') && word !== '-') {
      const isLong = word.startsWith('--')
      const flag = GLOBAL_FLAGS.find(f => (isLong ? `--${f.name}` === word : `-${f.short}` === word))
      if (flag !== undefined && flag.type !== 'bool') at++
      continue
    }
    names.push(word)
    rest.splice(at--, 1)
    if (!GROUPS.includes(names[0]!)) break
  }
  const name = names.join(' ')
  const command = CTL_COMMANDS.find(c => c.name === name || c.aliases?.includes(name)) ?? null
  return { command, name, rest }
}

/** The format `table` is for commands of the cluster; the others refuse it when they have their answer. */
const noTable = (): never => {
  throw new CtlExit(EXIT_BAD_FEATURE, 'table not supported as output format')
}
const TABLE_PRINTER: Printer = {
  get: noTable,
  put: noTable,
  del: noTable,
  txn: noTable,
  watch: noTable,
  grant: noTable,
  revoke: noTable,
  keepAlive: noTable,
  timeToLive: noTable,
  leases: noTable,
}

const printerOf = (flags: Flags): Printer => {
  const format = flags.text('write-out')
  if (format === 'simple') {
    const valueOnly = flags.given.has('print-value-only') && flags.isSet('print-value-only')
    return makeSimplePrinter(flags.isSet('hex'), valueOnly)
  }
  if (format === 'json') return JSON_PRINTER
  if (format === 'fields') return FIELDS_PRINTER
  if (format === 'table') return TABLE_PRINTER
  if (format === 'protobuf') throw unsupported('etcdctl', '-w protobuf', 'simple, json and fields')
  throw new CtlExit(EXIT_BAD_FEATURE, 'unsupported output format')
}

const failed = (process: Process, status: number, message: string): void => {
  process.stderr += `Error: ${message}\n`
  process.exit(status)
}

/** Runs a command in a process of its own. */
const start = (ctx: CommandContext, command: CtlCommand, flags: Flags): Process => {
  const todo = command.prepare(flags, ctx.stdin)
  for (const name of REFUSED)
    if (flags.given.has(name)) throw unsupported('etcdctl', `--${name}`, 'endpoints without TLS, users and discovery')
  const endpoints = flags.list('endpoints')
  const printer = printerOf(flags)
  const process = new Process(netnsOf(ctx, 'etcdctl'), 'etcdctl')
  spawn(process, function* () {
    const client = new EtcdClient(process, { endpoints })
    try {
      yield* todo({ process, client, flags, printer, timeoutNs: flags.duration('command-timeout') })
      process.exit(0)
    } catch (e) {
      if (!(e instanceof CtlExit) && !(e instanceof EtcdError)) throw e
      const call = e instanceof CtlExit ? e.call : e
      if (call !== null) process.stderr += retryWarning(process, endpoints, call)
      failed(process, e instanceof CtlExit ? e.status : EXIT_ERROR, e.message)
    }
  })
  return process
}

const run = (ctx: CommandContext, words: readonly string[]): number | Process => {
  const { command, name, rest } = commandIn(words)
  const error = (text: string): number => {
    ctx.err(text)
    return EXIT_ERROR
  }
  if (ctx.env?.['ETCDCTL_API'] === '2') throw unsupported('etcdctl', 'ETCDCTL_API=2', 'the API of version 3')
  if (command === null) {
    const [first = ''] = name.split(' ')
    if (name === 'version') {
      ctx.out(`etcdctl version: ${ETCD_VERSION}\nAPI version: 3.4\n`)
      return 0
    }
    if (first === '' || GROUPS.includes(first) || OTHERS.test(first))
      throw unsupported('etcdctl', name || 'help', NAMES)
    const text = `Error: unknown command "${first}" for "etcdctl"\n`
    return error(`${text}Run 'etcdctl --help' for usage.\n${text}`)
  }
  try {
    const flags = new Flags([...GLOBAL_FLAGS, ...command.flags], rest, ctx.env)
    if (flags.isSet('help')) throw unsupported('etcdctl', '--help', NAMES)
    return start(ctx, command, flags)
  } catch (e) {
    if (e instanceof FlagError) return error(`Error: ${e.message}\n\nError: ${e.message}\n`)
    if (!(e instanceof CtlExit)) throw e
    ctx.err(`Error: ${e.message}\n`)
    return e.status
  }
}

export const etcdctlCommand: Command = {
  name: 'etcdctl',
  run: (ctx, argv) => run(ctx, argv.slice(1)),
}
