/**
 * The command line of flanneld, as Go's flag package reads it: `-iface=eth0`, `--iface eth0`, and FLANNELD_IFACE in the
 * environment.
 *
 * @see flannel main.go init; coreos/pkg/flagutil
 */
import { goQuote } from '../app/go-text.js'

/** Options of flanneld, as its command line names them in camelCase. */
export interface FlanneldOptions {
  /** `http://ADDRESS:PORT`, several with commas between. */
  readonly etcdEndpoints: string
  readonly etcdPrefix: string
  readonly etcdKeyfile: string
  readonly etcdCertfile: string
  readonly etcdCafile: string
  readonly etcdUsername: string
  readonly etcdPassword: string
  readonly version: boolean
  readonly kubeSubnetMgr: boolean
  readonly kubeApiUrl: string
  readonly kubeAnnotationPrefix: string
  readonly kubeconfigFile: string
  /** Names or addresses of the interface to the other hosts; the first that is there counts. */
  readonly iface: readonly string[]
  /** Patterns for it, when none of `iface` is there. */
  readonly ifaceRegex: readonly string[]
  readonly ipMasq: boolean
  /** An address that the interface reaches. */
  readonly ifaceCanReach: string
  readonly subnetFile: string
  /** Address under which the other hosts reach this one; that of the interface when empty. */
  readonly publicIp: string
  readonly publicIpv6: string
  /** Minutes before the end of a lease at which it is renewed. */
  readonly subnetLeaseRenewMargin: number
  readonly healthzIp: string
  readonly healthzPort: number
  /** Seconds between two looks at the rules. */
  readonly iptablesResync: number
  readonly iptablesForwardRules: boolean
  readonly netConfigPath: string
  readonly setNodeNetworkUnavailable: boolean
  /** Verbosity of the log. */
  readonly v: number
  /** What is wrong with a variable of the environment, which flanneld logs and goes on; null when nothing is. */
  readonly envError: string | null
}

/** What is not given. */
export const FLANNELD_DEFAULTS: FlanneldOptions = {
  etcdEndpoints: 'http://127.0.0.1:4001,http://127.0.0.1:2379',
  etcdPrefix: '/coreos.com/network',
  etcdKeyfile: '',
  etcdCertfile: '',
  etcdCafile: '',
  etcdUsername: '',
  etcdPassword: '',
  version: false,
  kubeSubnetMgr: false,
  kubeApiUrl: '',
  kubeAnnotationPrefix: 'flannel.alpha.coreos.com',
  kubeconfigFile: '',
  iface: [],
  ifaceRegex: [],
  ipMasq: false,
  ifaceCanReach: '',
  subnetFile: '/run/flannel/subnet.env',
  publicIp: '',
  publicIpv6: '',
  subnetLeaseRenewMargin: 60,
  healthzIp: '0.0.0.0',
  healthzPort: 0,
  iptablesResync: 5,
  iptablesForwardRules: true,
  netConfigPath: '/etc/kube-flannel/net-conf.json',
  setNodeNetworkUnavailable: true,
  v: 0,
  envError: null,
}

type Name = Exclude<keyof FlanneldOptions, 'envError'>

/** What `-help` says of each option. */
const USAGE: Readonly<Record<Name, string>> = {
  etcdEndpoints: 'a comma-delimited list of etcd endpoints',
  etcdPrefix: 'etcd prefix',
  etcdKeyfile: 'SSL key file used to secure etcd communication',
  etcdCertfile: 'SSL certification file used to secure etcd communication',
  etcdCafile: 'SSL Certificate Authority file used to secure etcd communication',
  etcdUsername: 'username for BasicAuth to etcd',
  etcdPassword: 'password for BasicAuth to etcd',
  version: 'print version and exit',
  kubeSubnetMgr: 'contact the Kubernetes API for subnet assignment instead of etcd.',
  kubeApiUrl: 'Kubernetes API server URL. Does not need to be specified if flannel is running in a pod.',
  kubeAnnotationPrefix:
    'Kubernetes annotation prefix. Can contain single slash "/", otherwise it will be appended at the end.',
  kubeconfigFile: 'kubeconfig file location. Does not need to be specified if flannel is running in a pod.',
  iface:
    'interface to use (IP or name) for inter-host communication. Can be specified multiple times to check each option in order. Returns the first match found.',
  ifaceRegex:
    'regex expression to match the first interface to use (IP or name) for inter-host communication. Can be specified multiple times to check each regex in order. Returns the first match found. Regexes are checked after specific interfaces specified by the iface option have already been checked.',
  ipMasq: 'setup IP masquerade rule for traffic destined outside of overlay network',
  ifaceCanReach:
    "detect interface to use (IP or name) for inter-host communication based on which will be used for provided IP. This is exactly the interface to use of command 'ip route get <ip-address>'",
  subnetFile: 'filename where env variables (subnet, MTU, ... ) will be written to',
  publicIp: 'IP accessible by other nodes for inter-host communication',
  publicIpv6: 'IPv6 accessible by other nodes for inter-host communication',
  subnetLeaseRenewMargin: 'subnet lease renewal margin, in minutes, ranging from 1 to 1439',
  healthzIp: 'the IP address for healthz server to listen',
  healthzPort: 'the port for healthz server to listen(0 to disable)',
  iptablesResync: 'resync period for iptables rules, in seconds',
  iptablesForwardRules: 'add default accept rules to FORWARD chain in iptables',
  netConfigPath: 'path to the network configuration file',
  setNodeNetworkUnavailable: 'set NodeNetworkUnavailable after ready',
  v: 'number for the log level verbosity',
}

