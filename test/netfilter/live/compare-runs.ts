/**
 * Compares what the kernel and netloom did with a case, by the masks of the conformance scenarios.
 */
import { compareCapture, SharedNumbers } from '../../conformance/compare-captures.js'
import { fieldLines } from '../../conformance/compare-text.js'
import { compareState } from '../../conformance/state-files.js'
import { dissectLine } from '../../conformance/netloom.js'
import type { Run } from './case.js'
import { drewPorts, withoutDrawnPorts } from './random-ports.js'

const capture = (
  frames: readonly string[],
): { linkType: number; frames: { bytes: Uint8Array; wireLen: number }[] } => ({
  linkType: 1,
  frames: frames.map(hex => ({ bytes: Uint8Array.from(Buffer.from(hex, 'hex')), wireLen: hex.length / 2 })),
})

const dissected = (octets: Uint8Array): string => {
  try {
    return dissectLine(octets)
  } catch (error) {
    return String(error)
  }
}

/** Sides of a difference in words. */
const frameLines = (kernel: Run, netloom: Run): string[] => {
  const lines: string[] = []
  const numbers = new SharedNumbers()
  for (const dev of [...new Set([...kernel.frames.keys(), ...netloom.frames.keys()])].sort()) {
    const result = compareCapture(
      dev,
      capture(kernel.frames.get(dev) ?? []),
      capture(netloom.frames.get(dev) ?? []),
      numbers,
    )
    for (const { kind, recorded, actual } of result.differences) {
      lines.push(`${dev}: ${kind}`)
      if (recorded !== null) lines.push(`  kernel  ${recorded.number}: ${dissected(recorded.frame.raw)}`)
      if (actual !== null) lines.push(`  netloom ${actual.number}: ${dissected(actual.frame.raw)}`)
      if (recorded !== null && actual !== null)
        lines.push(...fieldLines(recorded.frame, actual.frame).map(line => `    ${line}`))
    }
  }
  return lines
}

const stateLines = (file: string, kernel: string, netloom: string): string[] => {
  const { equal, diff } = compareState(file, kernel, netloom)
  return equal
    ? []
    : [file, ...diff.filter(l => l.side !== ' ').map(l => `  ${l.side === '-' ? 'kernel ' : 'netloom'} ${l.text}`)]
}

/** What differs, in lines for people; empty when nothing does. Ports that NAT drew at random are compared one for one. */
export const differences = (kernel: Run, netloom: Run): string[] =>
  drewPorts(kernel) || drewPorts(netloom)
    ? plainDifferences(withoutDrawnPorts(kernel), withoutDrawnPorts(netloom))
    : plainDifferences(kernel, netloom)

const plainDifferences = (kernel: Run, netloom: Run): string[] => {
  if (kernel.loaded.status !== netloom.loaded.status || kernel.loaded.stderr !== netloom.loaded.stderr)
    return [
      `iptables-restore`,
      `  kernel  ${kernel.loaded.status}: ${kernel.loaded.stderr.trim()}`,
      `  netloom ${netloom.loaded.status}: ${netloom.loaded.stderr.trim()}`,
    ]
  const results =
    kernel.results.join() === netloom.results.join()
      ? []
      : [`programs: kernel ${kernel.results.join()}, netloom ${netloom.results.join()}`]
  return [
    ...results,
    ...frameLines(kernel, netloom),
    ...stateLines('save.iptables', kernel.end.save, netloom.end.save),
    ...stateLines('ct.conntrack', kernel.end.conntrack, netloom.end.conntrack),
  ]
}
