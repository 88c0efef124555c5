/**
 * kube-apiserver: the program that serves the Kubernetes API on a host.
 *
 * Left out: TLS, authentication, authorization, HTTP/2, protobuf and YAML bodies, server-side apply, dry runs, priority and
 * fairness, and every resource that resources.ts does not name.
 *
 * @see kubernetes cmd/kube-apiserver
 */
import { serveStream } from '../../app/http-server.js'
import { Process } from '../../app/process.js'
import { listenStream } from '../../app/stream.js'
import { sleep, spawn, type Thread } from '../../app/thread.js'
import type { Netns } from '../../core/netns.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { ApiHandler } from './handler.js'
import { apiHttp, apiResponder } from './serving.js'
import { Registry } from './registry.js'
import { RESOURCES } from './resources.js'
import { type Storage, storageOf } from './storage.js'

/** Options of `netns.kubeApiserver`, by the flags of kube-apiserver. */
export interface KubeApiserverOptions {
  /** Address to listen on; `0.0.0.0` when absent. */
  readonly bindAddress?: string
  /** Port; 6443 when absent. */
  readonly securePort?: number
  /** Address that the server says it is reached at; that of the listener when absent. */
  readonly advertiseAddress?: string
}

/** Port of an API server by default (`--secure-port`). */
export const DEFAULT_PORT = 6443
/** Versions that were replaced this long ago are forgotten. */
const COMPACT_NS = 300 * NSEC_PER_SEC

function* compactor(storage: Storage): Thread {
  let seen = storage.revision
  for (;;) {
    yield* sleep(COMPACT_NS, { idle: true })
    storage.compact(seen)
    seen = storage.revision
  }
}

/** A running API server. */
export interface KubeApiserverProgram {
  readonly process: Process
  readonly address: string
  readonly port: number
  /** Registries by the name of their resource. */
  readonly registries: ReadonlyMap<string, Registry>
}

/** Starts an API server in a namespace. Throws EADDRINUSE, EADDRNOTAVAIL; then no program is left. */
export const kubeApiserver = (netns: Netns, config: KubeApiserverOptions = {}): KubeApiserverProgram => {
  const { bindAddress = '0.0.0.0', securePort = DEFAULT_PORT, advertiseAddress = bindAddress } = config
  const process = new Process(netns, 'kube-apiserver')
  process.isDaemon = true
  const storage = storageOf(netns)
  const registries = RESOURCES.map(resource => new Registry(resource, storage, netns.world, netns.rng))
  const handler = new ApiHandler(registries, netns.world, () => `${advertiseAddress}:${securePort}`)
  try {
    const respond = apiResponder(process, handler)
    listenStream(process, bindAddress, securePort, stream => serveStream(stream, respond, apiHttp(process)))
  } catch (e) {
    process.exit(1)
    throw e
  }
  spawn(process, () => compactor(storage))
  return {
    process,
    address: bindAddress,
    port: securePort,
    registries: new Map(registries.map(r => [r.resource.name, r])),
  }
}
