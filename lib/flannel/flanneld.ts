/**
 * flanneld v0.20.2: gives its host a subnet of the cluster's network, and sees that packets for the others' subnets get there.
 *
 * Left out: IPv6, TLS and passwords towards etcd. Other versions are other programs.
 *
 * @see flannel main.go
 */
import { Process } from '../app/process.js'
import { Context, firstOf, Future, slept, spawn, type Thread, type ThreadHandle, wait } from '../app/thread.js'
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { type FileSystem, fsOf } from '../fs/file-system.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import type { Prefix } from '../wire/ip.js'
import { type BackendEnv, type ExternalInterface, type Network, PeerTable } from './backend/backend.js'
import { getBackend } from './backends.js'
import { chooseExtIface } from './ext-iface.js'
import { type FlanneldOptions, optionsText } from './flags.js'
import { Klog } from '../app/klog.js'
import { joinHostPort, serveHealthz } from './healthz.js'
import { netEqual, netText } from './ip4-net.js'
import { FlannelIptables, forwardRules, masqRules } from './network/iptables.js'
import { lookForIp6Cidr, readCidrFromSubnetFile, subnetFileText, writeSubnetFile } from './subnet-file.js'
import type { FlannelConfig } from './subnet/config.js'
import { LocalManager } from './subnet/etcd/local-manager.js'
import { newKubeSubnetManager } from './subnet/kube/kube.js'
import { type LeaseEnd, SubnetError, type SubnetManager } from './subnet/subnet.js'

/** Version that it is. */
export const FLANNEL_VERSION = 'v0.20.2'

const MINUTES_OF_DAY = 24 * 60
const CONFIG_RETRY_NS = NSEC_PER_SEC
/** Exit status of a Go program that panics. */
const EXIT_PANIC = 2
const PANIC = 'panic: runtime error: index out of range [0] with length 0\n\ngoroutine 1 [running]:\n'

/** What a user of the lab may fix besides the command line. */
export interface FlanneldFixed {
  /** MAC of a device that the backend makes, 48-bit number; drawn at random when absent. */
  readonly vtepMac?: number
  /** The subnet that it draws when it has to draw one and this is among the free ones; drawn at random when absent. */
  readonly subnet?: Prefix
  /** Environment of the program. */
  readonly env?: Readonly<Record<string, string>>
}

/** Ends the daemon from inside a thread. */
class Exit extends Error {
  readonly status: number
  constructor(status: number) {
    super(`exit ${status}`)
    this.status = status
  }
}

/** Refuses options that ask for what netloom has not. Throws a SubnetError. */
const refuseNotBuilt = (o: FlanneldOptions): void => {
  const tls = [o.etcdKeyfile, o.etcdCertfile, o.etcdCafile, o.etcdUsername, o.etcdPassword].some(v => v !== '')
  if (tls)
    throw new SubnetError(
      'etcd-keyfile, etcd-certfile, etcd-cafile, etcd-username, etcd-password: netloom has no TLS and no users of etcd; leave them out',
    )
  if (o.publicIpv6 !== '') throw new SubnetError('public-ipv6: netloom has IPv4 only; leave it out')
  const paths = [
    ['subnet-file', o.subnetFile],
    ['net-config-path', o.netConfigPath],
    ['kubeconfig-file', o.kubeconfigFile],
  ] as const
  for (const [flag, path] of paths)
    if (path !== '' && !path.startsWith('/'))
      throw new SubnetError(`${flag}: ${path} must begin with /: there is no working directory`)
}

/** A running flanneld. Make one with {@link startFlanneld}. */
export class Flanneld {
  readonly process: Process
  readonly options: FlanneldOptions
  readonly #fixed: FlanneldFixed
  readonly #log: Klog
  readonly #ctx = new Context()
  readonly #fs: FileSystem
  readonly #signal = new Future<void>()
  readonly #iptables: FlannelIptables
  #shutdown: ThreadHandle | null = null
  /** What it knows of the other hosts. */
  readonly peers: PeerTable = new PeerTable()
  /** The network, once it stands. */
  network: Network | null = null

  /** @internal */
  constructor(netns: Netns, options: FlanneldOptions, fixed: FlanneldFixed) {
    this.options = options
    this.#fixed = fixed
    this.process = new Process(netns, 'flanneld')
    this.process.isDaemon = true
    this.#log = new Klog(this.process, options.v)
    this.#fs = fsOf(netns)
    this.#iptables = new FlannelIptables(this.process, this.#log)
    spawn(this.process, () => this.#main())
  }

  *#main(): Thread {
    try {
      yield* this.#run()
    } catch (e) {
      if (!(e instanceof Exit)) throw e
      this.process.exit(e.status)
    }
  }

