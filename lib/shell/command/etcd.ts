/**
 * `etcd` of version 3.4.23 with one member: its options, `--NAME VALUE` or `--NAME=VALUE` (one dash will do), and the
 * environment's ETCD_NAME.
 *
 * Left out: the lines of its log but for those that say why it ends.
 *
 * @see etcd etcdmain/config.go, etcdmain/help.go, embed/config.go
 */
import type { Command, CommandContext } from '../../app/command.js'
import type { Process } from '../../app/process.js'
import { goStrerror } from '../../app/go-error.js'
import { type Errno, NetloomError } from '../../errors.js'
import { logTime } from '../../etcd/clock.js'
import { ETCD_VERSION } from '../../etcd/embed/serve.js'
import { type EtcdOptions, startEtcd } from '../../etcd/server.js'
import { isIpv4Text } from '../../wire/ip.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

/** Options with a value that it takes. */
const OPTIONS: readonly string[] = [
  'name',
  'data-dir',
  'listen-client-urls',
  'advertise-client-urls',
  'listen-peer-urls',
  'initial-advertise-peer-urls',
  'initial-cluster',
  'initial-cluster-token',
  'initial-cluster-state',
  'log-level',
  'logger',
  'log-outputs',
]
/** Options that say nothing here: the v2 API is not there, nothing is logged. */
const SWITCHES: readonly string[] = ['enable-v2', 'debug']

const SUPPORTED = [...OPTIONS, ...SWITCHES].map(name => `--${name}`).join(' ')
const EXIT_USAGE = 2
const DEFAULT_PEER_URL = 'http://localhost:2380'

/** What etcd ends with one line for: another member's directory, none, and one that can't be read. */
const FATAL: readonly string[] = ['EBUSY', 'ENOTDIR', 'EDECODE']

const CAPNSLOG = "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead\n"

/** Ends it with a line of its log. */
const fatal = (ctx: CommandContext, level: 'E' | 'C', text: string): never => {
  throw new ToolExit(1, `${CAPNSLOG}${logTime(ctx.world.now)} ${level} | etcdmain: ${text}\n`)
}

const wrongFlags = (ctx: CommandContext, text: string): never =>
  fatal(ctx, 'E', `error verifying flags, ${text}. See 'etcd --help'.`)

/** Options by name, of the environment and the command line. */
const parse = (ctx: CommandContext, words: readonly string[]): Map<string, string> => {
  const options = new Map<string, string>()
  for (const [key, value] of Object.entries(ctx.env ?? {}))
    if (key.startsWith('ETCD_')) options.set(known(key.slice(5).toLowerCase().replaceAll('_', '-'), key), value)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(word)
    if (match === null) return wrongFlags(ctx, `'${word}' is not a valid flag`)
    const [, given = '', value] = match
    const name = known(given, `--${given}`)
    if (value !== undefined) options.set(name, value)
    else if (SWITCHES.includes(name)) options.set(name, 'true')
    else if (i + 1 < words.length) options.set(name, words[++i]!)
    else throw new ToolExit(EXIT_USAGE, `flag needs an argument: -${name}\n`)
  }
  return options
}

const known = (name: string, word: string): string => {
  if (OPTIONS.includes(name) || SWITCHES.includes(name)) return name
  throw unsupported('etcd', word, SUPPORTED)
}

const urlsOf = (option: string, text: string): string[] => {
  const urls = text.split(',')
  const bad = urls.find(url => !/^(https?|unixs?):\/\//.test(url))
  if (bad === undefined) return urls
  const why = `URL scheme must be http, https, unix, or unixs: ${bad}`
  throw new ToolExit(EXIT_USAGE, `invalid value "${text}" for flag -${option}: ${why}\n`)
}

/** A cluster that is this member alone. */
const checkCluster = (name: string, peerUrls: readonly string[], cluster: string | undefined): void => {
  if (cluster === undefined) return
  const members = cluster.split(',').map(member => member.split('='))
  if (members.some(([member, url]) => member !== name || !peerUrls.includes(url ?? '')))
    throw unsupported('etcd', `--initial-cluster ${cluster}`, `a cluster of this member alone: ${name}=${peerUrls[0]}`)
}

const optionsOf = (ctx: CommandContext, options: ReadonlyMap<string, string>): EtcdOptions => {
  const listen = options.get('listen-client-urls')
  const name = options.get('name') ?? 'default'
  const peerUrls = urlsOf('initial-advertise-peer-urls', options.get('initial-advertise-peer-urls') ?? DEFAULT_PEER_URL)
  const state = options.get('initial-cluster-state') ?? 'new'
  if (state !== 'new') throw unsupported('etcd', `--initial-cluster-state ${state}`, 'new')
  checkCluster(name, peerUrls, options.get('initial-cluster'))
  const listenClientUrls = listen === undefined ? null : urlsOf('listen-client-urls', listen)
  if (listenClientUrls !== null && !options.has('advertise-client-urls'))
    wrongFlags(ctx, '--advertise-client-urls is required when --listen-client-urls is set explicitly')
  for (const url of listenClientUrls ?? []) {
    const host = /^\w+:\/\/([^:/]*)/.exec(url)?.[1] ?? ''
    if (host !== 'localhost' && !isIpv4Text(host)) wrongFlags(ctx, `expected IP in URL for binding (${url})`)
  }
  const advertise = options.get('advertise-client-urls')
  const dataDir = options.get('data-dir')
  if (dataDir !== undefined && !dataDir.startsWith('/'))
    throw unsupported('etcd', `--data-dir ${dataDir}`, `a path from the root, such as /${dataDir}`)
  const token = options.get('initial-cluster-token')
  return {
    name,
    initialAdvertisePeerUrls: peerUrls,
    ...(listenClientUrls === null ? {} : { listenClientUrls }),
    ...(advertise === undefined ? {} : { advertiseClientUrls: urlsOf('advertise-client-urls', advertise) }),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(token === undefined ? {} : { initialClusterToken: token }),
  }
}

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  if (argv.slice(1).some(word => /^--?version$/.test(word))) {
    ctx.out(`etcd Version: ${ETCD_VERSION}\nGit SHA: Not provided (use ./build instead of go build)\n`)
    ctx.out('Go Version: go1.19.8\nGo OS/Arch: linux/amd64\n')
    return 0
  }
  const options = optionsOf(ctx, parse(ctx, argv.slice(1)))
  try {
    return startEtcd(netnsOf(ctx, 'etcd'), options)
  } catch (e) {
    if (e instanceof NetloomError && FATAL.includes(e.code)) return fatal(ctx, 'C', e.message.replace('etcd: ', ''))
    if (!(e instanceof NetloomError) || (e.code !== 'EADDRINUSE' && e.code !== 'EADDRNOTAVAIL')) throw e
    const at = String(e.context['listen'] ?? '')
    return fatal(ctx, 'C', `listen tcp ${at}: bind: ${goStrerror(e.code as Errno)}`)
  }
}

export const etcdCommand: Command = { name: 'etcd', run: exiting(run) }
