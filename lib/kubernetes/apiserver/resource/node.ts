/**
 * The resource `nodes`.
 *
 * @see kubernetes pkg/registry/core/node/strategy.go, pkg/apis/core/validation/validation.go ValidateNode,
 * plugin/pkg/admission/nodetaint, pkg/printers/internalversion/printers.go printNode
 */
import { goQuote } from '../../../app/go-text.js'
import { conditionOf, NODE, type Node, type NodeSpec, ROLE_LABEL, type Taint } from '../../api/node.js'
import { goMarshal } from '../../../app/go-json.js'
import { deepEqual, type JsonValue } from '../../apimachinery/json.js'
import type { ApiObject } from '../../apimachinery/meta.js'
import type { FieldError } from '../../apimachinery/status.js'
import { objectMetaErrors } from '../../apimachinery/validation.js'
import { isCidr, isIpv4Cidr } from '../cidr.js'
import { ageText, NAME_COLUMN, CREATED_COLUMN } from '../printers.js'
import type { Resource, TableColumn } from '../resource.js'

/** A new node is not ready until somebody says that it is. */
const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
const NONE = '<none>'
const UNKNOWN = '<unknown>'

const asNode = (object: ApiObject): Node => object as Node

/** podCIDR is the first of podCIDRs; where both are written and differ, podCIDR counts. */
const normalizeSpec = (spec: NodeSpec): NodeSpec => {
  const { podCIDR = '', podCIDRs = [], ...rest } = spec
  if (podCIDR === '' && podCIDRs.length === 0) return spec
  const all = podCIDR !== '' && podCIDRs[0] !== podCIDR ? [podCIDR] : podCIDRs
  return { podCIDR: all[0]!, podCIDRs: all, ...rest }
}

const normalize = (object: ApiObject): ApiObject => {
  const node = asNode(object)
  const { capacity, allocatable, ...rest } = node.status
  const status = capacity === undefined ? node.status : { capacity, allocatable: allocatable ?? capacity, ...rest }
  return { ...node, spec: normalizeSpec(node.spec), status }
}

const podCidrErrors = ({ podCIDRs = [] }: NodeSpec): FieldError[] => {
  const errors = podCIDRs.flatMap((cidr, i): FieldError[] =>
    isCidr(cidr)
      ? []
      : [
          {
            field: `spec.podCIDRs[${i}]`,
            type: 'Invalid',
            value: goQuote(cidr),
            detail: 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
          },
        ],
  )
  const value = goMarshal(podCIDRs)
  if (podCIDRs.length > 2 || (podCIDRs.length === 2 && isIpv4Cidr(podCIDRs[0]!) === isIpv4Cidr(podCIDRs[1]!)))
    errors.push({
      field: 'spec.podCIDRs',
      type: 'Invalid',
      value,
      detail: 'may specify no more than one CIDR for each IP family',
    })
  return errors
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

const taintErrors = (taints: readonly Taint[]): FieldError[] =>
  taints.flatMap(({ effect, key }, i): FieldError[] => {
    const at = `spec.taints[${i}]`
    if (key === '')
      return [{ field: `${at}.key`, type: 'Invalid', value: goQuote(key), detail: 'name part must be non-empty' }]
    if (effect === '') return [{ field: `${at}.effect`, type: 'Required', detail: '' }]
    if (EFFECTS.includes(effect)) return []
    const supported = [...EFFECTS].sort().map(goQuote).join(', ')
    return [
      { field: `${at}.effect`, type: 'NotSupported', value: goQuote(effect), detail: `supported values: ${supported}` },
    ]
  })

const addressErrors = ({ status: { addresses = [] } }: Node): FieldError[] =>
  addresses.flatMap((address, i): FieldError[] =>
    addresses.slice(0, i).some(other => deepEqual(other, address))
      ? [
          {
            field: `status.addresses[${i}]`,
            type: 'Duplicate',
            value: JSON.stringify({ Type: address.type, Address: address.address }),
            detail: '',
          },
        ]
      : [],
  )

const validate = (object: ApiObject): FieldError[] => {
  const node = asNode(object)
  return [...objectMetaErrors(node.metadata), ...taintErrors(node.spec.taints ?? []), ...podCidrErrors(node.spec)]
}

const forbidden = (at: string, detail: string): FieldError => ({ field: at, type: 'Forbidden', detail })

/** What may change of a node's spec: taints, unschedulable, and what was empty. */
const validateUpdate = (object: ApiObject, previous: ApiObject): FieldError[] => {
  const [node, old] = [asNode(object), asNode(previous)]
  const errors = addressErrors(node)
  const { podCIDRs: oldCidrs = [], providerID: oldProvider = '' } = old.spec
  if (oldCidrs.length > 0 && !deepEqual(node.spec.podCIDRs ?? [], oldCidrs))
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  if (oldProvider !== '' && (node.spec.providerID ?? '') !== oldProvider)
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  return errors
}

/** STATUS: the condition Ready, and whether pods may be scheduled. */
const statusText = (node: Node): string => {
  const ready = conditionOf(node, 'Ready')
  const words = [ready === null ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (node.spec.unschedulable === true) words.push('SchedulingDisabled')
  return words.join(',')
}

/** ROLES: from the labels `node-role.kubernetes.io/ROLE` and `kubernetes.io/role=ROLE`. */
const rolesText = ({ metadata: { labels = {} } }: Node): string => {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(labels)) {
    if (key.startsWith(ROLE_LABEL) && key !== ROLE_LABEL) roles.add(key.slice(ROLE_LABEL.length))
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value)
  }
  return roles.size === 0 ? NONE : [...roles].sort().join(',')
}