  *#run(): Thread {
    const log = this.#log
    const { options: o } = this
    if (o.envError !== null) log.error('main.go:200', `Failed to set flag FLANNELD from env${o.envError}`)
    log.info('main.go:204', `CLI flags config: ${optionsText(o)}`)
    if (o.subnetLeaseRenewMargin >= MINUTES_OF_DAY || o.subnetLeaseRenewMargin <= 0) {
      log.error('main.go:208', 'Invalid subnet-lease-renew-margin option, out of acceptable range')
      throw new Exit(1)
    }
    const sm = yield* this.#subnetManager()
    log.info('main.go:224', `Created subnet manager: ${sm.name}`)
    log.info('main.go:227', 'Installing signal handlers')
    this.process.onSignal = () => this.#signal.set()
    this.#shutdown = spawn(this.process, () => this.#shutdownHandler(sm), 'signals of flanneld')
    this.#runHealthz()
    const config = yield* this.#getConfig(sm)
    if (config === null) return this.#exitAfter(0)
    if (!config.isIpv4) {
      log.error('main.go:253', 'none defined stack')
      throw new Exit(1)
    }
    const ext = chooseExtIface(this.process.netns, this.options, log)
    if (ext === null) throw new Exit(1)
    const network = yield* this.#register(sm, config, ext)
    this.network = network
    yield* this.#setUpRules(config, network)
    this.#writeSubnetFile(config, network)
    log.info('main.go:383', 'Running backend.')
    const running = spawn(this.process, () => network.run(this.#ctx), 'backend of flanneld')
    const end = yield* this.#completeLease(sm, network)
    if (end !== 'done') log.error('main.go:397', `CompleteLease execute error err: ${end}`)
    log.info('main.go:404', 'Waiting for all goroutines to exit')
    if (end === 'interrupted') this.#cancel(sm)
    yield* wait(running.ended)
    log.info('main.go:407', 'Exiting cleanly...')
    throw new Exit(0)
  }

  /** Keeps the lease; a manager that can't say that the lease is complete is logged, and that is all. */
  *#completeLease(sm: SubnetManager, { lease }: Network): Thread<LeaseEnd> {
    try {
      return yield* sm.completeLease(this.#ctx, lease)
    } catch (e) {
      if (this.#ctx.isCancelled) return 'canceled'
      if (!(e instanceof SubnetError)) throw e
      this.#log.error('main.go:397', `CompleteLease execute error err: ${e.message}`)
      return 'done'
    }
  }

  *#subnetManager(): Thread<SubnetManager> {
    try {
      refuseNotBuilt(this.options)
      return yield* this.#makeSubnetManager()
    } catch (e) {
      if (!(e instanceof SubnetError) && !(e instanceof NetloomError)) throw e
      this.#log.error('main.go:221', `Failed to create SubnetManager: ${e.message}`)
      throw new Exit(1)
    }
  }

  *#makeSubnetManager(): Thread<SubnetManager> {
    const { options: o, process } = this
    const log = this.#log
    if (o.kubeSubnetMgr)
      return yield* newKubeSubnetManager(process, { ...o, env: this.#fixed.env ?? {} }, log, this.#ctx)
    const previous = readCidrFromSubnetFile(this.#fs, o.subnetFile, 'FLANNEL_SUBNET', log)
    lookForIp6Cidr(this.#fs, o.subnetFile, 'FLANNEL_IPV6_SUBNET', log)
    const etcd = { endpoints: o.etcdEndpoints.split(','), prefix: o.etcdPrefix }
    return new LocalManager(process, etcd, previous, o.subnetLeaseRenewMargin, log, this.#fixed.subnet ?? null)
  }

  /** Waits for a signal or for the end of the context. */
  *#shutdownHandler(sm: SubnetManager): Thread {
    const { which } = yield* wait(firstOf({ done: this.#ctx.done, signal: this.#signal.done }))
    if (which === 'done') return this.#log.info('main.go:447', 'Stopping shutdownHandler...')
    this.#cancel(sm, () => this.#log.info('main.go:451', 'shutdownHandler sent cancel signal...'))
  }

  /**
   * Ends everything; a daemon whose watches run crashes then, as v0.20.2 takes the first event of an answer that has none.
   *
   * DIFFERS: the stack behind the panic's first lines is not printed.
   */
  #cancel(sm: SubnetManager, say: () => void = () => {}): void {
    const isWatching = this.network !== null
    this.process.onSignal = null
    this.#ctx.cancel()
    say()
    if (!isWatching || !sm.crashesOnCancel) return
    this.process.stderr += PANIC
    this.process.exit(EXIT_PANIC)
  }

  /** The end of a start that went wrong: the threads that were started end first. */
  *#fail(at: string, text: string): Thread<never> {
    this.#log.error(at, text)
    this.#ctx.cancel()
    if (this.#shutdown !== null) yield* wait(this.#shutdown.ended)
    throw new Exit(1)
  }

  #exitAfter(status: number): never {
    throw new Exit(status)
  }

  #runHealthz(): void {
    const { healthzIp, healthzPort } = this.options
    if (healthzPort <= 0) return
    this.#log.info('main.go:522', `Start healthz server on ${joinHostPort(healthzIp, healthzPort)}`)
    const why = serveHealthz(this.process, healthzIp, healthzPort)
    if (why === null) return
    this.#log.error('main.go:539', `Start healthz server error. ${why}`)
    this.process.stderr += `panic: ${why}\n\ngoroutine 1 [running]:\n`
    throw new Exit(EXIT_PANIC)
  }

  /**
   * Reads the configuration, again every second until it is there; null when a signal has come.
   *
   * DIFFERS: of a call that a signal ends, etcd's client writes a line of JSON to standard error, with addresses of memory in
   * it; here it writes none.
   */
  *#getConfig(sm: SubnetManager): Thread<FlannelConfig | null> {
    const ctx = this.#ctx
    for (;;) {
      try {
        const config = yield* sm.getNetworkConfig(ctx)
        this.#log.info('main.go:467', `Found network config - Backend type: ${config.backendType}`)
        return config
      } catch (e) {
        if (!ctx.isCancelled && !(e instanceof SubnetError)) throw e
        const why = ctx.isCancelled ? 'context canceled' : (e as Error).message
        this.#log.error('main.go:463', `Couldn't fetch network config: ${why}`)
      }
      const { which } = yield* wait(firstOf({ done: ctx.done, late: slept(CONFIG_RETRY_NS) }))
      if (which === 'done') return null
      this.process.stdout += 'timed out\n'
    }
  }

  *#register(sm: SubnetManager, config: FlannelConfig, ext: ExternalInterface): Thread<Network> {
    const { process } = this
    const env: BackendEnv = {
      process,
      log: this.#log,
      sm,
      ext,
      vtepMac: this.#fixed.vtepMac ?? null,
      peers: this.peers,
    }
    let stage = 'Error fetching backend'
    let at = 'main.go:319'
    try {
      const backend = getBackend(config.backendType, env)
      stage = 'Error registering network'
      at = 'main.go:327'
      return yield* backend.registerNetwork(this.#ctx, config)
    } catch (e) {
      if (this.#ctx.isCancelled) return yield* this.#fail(at, `${stage}: context canceled`)
      if (!(e instanceof SubnetError)) throw e
      return yield* this.#fail(at, `${stage}: ${e.message}`)
    }
  }

  *#setUpRules(config: FlannelConfig, { lease }: Network): Thread {
    const { options: o, process } = this
    const { network } = config
    const ensure = (rules: ReturnType<typeof masqRules>): void => {
      spawn(process, () => this.#iptables.setupAndEnsure(rules, o.iptablesResync), 'iptables of flanneld')
    }
    if (o.ipMasq) {
      yield* this.#recycle(config, lease.subnet)
      this.#log.info('main.go:342', 'Setting up masking rules')
      yield* this.#iptables.createChain('nat', 'FLANNEL-POSTRTG')
      ensure(masqRules(network, lease.subnet))
    }
    if (!o.iptablesForwardRules) return
    this.#log.info('main.go:364', 'Changing default FORWARD chain policy to ACCEPT')
    yield* this.#iptables.createChain('filter', 'FLANNEL-FWD')
    ensure(forwardRules(network))
  }

  /** Removes the rules of another network and subnet that the subnet file still speaks of. */
  *#recycle({ network }: FlannelConfig, subnet: FlannelConfig['network']): Thread {
    const { subnetFile } = this.options
    const previousNetwork = readCidrFromSubnetFile(this.#fs, subnetFile, 'FLANNEL_NETWORK', this.#log)
    const previousSubnet = readCidrFromSubnetFile(this.#fs, subnetFile, 'FLANNEL_SUBNET', this.#log)
    if (netEqual(previousNetwork, network) || netEqual(previousSubnet, subnet)) return
    const now = `(${netText(network)}, ${netText(subnet)})`
    const before = `(${netText(previousNetwork)}, ${netText(previousSubnet)})`
    const text = `Current network or subnet ${now} is not equal to previous one ${before}, trying to recycle old iptables rules`
    this.#log.info('main.go:416', text)
    try {
      yield* this.#iptables.teardown(masqRules(previousNetwork, previousSubnet))
    } catch (e) {
      yield* this.#fail('main.go:337', `Failed to recycle IPTables rules, ${(e as Error).message}`)
    }
  }

  #writeSubnetFile(config: FlannelConfig, network: Network): void {
    const { subnetFile, ipMasq } = this.options
    try {
      writeSubnetFile(this.#fs, subnetFile, subnetFileText(config, ipMasq, network))
      this.#log.info('main.go:379', `Wrote subnet file to ${subnetFile}`)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      this.#log.warning('main.go:377', `Failed to write subnet file: ${e.message}`)
    }
  }
}

/**
 * Starts flanneld in the namespace of a host. It runs until it is killed, loses its lease or can't start; what it says is in
 * `process.stderr`.
 */
export const startFlanneld = (netns: Netns, options: FlanneldOptions, fixed: FlanneldFixed = {}): Flanneld =>
  new Flanneld(netns, options, fixed)
