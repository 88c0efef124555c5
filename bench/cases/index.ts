/**
 * The benchmarks by group. A group's file is loaded only in the process that measures one of its cases.
 */
import type { BenchCase } from '../case.js'

/** Loads the cases of each group. */
export const GROUPS: Readonly<Record<string, () => Promise<{ readonly cases: readonly BenchCase[] }>>> = {
  'event queue': () => import('./event-queue.js'),
  headers: () => import('./headers.js'),
  checksum: () => import('./checksum.js'),
  'forwarding table': () => import('./fdb.js'),
  'routing table': () => import('./fib.js'),
  paths: () => import('./paths.js'),
}
