/**
 * The command line of flanneld, as Go's flag package reads it: `-iface=eth0`, `--iface eth0`, and FLANNELD_IFACE in the
 * environment.
 *
 * @see flannel main.go init; coreos/pkg/flagutil
 */

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
}

type Name = keyof FlanneldOptions
const NAMES = Object.keys(FLANNELD_DEFAULTS) as Name[]

/** `subnet-lease-renew-margin` for `subnetLeaseRenewMargin`. */
export const flagName = (name: string): string => name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)

const BY_FLAG: ReadonlyMap<string, Name> = new Map(NAMES.map(name => [flagName(name), name]))

/** What flanneld says of a command line that it can't read, with its exit status. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True']
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False']

type Values = { -readonly [K in Name]: FlanneldOptions[K] }

const invalid = (value: string, kind: string, flag: string): FlagError =>
  new FlagError(`invalid ${kind}value ${JSON.stringify(value)} for ${kind === '' ? 'flag ' : ''}-${flag}: parse error`)

const assign = (values: Values, name: Name, text: string): void => {
  const flag = flagName(name)
  const given = FLANNELD_DEFAULTS[name]
  const put = (value: unknown): void => {
    ;(values as Record<string, unknown>)[name] = value
  }
  if (typeof given === 'boolean') {
    if (!TRUE.includes(text) && !FALSE.includes(text)) throw invalid(text, 'boolean ', flag)
    put(TRUE.includes(text))
  } else if (typeof given === 'number') {
    if (!/^[+-]?(\d+|0x[0-9a-f]+)$/i.test(text)) throw invalid(text, '', flag)
    put(Number(text))
  } else if (typeof given === 'string') put(text)
  else put([...(values[name] as readonly string[]), text])
}

/**
 * Options of a command line without the program's name, and of the environment where the command line says nothing. Throws
 * a FlagError.
 */
export const parseFlags = (words: readonly string[], env: Readonly<Record<string, string>> = {}): FlanneldOptions => {
  const values: Values = { ...FLANNELD_DEFAULTS }
  const seen = new Set<Name>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const found = /^--?([^=-][^=]*)(?:=([\s\S]*))?$/.exec(word)
    // The first word that is no option ends them.
    if (word === '--' || word === '-' || !word.startsWith('-')) break
    if (found === null) throw new FlagError(`bad flag syntax: ${word}`)
    const [, flag = '', value] = found
    if (flag === 'help' || flag === 'h') throw new FlagError('')
    const name = BY_FLAG.get(flag)
    if (name === undefined) throw new FlagError(`flag provided but not defined: -${flag}`)
    const isBoolean = typeof FLANNELD_DEFAULTS[name] === 'boolean'
    if (value === undefined && !isBoolean && i + 1 >= words.length)
      throw new FlagError(`flag needs an argument: -${flag}`)
    assign(values, name, value ?? (isBoolean ? 'true' : words[++i]!))
    seen.add(name)
  }
  for (const name of NAMES) {
    const value = env[`FLANNELD_${flagName(name).toUpperCase().replaceAll('-', '_')}`]
    if (value !== undefined && !seen.has(name)) assign(values, name, value)
  }
  return values
}

/** What `-help` prints: the options with their defaults. */
export const usageText = (program: string): string => {
  const lines = [...BY_FLAG]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([flag, name]) => {
      const given = FLANNELD_DEFAULTS[name]
      if (typeof given === 'boolean') return `  -${flag}${given ? ' (default true)' : ''}`
      if (typeof given === 'number') return `  -${flag} int${given === 0 ? '' : ` (default ${given})`}`
      if (typeof given === 'string')
        return `  -${flag} string${given === '' ? '' : ` (default ${JSON.stringify(given)})`}`
      return `  -${flag} value`
    })
  return `Usage: ${program} [OPTION]...\n${lines.join('\n')}\n`
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