const NAMES = Object.keys(USAGE) as Name[]

/** Options of the log that flannel has and netloom has not, by the names of its command line. */
const NOT_BUILT: ReadonlyMap<string, string> = new Map([
  ['log_backtrace_at', 'when logging hits line file:N, emit a stack trace'],
  ['vmodule', 'comma-separated list of pattern=N settings for file-filtered logging'],
])

/** `subnet-lease-renew-margin` for `subnetLeaseRenewMargin`. */
export const flagName = (name: string): string => name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)

const BY_FLAG: ReadonlyMap<string, Name> = new Map(NAMES.map(name => [flagName(name), name]))
const SORTED: readonly (readonly [flag: string, name: Name])[] = [...BY_FLAG].sort(([a], [b]) => (a < b ? -1 : 1))

/** What flanneld says of a command line that it can't read, with its exit status. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True']
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False']

type Values = { -readonly [K in Name]: FlanneldOptions[K] }

/** Numbers of 64 and 32 bits. */
const INT = 2n ** 63n
const INT32 = 2n ** 31n

/** A number as Go's strconv.ParseInt reads it with base 0: decimal, 0x, 0o, 0b, octal behind a zero. */
const parseInteger = (text: string): bigint | null => {
  const [, sign = '', digits = ''] = /^([+-]?)(\w+)$/.exec(text) ?? []
  const plain = digits.replace(/(?<=[0-9a-fA-FxXoObB])_(?=[0-9a-fA-F])/g, '')
  if (!/^(?:0x[0-9a-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i.test(plain)) return null
  const value = BigInt(/^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain)
  return sign === '-' ? -value : value
}

/** The value of an option that is not text. Throws an Error with Go's words for why there is none. */
const parseInt64 = (text: string): number => {
  const value = parseInteger(text)
  if (value === null) throw new Error('parse error')
  if (value >= INT || value < -INT) throw new Error('value out of range')
  return Number(value)
}

/** The log's verbosity, which has a parser of its own. */
const parseLevel = (text: string): number => {
  const problem = (what: string): Error => new Error(`strconv.ParseInt: parsing ${goQuote(text)}: ${what}`)
  if (!/^[+-]?\d+$/.test(text)) throw problem('invalid syntax')
  const value = BigInt(text.replace('+', ''))
  if (value >= INT32 || value < -INT32) throw problem('value out of range')
  return Number(value)
}

const parseBoolean = (text: string): boolean => {
  if (!TRUE.includes(text) && !FALSE.includes(text)) throw new Error('parse error')
  return TRUE.includes(text)
}

/** Sets an option. Throws an Error with Go's words for why it can't. */
const assign = (values: Values, name: Name, text: string): void => {
  const given = FLANNELD_DEFAULTS[name]
  const put = (value: unknown): void => {
    ;(values as Record<string, unknown>)[name] = value
  }
  if (typeof given === 'boolean') put(parseBoolean(text))
  else if (name === 'v') put(parseLevel(text))
  else if (typeof given === 'number') put(parseInt64(text))
  else if (typeof given === 'string') put(text)
  else put([...(values[name] as readonly string[]), text])
}

/** Sets an option of the command line. Throws a FlagError. */
const assignFlag = (values: Values, name: Name, text: string): void => {
  try {
    assign(values, name, text)
  } catch (e) {
    const isBoolean = typeof FLANNELD_DEFAULTS[name] === 'boolean'
    const what = `${goQuote(text)} for ${isBoolean ? '' : 'flag '}-${flagName(name)}: ${(e as Error).message}`
    throw new FlagError(`invalid ${isBoolean ? 'boolean ' : ''}value ${what}`)
  }
}

/** Options of the command line; returns those that are there. Throws a FlagError. */
const parseWords = (words: readonly string[], values: Values): Set<Name> => {
  const seen = new Set<Name>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const found = /^--?([^=-][^=]*)(?:=([\s\S]*))?$/.exec(word)
    // The first word that is no option ends them.
    if (word === '--' || word === '-' || !word.startsWith('-')) break
    if (found === null) throw new FlagError(`bad flag syntax: ${word}`)
    const [, flag = '', value] = found
    const name = BY_FLAG.get(flag)
    if (NOT_BUILT.has(flag)) throw new FlagError(`-${flag} is flannel's, and not built in netloom; leave it out`)
    if (name === undefined && (flag === 'help' || flag === 'h')) throw new FlagError('')
    if (name === undefined) throw new FlagError(`flag provided but not defined: -${flag}`)
    const isBoolean = typeof FLANNELD_DEFAULTS[name] === 'boolean'
    if (value === undefined && !isBoolean && i + 1 >= words.length)
      throw new FlagError(`flag needs an argument: -${flag}`)
    assignFlag(values, name, value ?? (isBoolean ? 'true' : words[++i]!))
    seen.add(name)
  }
  return seen
}

/**
 * Options of a command line without the program's name, and of the environment where the command line says nothing. Throws
 * a FlagError; of an environment that is wrong `envError` tells.
 */
export const parseFlags = (words: readonly string[], env: Readonly<Record<string, string>> = {}): FlanneldOptions => {
  const values: Values = { ...FLANNELD_DEFAULTS }
  const seen = parseWords(words, values)
  let envError: string | null = null
  for (const [flag, name] of SORTED) {
    const variable = `FLANNELD_${flag.toUpperCase().replaceAll('-', '_')}`
    const value = env[variable] ?? ''
    if (value === '' || seen.has(name)) continue
    try {
      assign(values, name, value)
    } catch (e) {
      envError = `invalid value ${goQuote(value)} for ${variable}: ${(e as Error).message}`
    }
  }
  return { ...values, envError }
}

/** Kind and default of an option, as `-help` shows them. */
const kindText = (name: Name): readonly [kind: string, standard: string] => {
  const given = FLANNELD_DEFAULTS[name]
  if (typeof given === 'boolean') return ['', given ? ' (default true)' : '']
  if (name === 'v') return [' value', '']
  if (typeof given === 'number') return [' int', given === 0 ? '' : ` (default ${given})`]
  if (typeof given === 'string') return [' string', given === '' ? '' : ` (default ${goQuote(given)})`]
  return [' value', '']
}

/** What `-help` prints: the options with their defaults. */
export const usageText = (program: string): string => {
  const known = SORTED.map(([flag, name]): readonly [string, string] => {
    const [kind, standard] = kindText(name)
    return [flag, `  -${flag}${kind}\n    \t${USAGE[name]}${standard}\n`]
  })
  const others = [...NOT_BUILT].map(([flag, what]): readonly [string, string] => [
    flag,
    `  -${flag} value\n    \t${what}\n`,
  ])
  const lines = [...known, ...others].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  return `Usage: ${program} [OPTION]...\n${lines.join('')}`
}

const list = (values: readonly string[]): string => `[${values.join(' ')}]`

/** The options as flanneld logs them: Go's `%+v` of its struct. */
export const optionsText = (o: FlanneldOptions): string => {
  const fields: readonly (readonly [string, string | number | boolean])[] = [
    ['etcdEndpoints', o.etcdEndpoints],
    ['etcdPrefix', o.etcdPrefix],
    ['etcdKeyfile', o.etcdKeyfile],
    ['etcdCertfile', o.etcdCertfile],
    ['etcdCAFile', o.etcdCafile],
    ['etcdUsername', o.etcdUsername],
    ['etcdPassword', o.etcdPassword],
    ['version', o.version],
    ['kubeSubnetMgr', o.kubeSubnetMgr],
    ['kubeApiUrl', o.kubeApiUrl],
    ['kubeAnnotationPrefix', o.kubeAnnotationPrefix],
    ['kubeConfigFile', o.kubeconfigFile],
    ['iface', list(o.iface)],
    ['ifaceRegex', list(o.ifaceRegex)],
    ['ipMasq', o.ipMasq],
    ['ifaceCanReach', o.ifaceCanReach],
    ['subnetFile', o.subnetFile],
    ['publicIP', o.publicIp],
    ['publicIPv6', o.publicIpv6],
    ['subnetLeaseRenewMargin', o.subnetLeaseRenewMargin],
    ['healthzIP', o.healthzIp],
    ['healthzPort', o.healthzPort],
    ['iptablesResyncSeconds', o.iptablesResync],
    ['iptablesForwardRules', o.iptablesForwardRules],
    ['netConfPath', o.netConfigPath],
    ['setNodeNetworkUnavailable', o.setNodeNetworkUnavailable],
  ]
  return `{${fields.map(([name, value]) => `${name}:${value}`).join(' ')}}`
}
