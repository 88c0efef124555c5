/**
 * gce: routes to the hosts' subnets in a VPC network of Google Cloud, as flannel had it until v0.11. Each host makes the route to
 * its own subnet when it starts; the packets themselves go as they are, which the machines must be allowed to forward.
 *
 * @see flannel v0.11.0 backend/gce/gce.go, api.go, metadata.go
 */
import { NetworkError } from '../../app/go-net.js'
import { sleep, type Context, type Thread } from '../../app/thread.js'
import { ComputeClient, type GceResource, GoogleApiError } from '../../cloud/gce/compute-client.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { netText } from '../ip4-net.js'
import type { FlannelConfig } from '../subnet/config.js'
import { SubnetError } from '../subnet/subnet.js'
import { acquireLease } from './acquire.js'
import { type Backend, type BackendEnv, type BackendKind, type Network, SimpleNetwork } from './backend.js'

const MAX_POLLS = 100
const LOG_EVERY = 5
const PRIORITY = 1000
const NOT_FOUND = 404

/** `flannel-10-40-7-0-24`. */
const formatRouteName = (subnet: string): string => `flannel-${subnet.replace(/[./]/g, '-')}`

/** The last name of a path (path.Base). */
const base = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1)!

/** What went wrong, with words in front; passes on what is no error of the cloud. */
const because = (e: unknown, words: string): SubnetError => {
  if (!(e instanceof GoogleApiError) && !(e instanceof NetworkError) && !(e instanceof SubnetError)) throw e
  return new SubnetError(`${words}: ${e.message}`)
}

/** Does a part of the work; what goes wrong is told with words in front. */
function* doing<T>(words: string, work: Thread<T>): Thread<T> {
  try {
    return yield* work
  } catch (e) {
    throw because(e, words)
  }
}

/** What the daemon knows of its machine and its network (gceAPI). */
interface GceApi {
  readonly compute: ComputeClient
  readonly project: string
  /** URLs of the network and of this machine. */
  readonly network: string
  readonly instance: string
}

class GceBackend implements Backend {
  readonly #env: BackendEnv

  constructor(env: BackendEnv) {
    this.#env = env
  }

  *registerNetwork(ctx: Context, _config: FlannelConfig): Thread<Network> {
    const { ext } = this.#env
    const lease = yield* acquireLease(this.#env, ctx, { publicIp: ext.extAddr, backendType: '', backendData: '' })
    const api = yield* this.#newApi(ctx)
    const subnet = netText(lease.subnet)
    if (!(yield* doing('error handling matching route', this.#handleMatchingRoute(api, subnet)))) {
      const operation = yield* doing('error inserting route', this.#insertRoute(api, subnet))
      yield* doing('insert operaiton failed', this.#poll(api, operation))
    }
    return new SimpleNetwork(lease, ext.iface.mtu)
  }

  *#newApi(ctx: Context): Thread<GceApi> {
    const compute = new ComputeClient(this.#env.process, ctx)
    yield* doing('error creating client', compute.findCredentials())
    const metadata = (words: string, path: string): Thread<string> => doing(words, compute.metadata(path))
    const networkPath = yield* metadata('error getting network metadata', 'instance/network-interfaces/0/network')
    const project = base(yield* metadata('error getting project', 'project/project-id'))
    const hostname = yield* metadata('error getting instance name', 'instance/hostname')
    const zone = base(yield* metadata('error getting instance zone', 'instance/zone'))
    const network = yield* doing(
      'error getting network from compute service',
      compute.call('GET', `${project}/global/networks/${base(networkPath)}`),
    )
    const instance = yield* doing(
      'error getting instance from compute service',
      compute.call('GET', `${project}/zones/${zone}/instances/${hostname.split('.')[0]!}`),
    )
    return { compute, project, network: `${network['selfLink']}`, instance: `${instance['selfLink']}` }
  }

  #routePath({ project }: GceApi, subnet: string): string {
    return `${project}/global/routes/${formatRouteName(subnet)}`
  }

  /** True when the route is there already; one that leads elsewhere is deleted. */
  *#handleMatchingRoute(api: GceApi, subnet: string): Thread<boolean> {
    const { log } = this.#env
    let route: GceResource
    try {
      route = yield* api.compute.call('GET', this.#routePath(api, subnet))
    } catch (e) {
      if (!(e instanceof GoogleApiError)) throw because(e, 'error getting googleapi')
      if (e.status !== NOT_FOUND) throw because(e, 'error getting the route err')
      return false
    }
    if (route['nextHopInstance'] === api.instance) {
      log.info('gce.go:142', 'Exact pre-existing route found')
      return true
    }
    log.info('gce.go:146', 'Deleting conflicting route')
    const path = this.#routePath(api, subnet)
    const operation = yield* doing('error deleting conflicting route ', api.compute.call('DELETE', path))
    yield* doing('delete operation failed', this.#poll(api, operation))
    return false
  }

  #insertRoute(api: GceApi, subnet: string): Thread<GceResource> {
    this.#env.log.info('api.go:96', `Inserting route for subnet: ${subnet}`)
    return api.compute.call('POST', `${api.project}/global/routes`, {
      destRange: subnet,
      name: formatRouteName(subnet),
      network: api.network,
      nextHopInstance: api.instance,
      priority: PRIORITY,
    })
  }

  /** Waits for the end of an operation, asking once a second. */
  *#poll({ compute, project }: GceApi, { name }: GceResource): Thread {
    for (let i = 0; i < MAX_POLLS; i++) {
      const path = `${project}/global/operations/${name}`
      const operation = yield* doing('error fetching operation status', compute.call('GET', path))
      const { status, operationType } = operation
      if (i % LOG_EVERY === 0)
        this.#env.log.info('api.go:120', `${operationType} operation status: ${status} waiting for completion...`)
      if (status === 'DONE') return
      yield* sleep(NSEC_PER_SEC)
    }
    throw new SubnetError('timeout waiting for operation to finish')
  }
}

/** The backend `gce`. */
export const GCE_BACKEND: BackendKind = { type: 'gce', make: env => new GceBackend(env) }
