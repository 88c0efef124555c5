/**
 * The table of resources that the API server has. A new resource is one file in resource/ and one line here.
 */
import type { Resource } from './resource.js'
import { NODES } from './resource/node.js'

/** Resources of api/v1. */
export const RESOURCES: readonly Resource[] = [NODES]
