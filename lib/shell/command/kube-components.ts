/**
 * `kube-apiserver` and `kube-controller-manager` of Kubernetes 1.32: start a program of the control plane in a namespace. They go
 * on when the script has ended.
 *
 * @see kube-apiserver(1), kube-controller-manager(1)
 */
import type { Command, CommandContext } from '../../app/command.js'
import type { Process } from '../../app/process.js'
import { goStrerror } from '../../app/go-error.js'
import { goQuote } from '../../app/go-text.js'
import { type Errno, NetloomError } from '../../errors.js'
import { DEFAULT_PORT, kubeApiserver } from '../../kubernetes/apiserver/kube-apiserver.js'
import { kubeControllerManager } from '../../kubernetes/controller/kube-controller-manager.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

/** Options `--NAME VALUE` or `--NAME=VALUE`; those of `switches` may stand alone. */
const parse = (
  tool: string,
  words: readonly string[],
  known: readonly string[],
  switches: readonly string[] = [],
): ReadonlyMap<string, string> => {
  const options = new Map<string, string>()
  const supported = [...known, ...switches].map(name => `--${name}`).join(' ')
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? []
    if (!known.includes(name) && !switches.includes(name)) throw unsupported(tool, word, supported)
    if (value !== undefined) options.set(name, value)
    else if (switches.includes(name)) options.set(name, 'true')
    else if (i + 1 < words.length) options.set(name, words[++i]!)
    else throw new ToolExit(1, `Error: flag needs an argument: --${name}\n`)
  }
  return options
}

const number = (option: string, text: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  const why = `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`
  throw new ToolExit(1, `Error: invalid argument ${goQuote(text)} for "--${option}" flag: ${why}\n`)
}

const APISERVER_OPTIONS = ['bind-address', 'secure-port', 'advertise-address']

const apiserver = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const options = parse('kube-apiserver', argv.slice(1), APISERVER_OPTIONS)
  const bindAddress = options.get('bind-address') ?? '0.0.0.0'
  const securePort = number('secure-port', options.get('secure-port') ?? `${DEFAULT_PORT}`)
  const advertiseAddress = options.get('advertise-address')
  const advertise = advertiseAddress === undefined ? {} : { advertiseAddress }
  try {
    return kubeApiserver(netnsOf(ctx, 'kube-apiserver'), { bindAddress, securePort, ...advertise }).process
  } catch (e) {
    if (!(e instanceof NetloomError) || (e.code !== 'EADDRINUSE' && e.code !== 'EADDRNOTAVAIL')) throw e
    const at = `${bindAddress}:${securePort}`
    const why = `listen tcp ${at}: bind: ${goStrerror(e.code as Errno)}`
    throw new ToolExit(1, `Error: failed to create listener: failed to listen on ${at}: ${why}\n`)
  }
}

const MANAGER_OPTIONS = ['master', 'cluster-cidr', 'node-cidr-mask-size']

const manager = (ctx: CommandContext, argv: readonly string[]): Process => {
  const tool = 'kube-controller-manager'
  const options = parse(tool, argv.slice(1), MANAGER_OPTIONS, ['allocate-node-cidrs'])
  const { master = '', clusterCidr = '' } = { master: options.get('master'), clusterCidr: options.get('cluster-cidr') }
  if (master === '') throw unsupported(tool, 'a missing --master', '--master=http://ADDRESS:PORT')
  if (options.get('allocate-node-cidrs') !== 'true')
    throw unsupported(tool, 'a missing --allocate-node-cidrs', '--allocate-node-cidrs')
  const size = options.get('node-cidr-mask-size')
  const nodeCidrMaskSize = size === undefined ? {} : { nodeCidrMaskSize: number('node-cidr-mask-size', size) }
  return kubeControllerManager(netnsOf(ctx, tool), { master, clusterCidr, ...nodeCidrMaskSize })
}

export const kubeApiserverCommand: Command = { name: 'kube-apiserver', run: exiting(apiserver) }
export const kubeControllerManagerCommand: Command = { name: 'kube-controller-manager', run: exiting(manager) }
