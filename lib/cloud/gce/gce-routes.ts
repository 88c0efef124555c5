/**
 * The static routes of a network: checks, quota, operations, and which of them count.
 *
 * Of the routes to one destination those of the smallest priority count whose machine runs; of several a flow takes one. A route
 * whose machine is stopped or deleted is disregarded.
 *
 * @see Google Cloud, "Routes", section about the order of routing
 */
import { Printable } from '../../app/printable.js'
import { NetloomError } from '../../errors.js'
import { formatIpv4, formatPrefix, maskOf, parseIpv4, parsePrefix, type Prefix } from '../../wire/ip.js'
import { resourceNumber } from '../id.js'
import type { Nic } from '../nic.js'
import type { VpcTable } from '../vpc-table.js'
import { checkName, GceError } from './gce-error.js'
import type { GceNetwork } from './gce-network.js'
import type { GceOperation, GceRoute, GceRouteSpec } from './gce-route.js'

const PRIORITY_MAX = 65535
const DEFAULT_PRIORITY = 1000

/** Path of a resource in a URL, or in a part of one: what begins with `projects/`. */
const pathIn = (url: string, project: string): string => {
  const at = url.indexOf('projects/')
  return at >= 0 ? url.slice(at) : `projects/${project}/${url.replace(/^\//, '')}`
}

/** The static routes of a network. */
export class GceRoutes extends Printable {
  /** Operations by name. */
  readonly operations: Map<string, GceOperation> = new Map()
  readonly #network: GceNetwork
  readonly #table: VpcTable
  readonly #quota: number
  readonly #operationNs: number
  readonly #routes = new Map<string, GceRoute>()
  /** Destinations that the router has. */
  #programmed: Prefix[] = []

  /** @internal */
  constructor(network: GceNetwork, table: VpcTable, quota: number, operationNs: number) {
    super()
    this.#network = network
    this.#table = table
    this.#quota = quota
    this.#operationNs = operationNs
  }

  /** All routes by name, those under way included. */
  list(): GceRoute[] {
    return [...this.#routes.values()]
  }

  /** A route. Throws notFound. */
  get(name: string): GceRoute {
    const route = this.#routes.get(name)
    if (route !== undefined) return route
    throw new GceError('notFound', `The resource '${this.pathOf(name)}' was not found`)
  }

  /** `projects/PROJECT/global/routes/NAME`. */
  pathOf(name: string): string {
    return `projects/${this.#network.project}/global/routes/${name}`
  }

  /** Begins to make a route. Throws invalid, alreadyExists, quotaExceeded. */
  insert(spec: GceRouteSpec): GceOperation {
    const { name } = spec
    checkName(name)
    const route = this.#routeOf(spec)
    if (this.#routes.has(name))
      throw new GceError('alreadyExists', `The resource '${this.pathOf(name)}' already exists`)
    if (this.#routes.size >= this.#quota)
      throw new GceError('quotaExceeded', `Quota 'ROUTES' exceeded.  Limit: ${this.#quota}.0 globally.`)
    this.#routes.set(name, route)
    return this.#begin('insert', route, () => {
      route.isLive = true
    })
  }

  /** Begins to delete a route. Throws notFound, resourceNotReady. */
  delete(name: string): GceOperation {
    const route = this.get(name)
    if (!route.isLive || route.isLeaving)
      throw new GceError('resourceNotReady', `The resource '${this.pathOf(name)}' is not ready`)
    route.isLeaving = true
    return this.#begin('delete', route, () => this.#routes.delete(name))
  }

  #begin(operationType: 'insert' | 'delete', route: GceRoute, done: () => void): GceOperation {
    const { rng, network } = this.#network
    const { world } = network.netns
    const { now } = world
    const hex = (digits: number): string => rng.u32().toString(16).padStart(8, '0').slice(0, digits)
    const operation: GceOperation = {
      id: resourceNumber(rng),
      name: `operation-${Math.floor(now / 1e6)}-${hex(8)}${hex(5)}-${hex(8)}-${hex(8)}`,
      operationType,
      target: this.pathOf(route.name),
      targetId: route.id,
      startNs: now,
      endNs: now + this.#operationNs,
    }
    this.operations.set(operation.name, operation)
    const end = (): void => {
      done()
      this.program()
    }
    world.sim.schedule(this.#operationNs, end, undefined, 0, `${operationType} of route ${route.name}`)
    return operation
  }

  #routeOf(spec: GceRouteSpec): GceRoute {
    const { priority = DEFAULT_PRIORITY, description = '' } = spec
    if (!(Number.isInteger(priority) && priority >= 0 && priority <= PRIORITY_MAX))
      throw GceError.field('priority', `${priority}`, `Must be less than or equal to ${PRIORITY_MAX}`)
    const { rng, network } = this.#network
    return {
      name: spec.name,
      description,
      destRange: this.#destRange(spec.destRange),
      priority,
      ...this.#nextHop(spec),
      id: resourceNumber(rng),
      createdNs: network.netns.world.now,
      isLive: false,
      isLeaving: false,
    }
  }

