/**
 * Static routes of a Google Cloud network, and the operations that make and delete them.
 *
 * @see Google Cloud, "Routes", "Static routes"; Compute Engine API reference, routes and globalOperations
 */
import type { Prefix } from '../../wire/ip.js'
import type { GceInstance } from './gce-instance.js'

/** A static route to an instance. */
export interface GceRoute {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly destRange: Prefix
  /** Of routes to one destination those with the smallest number count. */
  readonly priority: number
  /** Path of the instance, which may be gone. */
  readonly nextHopInstance: string | null
  /** Address of an instance, int32. */
  readonly nextHopIp: number | null
  readonly createdNs: number
  /** The operation that makes it is done. */
  isLive: boolean
  /** An operation deletes it. */
  isLeaving: boolean
}

/** What a client asks for. */
export interface GceRouteSpec {
  readonly name: string
  readonly destRange: string
  /** 1000 when absent. */
  readonly priority?: number
  readonly description?: string
  /** The instance, its name, or the URL of it. */
  readonly nextHopInstance?: GceInstance | string
  /** Address of an instance. */
  readonly nextHopIp?: string
}

/** A change that takes its time. */
export interface GceOperation {
  readonly id: string
  readonly name: string
  readonly operationType: 'insert' | 'delete'
  /** Path and id of what it changes. */
  readonly target: string
  readonly targetId: string
  readonly startNs: number
  readonly endNs: number
}
