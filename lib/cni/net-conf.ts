/**
 * What every configuration of a network has.
 *
 * @see cni v0.8.1 pkg/types/types.go NetConf
 */
import type { GoField } from '../app/go-json.js'
import { goMap, goStruct, goTop, type GoPlace, goTypeError, goKind, rawField } from '../app/go-decode.js'
import { goMarshal } from '../app/go-json.js'
import { type CniDns, type CniResult, parseDns, parseResult } from './result.js'

/** The common part of a configuration. */
export interface NetConf {
  readonly cniVersion: string
  readonly name: string
  readonly type: string
  /** Kinds of data that the runtime is to give the plugin. */
  readonly capabilities: Readonly<Record<string, boolean>>
  /** `ipam.type`. */
  readonly ipamType: string
  readonly dns: CniDns
  /** JSON text of the previous result; null when there is none. */
  readonly prevResult: string | null
  /** Values of the fields that were asked for besides. */
  readonly fields: Record<string, unknown>
}

const FIELDS: readonly GoField[] = [
  { name: 'cniVersion', type: 'string' },
  { name: 'name', type: 'string' },
  { name: 'type', type: 'string' },
  { name: 'capabilities', type: 'raw' },
  { name: 'ipam', type: 'raw' },
  { name: 'dns', type: 'raw' },
  { name: 'prevResult', type: 'raw' },
]

const capabilitiesOf = (json: string | null, place: GoPlace): Record<string, boolean> => {
  if (json === null) return {}
  if (goKind(json) !== 'object') goTypeError(json, place, 'map[string]bool')
  const map = JSON.parse(json) as Record<string, unknown>
  for (const value of Object.values(map)) if (typeof value !== 'boolean') goTypeError(goMarshal(value), place, 'bool')
  return map as Record<string, boolean>
}

/** Options of {@link parseNetConf}. */
export interface NetConfOptions {
  /** Name of the struct that messages tell, and its type. */
  readonly struct?: string
  readonly type?: string
  /** Fields besides the common ones. */
  readonly fields?: readonly GoField[]
  /** `ipam` is a map that the plugin reads itself. */
  readonly ipamIsMap?: boolean
}

/** Reads a configuration. Throws GoError. */
export const parseNetConf = (json: string, options: NetConfOptions = {}): NetConf => {
  const { struct = 'NetConf', type = 'types.NetConf', fields: extra = [], ipamIsMap = false } = options
  const fields = goStruct(json, [...FIELDS, ...extra], goTop(struct), type)
  const text = (name: string): string => (fields[name] as string | undefined) ?? ''
  const ipam = rawField(fields, 'ipam')
  const ipamPlace: GoPlace = { struct, path: ['ipam'] }
  let ipamType = ''
  if (ipam !== null && ipamIsMap) goMap(ipam, ipamPlace)
  else if (ipam !== null) {
    if (goKind(ipam) !== 'object') goTypeError(ipam, ipamPlace, 'types.IPAM')
    const inner = goStruct(ipam, [{ name: 'type', type: 'string' }], { struct: 'IPAM', path: ['ipam'] }, 'types.IPAM')
    ipamType = (inner['type'] as string | undefined) ?? ''
  }
  const prevResult = rawField(fields, 'prevResult')
  if (prevResult !== null) goMap(prevResult, { struct, path: ['prevResult'] })
  return {
    cniVersion: text('cniVersion'),
    name: text('name'),
    type: text('type'),
    capabilities: capabilitiesOf(rawField(fields, 'capabilities'), { struct, path: ['capabilities'] }),
    ipamType,
    dns: parseDns(rawField(fields, 'dns'), { struct, path: ['dns'] }),
    prevResult,
    fields,
  }
}

/** The previous result of a configuration (version.ParsePrevResult). Throws GoError. */
export const parsePrevResult = (conf: NetConf): CniResult | null =>
  conf.prevResult === null ? null : parseResult(conf.cniVersion, conf.prevResult)
