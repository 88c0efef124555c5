/**
 * Masquerading for one container: a chain of its own in the table nat, entered from POSTROUTING by the container's address.
 *
 * @see plugins v0.9.1 pkg/ip/ipmasq_linux.go, pkg/utils/utils.go; go-iptables v0.5.0
 */
import { exec } from '../app/exec.js'
import type { Process } from '../app/process.js'
import type { Thread } from '../app/thread.js'
import { formatIpv4 } from '../wire/ip.js'
import { goQuote } from '../app/go-text.js'
import { GoError } from '../app/go-error.js'
import { type IpNet, ipNetText } from './ip-net.js'
import { sha512Hex } from './sha512.js'

const IPTABLES = '/usr/sbin/iptables'
const MAX_CHAIN = 28
const MULTICAST = '224.0.0.0/4'
const EXISTS = 1

/** The chain of a container in a network: `CNI-` and a hash of both names. */
export const formatChainName = (network: string, containerId: string): string =>
  `CNI-${sha512Hex(network + containerId)}`.slice(0, MAX_CHAIN)

/** The comment of a container's rules. */
export const formatComment = (network: string, containerId: string): string =>
  `name: ${goQuote(network)} id: ${goQuote(containerId)}`

/** An iptables that has failed. */
class IptablesError extends GoError {
  readonly status: number
  /** There is no such rule or chain. */
  readonly isNotExist: boolean

  constructor(argv: readonly string[], status: number, text: string) {
    super(`running [${argv.join(' ')}]: exit status ${status}: ${text}`)
    this.status = status
    this.isNotExist =
      status === 1 &&
      /Bad rule \(does a matching rule exist in that chain\?\)\.\n|No chain\/target\/match by that name\.\n/.test(text)
  }
}

function* iptables(process: Process, ...args: readonly string[]): Thread<string> {
  const argv = [IPTABLES, '-t', 'nat', ...args, '--wait']
  const { status, stdout, stderr } = yield* exec(process, argv)
  if (status !== 0) throw new IptablesError(argv, status, stderr)
  return stdout
}

/** The names of the chains of the table; they stand in front of the rules. */
function* listChains(process: Process): Thread<string[]> {
  const lines = (yield* iptables(process, '-S')).split('\n')
  return lines.filter(line => /^-[PN] /.test(line)).map(line => line.split(' ')[1]!)
}

function* appendUnique(process: Process, chain: string, ...rule: readonly string[]): Thread {
  try {
    yield* iptables(process, '-C', chain, ...rule)
    return
  } catch (e) {
    if (!(e instanceof IptablesError) || e.status !== 1) throw e
  }
  yield* iptables(process, '-A', chain, ...rule)
}

/** Lets the addresses of the network pass, masquerades the rest but multicast. Throws GoError. */
export function* setupIpMasq(process: Process, ipn: IpNet, chain: string, comment: string): Thread {
  const said = ['-m', 'comment', '--comment', comment]
  let chains: readonly string[]
  try {
    chains = yield* listChains(process)
  } catch (e) {
    throw e instanceof IptablesError ? new GoError(`failed to list chains: ${e.message}`) : e
  }
  if (!chains.includes(chain)) yield* iptables(process, '-N', chain)
  yield* appendUnique(process, chain, '-d', ipNetText(ipn), '-j', 'ACCEPT', ...said)
  yield* appendUnique(process, chain, '!', '-d', MULTICAST, '-j', 'MASQUERADE', ...said)
  yield* appendUnique(process, 'POSTROUTING', '-s', formatIpv4(ipn.ip), '-j', chain, ...said)
}

/** Runs iptables; what is not there need not be taken away. */
function* unlessMissing(process: Process, ...args: readonly string[]): Thread {
  try {
    yield* iptables(process, ...args)
  } catch (e) {
    if (!(e instanceof IptablesError) || !e.isNotExist) throw e
  }
}

/** A chain without rules: made, or emptied where it is there. */
function* clearChain(process: Process, chain: string): Thread {
  try {
    yield* iptables(process, '-N', chain)
  } catch (e) {
    if (!(e instanceof IptablesError) || e.status !== EXISTS) throw e
    yield* unlessMissing(process, '-F', chain)
  }
}

/** Takes away what {@link setupIpMasq} has made. Throws GoError. */
export function* teardownIpMasq(process: Process, ipn: IpNet, chain: string, comment: string): Thread {
  const said = ['-m', 'comment', '--comment', comment]
  yield* unlessMissing(process, '-D', 'POSTROUTING', '-s', formatIpv4(ipn.ip), '-j', chain, ...said)
  // Rules of versions before 0.8.
  yield* unlessMissing(process, '-D', 'POSTROUTING', '-s', ipNetText(ipn), '-j', chain, ...said)
  yield* clearChain(process, chain)
  yield* unlessMissing(process, '-X', chain)
}