  #destRange(text: string): Prefix {
    let range: Prefix
    try {
      range = parsePrefix(text)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      throw GceError.field('destRange', text, 'Must be a CIDR address range.')
    }
    const { addr, len } = range
    if (!text.includes('/') || (addr & ~maskOf(len)) !== 0)
      throw GceError.field('destRange', text, 'Must be a CIDR address range.')
    for (const { name, kernel } of this.#network.subnets)
      if (len >= kernel.prefix.len && ((addr ^ kernel.prefix.addr) & maskOf(kernel.prefix.len)) === 0)
        throw GceError.field('destRange', text, `It lies within the range of the subnetwork '${name}'.`)
    return range
  }

  #nextHop(spec: GceRouteSpec): { nextHopInstance: string | null; nextHopIp: number | null } {
    const { nextHopInstance: instance, nextHopIp } = spec
    if ((instance === undefined) === (nextHopIp === undefined))
      throw new GceError('invalid', 'Exactly one next hop of nextHopInstance and nextHopIp must be specified.')
    if (nextHopIp !== undefined) {
      const addr = parseIpv4(nextHopIp)
      if (this.#network.subnets.some(({ kernel: { prefix } }) => ((addr ^ prefix.addr) & maskOf(prefix.len)) === 0))
        return { nextHopInstance: null, nextHopIp: addr }
      throw GceError.field('nextHopIp', nextHopIp, 'It lies in no subnetwork of the network.')
    }
    const { project, zone } = this.#network
    const text = typeof instance === 'string' ? instance : instance!.path
    const path = text.includes('/') ? pathIn(text, project) : `projects/${project}/zones/${zone}/instances/${text}`
    if (this.#network.instanceByPath(path) !== null) return { nextHopInstance: path, nextHopIp: null }
    throw GceError.field('nextHopInstance', text, 'The referenced instance resource cannot be found.')
  }

  /** The machines that routes to one destination lead to. */
  #nics(routes: readonly GceRoute[]): Nic[] {
    const usable = routes.flatMap(route => {
      const nic = this.#network.nextHop(route.nextHopInstance, route.nextHopIp)
      return nic === null ? [] : [{ priority: route.priority, nic }]
    })
    const best = Math.min(...usable.map(u => u.priority))
    return usable.filter(u => u.priority === best).map(u => u.nic)
  }

  /** @internal gives the router the routes that count */
  program(): void {
    for (const to of this.#programmed) this.#table.del(to)
    this.#programmed = []
    const byDestination = new Map<string, GceRoute[]>()
    for (const route of this.#routes.values()) {
      if (!route.isLive) continue
      const to = formatPrefix(route.destRange)
      byDestination.set(to, [...(byDestination.get(to) ?? []), route])
    }
    for (const routes of byDestination.values()) {
      const nics = this.#nics(routes)
      if (nics.length === 0) continue
      const to = routes[0]!.destRange
      this.#table.set(to, nics)
      this.#programmed.push(to)
    }
  }

  /** As `gcloud compute routes list` prints them, the routes of subnets first. */
  override toString(): string {
    const { name: network, subnets } = this.#network
    const rows = [
      ...subnets.map(s => [`default-route-${s.name}`, network, s.cidr, network, '0']),
      ...this.list().map(r => {
        const hop =
          r.nextHopInstance?.replace(/^.*\/zones\/([^/]+)\/instances\/(.*)$/, '$1/instances/$2') ??
          formatIpv4(r.nextHopIp!)
        return [r.name, network, formatPrefix(r.destRange), hop, `${r.priority}`]
      }),
    ]
    const lines = [['NAME', 'NETWORK', 'DEST_RANGE', 'NEXT_HOP', 'PRIORITY'], ...rows]
    const widths = [0, 1, 2, 3, 4].map(i => Math.max(...lines.map(line => line[i]!.length)))
    const text = lines.map(line => line.map((cell, i) => cell.padEnd(widths[i]!)).join('  '))
    return text.map(line => `${line.trimEnd()}\n`).join('')
  }

  override toJSON(): { routes: { name: string; destRange: string; priority: number; isLive: boolean }[] } {
    return {
      routes: this.list().map(({ name, destRange, priority, isLive }) => ({
        name,
        destRange: formatPrefix(destRange),
        priority,
        isLive,
      })),
    }
  }
}
