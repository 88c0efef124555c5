/**
 * Node: a host of the cluster.
 *
 * @see k8s.io/api core/v1/types.go
 */
import type { JsonObject } from '../apimachinery/json.js'
import { type ApiObject, OBJECT_META, TYPE_META } from '../apimachinery/meta.js'
import {
  BOOL,
  field,
  INT,
  listOf,
  mapOf,
  mergedList,
  optional,
  pointer,
  QUANTITY,
  STRING,
  struct,
  type StructSchema,
  TIME,
} from '../apimachinery/schema.js'

/** What makes pods keep away. */
export interface Taint extends JsonObject {
  readonly key: string
  readonly value?: string
  readonly effect: string
  readonly timeAdded?: string
}

/** A node as it should be. */
export interface NodeSpec extends JsonObject {
  /** Addresses of the pods on the node, for example `10.244.1.0/24`. */
  readonly podCIDR?: string
  readonly podCIDRs?: readonly string[]
  readonly providerID?: string
  readonly unschedulable?: boolean
  readonly taints?: readonly Taint[]
}

/** One aspect of a node's state; type `Ready`, `NetworkUnavailable`, ... */
export interface NodeCondition extends JsonObject {
  readonly type: string
  readonly status: string
  readonly lastHeartbeatTime?: string | null
  readonly lastTransitionTime?: string | null
  readonly reason?: string
  readonly message?: string
}

/** An address of a node; type `InternalIP`, `ExternalIP`, `Hostname`, ... */
export interface NodeAddress extends JsonObject {
  readonly type: string
  readonly address: string
}

/** A node as it is. */
export interface NodeStatus extends JsonObject {
  readonly capacity?: { readonly [name: string]: string }
  readonly allocatable?: { readonly [name: string]: string }
  readonly conditions?: readonly NodeCondition[]
  readonly addresses?: readonly NodeAddress[]
  readonly nodeInfo?: { readonly [name: string]: string }
}

/** A node. */
export interface Node extends ApiObject {
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

const TAINT = struct('Taint', [
  field('key', STRING),
  optional('value', STRING),
  field('effect', STRING),
  pointer('timeAdded', TIME),
])

const NODE_SPEC = struct('NodeSpec', [
  optional('podCIDR', STRING),
  optional('podCIDRs', mergedList(STRING, null)),
  optional('providerID', STRING),
  optional('unschedulable', BOOL),
  optional('taints', listOf(TAINT)),
  optional('externalID', STRING),
])

const NODE_CONDITION = struct('NodeCondition', [
  field('type', STRING),
  field('status', STRING),
  field('lastHeartbeatTime', TIME),
  field('lastTransitionTime', TIME),
  optional('reason', STRING),
  optional('message', STRING),
])

const NODE_SYSTEM_INFO = struct(
  'NodeSystemInfo',
  [
    'machineID',
    'systemUUID',
    'bootID',
    'kernelVersion',
    'osImage',
    'containerRuntimeVersion',
    'kubeletVersion',
    'kubeProxyVersion',
    'operatingSystem',
    'architecture',
  ].map(name => field(name, STRING)),
)

const CONTAINER_IMAGE = struct('ContainerImage', [field('names', listOf(STRING)), optional('sizeBytes', INT)])
const ATTACHED_VOLUME = struct('AttachedVolume', [field('name', STRING), field('devicePath', STRING)])

const NODE_STATUS = struct('NodeStatus', [
  optional('capacity', mapOf(QUANTITY)),
  optional('allocatable', mapOf(QUANTITY)),
  optional('phase', STRING),
  optional('conditions', mergedList(NODE_CONDITION, 'type')),
  optional('addresses', mergedList(struct('NodeAddress', [field('type', STRING), field('address', STRING)]), 'type')),
  optional(
    'daemonEndpoints',
    struct('NodeDaemonEndpoints', [optional('kubeletEndpoint', struct('DaemonEndpoint', [field('Port', INT)]))]),
  ),
  optional('nodeInfo', NODE_SYSTEM_INFO),
  optional('images', listOf(CONTAINER_IMAGE)),
  optional('volumesInUse', listOf(STRING)),
  optional('volumesAttached', listOf(ATTACHED_VOLUME)),
])

/** The type `Node`. */
export const NODE: StructSchema = struct('Node', [
  ...TYPE_META,
  field('metadata', OBJECT_META),
  field('spec', NODE_SPEC),
  field('status', NODE_STATUS),
])

/** The condition of a type, or null. */
export const conditionOf = (node: Node, type: string): NodeCondition | null =>
  node.status.conditions?.find(c => c.type === type) ?? null

/** Prefix of the label that says what a node is for. */
export const ROLE_LABEL = 'node-role.kubernetes.io/'
