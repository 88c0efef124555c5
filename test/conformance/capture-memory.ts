/**
 * What the judge remembers along one capture while it brings frames into canonical form: where each TCP direction
 * starts counting, which source port a VXLAN flow uses, and the fragments.
 */
import { FragmentStore } from './fragments.js'
import { type FrameRules, SCENARIO_RULES } from './masks.js'
import type { CapturedFrame } from './pcap-reader.js'

/** Memory of one capture; frames are to be read in their order. */
export class CaptureMemory {
  readonly rules: FrameRules
  readonly fragments: FragmentStore
  /** Initial sequence number by direction of a TCP connection (`addresses and ports`). */
  readonly tcpStarts: Map<string, number>
  /** UDP source port by inner flow of a VXLAN. */
  readonly vxlanPorts: Map<string, number>

  /** `isRaw`: the frames have no link header. */
  constructor(frames: readonly CapturedFrame[], rules: FrameRules = SCENARIO_RULES, isRaw = false) {
    this.rules = rules
    this.fragments = new FragmentStore(frames, isRaw)
    this.tcpStarts = new Map()
    this.vxlanPorts = new Map()
  }

  /** `value` counted from the start of `direction`; the first value of an unknown direction counts as 1. */
  tcpRelative(direction: string, value: number): number {
    const start = this.tcpStarts.get(direction)
    if (start !== undefined) return (value - start) >>> 0
    this.tcpStarts.set(direction, (value - 1) >>> 0)
    return 1
  }
}
