/**
 * Where the frames of an assertion come from: a capture, or any list of frames.
 */
import { Capture } from '../lab/capture.js'
import { createDissector } from '../wire/dissect.js'

/** A frame by its octets: one of a capture, a packet of a pcap file, or octets alone. */
export type FrameLike = Uint8Array | { readonly data: Uint8Array; readonly wireLen?: number }

/** Frames in order: a running or stopped capture, `readPcap(file).packets`, or a list. */
export type FramesLike = Capture | readonly FrameLike[]

/** @internal a frame as the assertions see it */
export interface SeenFrame {
  readonly octets: Uint8Array
  /** As `tcpdump -n` prints it. */
  readonly line: string
  readonly timeNs: number | undefined
  readonly direction: string | undefined
}

const octetsOf = (frame: FrameLike): Uint8Array => (frame instanceof Uint8Array ? frame : frame.data)

/** @internal the frames with their lines */
export const seenFrames = (frames: FramesLike): SeenFrame[] => {
  const dissect = createDissector()
  const list: readonly FrameLike[] = frames instanceof Capture ? frames.frames : frames
  return list.map(frame => {
    const octets = octetsOf(frame)
    const wireLen = frame instanceof Uint8Array ? undefined : frame.wireLen
    const { timeNs, direction } = frame as { timeNs?: number; direction?: string }
    return { octets, line: dissect(octets, wireLen ?? octets.length), timeNs, direction }
  })
}

/** @internal the seed of the World that the frames come from, when it is known */
export const seedOf = (frames: FramesLike): number | undefined =>
  frames instanceof Capture ? frames.dev.kernel.netns.world.seed : undefined

/** @internal name of the place, for messages */
export const placeOf = (frames: FramesLike): string => (frames instanceof Capture ? `${frames.dev}` : 'the list')