const addressText = ({ status: { addresses = [] } }: Node, type: string): string =>
  addresses.find(a => a.type === type)?.address ?? NONE

const infoText = ({ status: { nodeInfo = {} } }: Node, name: string): string => {
  const text = nodeInfo[name] ?? ''
  return text === '' ? UNKNOWN : text
}

const cellsOf = (object: ApiObject, now: number): JsonValue[] => {
  const node = asNode(object)
  return [
    node.metadata.name,
    statusText(node),
    rolesText(node),
    ageText(node, now),
    node.status.nodeInfo?.['kubeletVersion'] ?? '',
    addressText(node, 'InternalIP'),
    addressText(node, 'ExternalIP'),
    infoText(node, 'osImage'),
    infoText(node, 'kernelVersion'),
    infoText(node, 'containerRuntimeVersion'),
  ]
}

const column = (name: string, description: string, priority = 0): TableColumn => ({
  name,
  type: 'string',
  format: '',
  description,
  priority,
})

const COLUMNS: readonly TableColumn[] = [
  NAME_COLUMN,
  column('Status', 'The status of the node'),
  column('Roles', 'The roles of the node'),
  CREATED_COLUMN,
  column('Version', 'Kubelet Version reported by the node.'),
  column('Internal-IP', 'List of addresses reachable to the node.', 1),
  column('External-IP', 'List of addresses reachable to the node.', 1),
  column('OS-Image', 'OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).', 1),
  column('Kernel-Version', "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).", 1),
  column(
    'Container-Runtime',
    'ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).',
    1,
  ),
]

/** The resource `nodes`. */
export const NODES: Resource = {
  name: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  kind: 'Node',
  isNamespaced: false,
  storagePrefix: 'minions',
  schema: NODE,
  hasStatus: true,
  fieldsOf: object => ({
    'metadata.name': object.metadata.name,
    'spec.unschedulable': String(asNode(object).spec.unschedulable === true),
  }),
  normalize,
  prepareForCreate: object => {
    const node = asNode(object)
    const { taints = [], externalID: _, ...spec } = node.spec
    if (taints.some(t => t.key === NOT_READY.key && t.effect === NOT_READY.effect)) return node
    return { ...node, spec: { ...spec, taints: [...taints, NOT_READY] } }
  },
  validate,
  prepareForUpdate: (object, old, subresource) =>
    subresource === 'status'
      ? { ...asNode(object), spec: asNode(old).spec }
      : { ...asNode(object), status: asNode(old).status },
  validateUpdate,
  columns: COLUMNS,
  cellsOf,
}
