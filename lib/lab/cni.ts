/**
 * CNI as users hold it: attach containers to the host's networks.
 */
import { Process } from '../app/process.js'
import { checkOptions } from '../app/text.js'
import { spawn, type Thread } from '../app/thread.js'
import { CniError } from '../cni/cni-error.js'
import { goErrorText } from '../app/go-error.js'
import { goMarshal } from '../app/go-json.js'
import { addNetworkList, checkNetworkList, delNetworkList } from '../cni/libcni/api.js'
import { type CniDns, resultJson } from '../cni/result.js'
import { type CniCall, cniCall, type CniRequest } from '../cni/runtime.js'
import { decodeVersion } from '../cni/version.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import type { Netns } from './netns.js'
import { Program } from './program.js'
import { netnsOf } from './refs.js'

/** Options of {@link CniApi}. */
export interface CniOptions {
  /** Id under which the plugins know the container; the namespace's name when absent. */
  readonly containerId?: string
  /** Name of the container's device; `eth0`. */
  readonly ifName?: string
  /** The network's configuration: JSON, or what it says, of a list or a single plugin. The host's files when absent. */
  readonly conf?: string | object
  /** Name of a network of `/etc/cni/net.d`; that of the first file when absent. */
  readonly network?: string
  /** Directory with the host's networks; `/etc/cni/net.d`. */
  readonly netDir?: string
  /** Pairs for CNI_ARGS, for example `{ IP: '10.244.1.77' }`. */
  readonly args?: Readonly<Record<string, string>>
  /** Data for plugins that have the capability, for example `ipRanges`. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>
}

/** What the plugins have done, as they print it. */
export interface CniAddResult {
  readonly cniVersion?: string
  readonly interfaces?: readonly { readonly name: string; readonly mac?: string; readonly sandbox?: string }[]
  readonly ips?: readonly {
    readonly version: string
    readonly interface?: number
    readonly address: string
    readonly gateway?: string
  }[]
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[]
  /** The address in versions before 0.3.0. */
  readonly ip4?: { readonly ip: string; readonly gateway?: string }
  readonly dns: CniDns
}

/** Why a plugin has failed. */
export interface CniFailure {
  /** As in the specification of CNI; 999 for most. */
  readonly code: number
  readonly msg: string
  readonly details: string
}

const OPTIONS = ['containerId', 'ifName', 'conf', 'network', 'netDir', 'args', 'capabilityArgs']

/** A runtime that attaches a container, checks it, or takes it away. Make one with `netns.cni`. */
export class Cni extends Program {
  #result: CniAddResult | null = null
  #failure: CniFailure | null = null

  /** @internal use `netns.cni` */
  constructor(process: Process, work: (cni: Cni) => Thread) {
    super(process)
    spawn(process, () => this.#main(work))
  }

  *#main(work: (cni: Cni) => Thread): Thread {
    const { process } = this
    try {
      yield* work(this)
      process.exit(0)
    } catch (e) {
      const text = goErrorText(e)
      const { code, msg, details } = e instanceof CniError ? e : { code: 0, msg: text, details: '' }
      this.#failure = { code, msg, details }
      process.stderr += `${text}\n`
      process.exit(1)
    }
  }

  /** What the plugins have done; null until it is done, after a failure, and for anything but `add`. */
  get result(): CniAddResult | null {
    return this.#result
  }

  /** Why it has failed; null where it has not. */
  get failure(): CniFailure | null {
    return this.#failure
  }

  /** @internal */
  succeeded(result: object): void {
    this.#result = result as CniAddResult
    this.process.stdout += goMarshal(result, 4)
  }

  override toJSON(): object {
    return { exitStatus: this.exitStatus, result: this.#result, failure: this.#failure }
  }
}

/**
 * CNI on a host: `netns.cni`. The plugins `bridge`, `host-local`, `flannel` and `loopback` stand in `/opt/cni/bin` of every host.
 *
 * @example
 * const pod = world.addNetns('pod')
 * const add = h1.cni.add(pod, { conf: { cniVersion: '0.4.0', name: 'net1', type: 'bridge', isGateway: true,
 *   ipam: { type: 'host-local', subnet: '10.244.1.0/24' } } })
 * world.run()
 * add.result.ips[0].address // '10.244.1.2/24'
 */
export class CniApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Attaches a namespace to a network; done when the world has run. Throws ENOENT for a namespace, EINVAL for a configuration, EGRAMMAR
   * for plugins that netloom has not; what the plugins refuse is in `failure`.
   */
  add(container: Netns | string, options: CniOptions = {}): Cni {
    return this.#start(
      'add',
      container,
      options,
      (process, { list, rt }) =>
        function* (cni): Thread {
          const result = yield* addNetworkList(process, list, rt)
          cni.succeeded(resultJson(result, decodeVersion(list.json)))
        } as (cni: Cni) => Thread,
    )
  }

  /** Asks the plugins whether all is there that `add` has made; `failure` says what is not. Throws as {@link add} does. */
  check(container: Netns | string, options: CniOptions = {}): Cni {
    return this.#start(
      'check',
      container,
      options,
      (process, { list, rt }) =>
        () =>
          checkNetworkList(process, list, rt),
    )
  }

  /** Takes a namespace from a network; that nothing is there is no failure. Throws as {@link add} does. */
  del(container: Netns | string, options: CniOptions = {}): Cni {
    return this.#start(
      'del',
      container,
      options,
      (process, { list, rt }) =>
        () =>
          delNetworkList(process, list, rt),
    )
  }

  #start(
    what: string,
    container: Netns | string,
    options: CniOptions,
    work: (process: Process, call: CniCall) => (cni: Cni) => Thread,
  ): Cni {
    checkOptions(`cni.${what}`, options, OPTIONS)
    const { conf, ...rest } = options
    const netns = netnsOf(this.#netns, typeof container === 'string' ? container : container.name)
    const request: CniRequest = {
      containerId: netns.name,
      ...rest,
      netns,
      ...(conf !== undefined && { conf: typeof conf === 'string' ? conf : JSON.stringify(conf) }),
    }
    const call = cniCall(this.#netns, request)
    const process = new Process(this.#netns, 'cni')
    return new Cni(process, work(process, call))
  }
}
