/**
 * The table of resources that the API server has. A new resource is one file in resource/ and one line here.
 */
import type { Resource } from './resource.js'
import { NODES } from './resource/node.js'

/** Resources of api/v1. */
export const RESOURCES: readonly Resource[] = [NODES]

/** The resource of a URL, or null. */
export const resourceOf = (name: string): Resource | null => RESOURCES.find(r => r.name === name) ?? null
