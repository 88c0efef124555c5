/**
 * Seeded changes to recordings, to try the judge: some that the masks allow, some that they must not.
 *
 * Everything is derived from the seed, so a case can be made again.
 */
import { onesSum, pseudoSum, u16, u32 } from './octets.js'
import { type CapturedFrame, readPcap } from './pcap-reader.js'

/** A generator of pseudo-random numbers (splitmix32). */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** A whole number from 0 up to `limit`, which is excluded. */
  below(limit: number): number {
    this.state = (this.state + 0x9e3779b9) >>> 0
    let z = this.state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return Math.floor((((z ^ (z >>> 16)) >>> 0) / 0x100000000) * limit)
  }

  /** One element of a list that has some. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}

/** A frame that may be changed. */
interface LooseFrame {
  bytes: Uint8Array
  wireLen: number
}

/** Writes a pcap file, little-endian with microseconds as tcpdump does here; stamps are all 0. */
export const writePcap = (frames: readonly CapturedFrame[], linkType = 1, littleEndian = true): Uint8Array => {
  const size = frames.reduce((sum, frame) => sum + 16 + frame.bytes.length, 24)
  const file = new Uint8Array(size)
  const view = new DataView(file.buffer)
  view.setUint32(0, 0xa1b2c3d4, littleEndian)
  view.setUint16(4, 2, littleEndian)
  view.setUint16(6, 4, littleEndian)
  view.setUint32(16, 262144, littleEndian)
  view.setUint32(20, linkType, littleEndian)
  let at = 24
  for (const frame of frames) {
    view.setUint32(at + 8, frame.bytes.length, littleEndian)
    view.setUint32(at + 12, frame.wireLen, littleEndian)
    file.set(frame.bytes, at + 16)
    at += 16 + frame.bytes.length
  }
  return file
}

const put16 = (b: Uint8Array, at: number, value: number): void => {
  b[at] = value >>> 8
  b[at + 1] = value & 0xff
}

const IP = 14
const isIpv4 = (b: Uint8Array): boolean => b.length >= IP + 20 && u16(b, 12) === 0x0800 && b[IP] === 0x45
const CHECKSUM_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6 }

/** Makes the IPv4 header checksum of an Ethernet frame right, and that of an unfragmented message in it. */
export const finishChecksums = (b: Uint8Array): void => {
  if (!isIpv4(b)) return
  put16(b, IP + 10, 0)
  put16(b, IP + 10, 0xffff - onesSum(b, IP, IP + 20))
  const protocol = b[IP + 9]!
  const field = CHECKSUM_AT[protocol]
  const message = IP + 20
  const end = Math.min(b.length, IP + u16(b, IP + 2))
  if (field === undefined || message + field + 2 > end || (u16(b, IP + 6) & 0x3fff) !== 0) return
  const at = message + field
  if (protocol === 17 && u16(b, at) === 0) return
  put16(b, at, 0)
  const seed = protocol === 1 ? 0 : pseudoSum(b, IP, protocol, end - message)
  const sum = 0xffff - onesSum(b, message, end, seed)
  put16(b, at, protocol === 17 && sum === 0 ? 0xffff : sum)
}

type FrameChange = (frames: LooseFrame[], dice: Dice) => void

const somewhere = (frames: readonly LooseFrame[], dice: Dice): LooseFrame | null =>
  frames.length === 0 ? null : dice.pick(frames)

const someIpv4 = (frames: readonly LooseFrame[], dice: Dice, protocol: number): LooseFrame | null =>
  somewhere(
    frames.filter(frame => isIpv4(frame.bytes) && frame.bytes[IP + 9] === protocol),
    dice,
  )

/** Changes one octet of a frame, more often in the headers. */
const changeOctet: FrameChange = (frames, dice) => {
  const frame = somewhere(frames, dice)
  if (frame === null || frame.bytes.length === 0) return
  const at = dice.below(dice.below(3) === 0 ? frame.bytes.length : Math.min(frame.bytes.length, 64))
  frame.bytes[at] = dice.below(2) === 0 ? dice.below(256) : frame.bytes[at]! ^ (1 << dice.below(8))
  if (dice.below(3) === 0) finishChecksums(frame.bytes)
}

const swap: FrameChange = (frames, dice) => {
  if (frames.length < 2) return
  const at = dice.below(frames.length - 1)
  const [frame] = frames.splice(at, 1)
  frames.splice(dice.below(2) === 0 ? at + 1 : dice.below(frames.length + 1), 0, frame!)
}

const drop: FrameChange = (frames, dice) => {
  frames.splice(dice.below(frames.length + 1), 1 + dice.below(2))
}

const repeat: FrameChange = (frames, dice) => {
  const frame = somewhere(frames, dice)
  if (frame === null) return
  frames.splice(dice.below(frames.length + 1), 0, { bytes: frame.bytes.slice(), wireLen: frame.wireLen })
}

const cut: FrameChange = (frames, dice) => {
  const frame = somewhere(frames, dice)
  if (frame === null) return
  frame.bytes = frame.bytes.slice(0, dice.below(frame.bytes.length + 1))
  if (dice.below(2) === 0) frame.wireLen = frame.bytes.length
}

const changeWireLen: FrameChange = (frames, dice) => {
  const frame = somewhere(frames, dice)
  if (frame !== null) frame.wireLen += 1
}

const lengthen: FrameChange = (frames, dice) => {
  const frame = somewhere(frames, dice)
  if (frame === null) return
  const longer = new Uint8Array(frame.bytes.length + 1 + dice.below(20))
  longer.set(frame.bytes)
  frame.bytes = longer
  frame.wireLen = longer.length
}

/** Gives all ids another value: by a rule that maps one to one, or now and then not. */
const changeIds: FrameChange = (frames, dice) => {
  const add = 1 + dice.below(0xfffe)
  const wobble = dice.below(3) === 0 ? 1 + dice.below(4) : 0
  for (const { bytes } of frames) {
    if (!isIpv4(bytes) || u16(bytes, IP + 4) === 0) continue
    const slip = wobble > 0 && dice.below(wobble * 3) === 0 ? 1 : 0
    put16(bytes, IP + 4, (u16(bytes, IP + 4) + add + slip) & 0xffff || 1)
    put16(bytes, IP + 10, 0)
    put16(bytes, IP + 10, 0xffff - onesSum(bytes, IP, IP + 20))
  }
}

/** Shifts the numbers of one TCP direction, or of some of its segments only. */
const shiftSequence: FrameChange = (frames, dice) => {
  const example = someIpv4(frames, dice, 6)
  if (example === null || example.bytes.length < 54) return
  const port = u16(example.bytes, 34)
  const add = dice.below(0x100000000)
  const every = dice.below(4) === 0 ? 2 : 1
  for (const { bytes } of frames) {
    if (!isIpv4(bytes) || bytes[IP + 9] !== 6 || bytes.length < 54 || dice.below(every) !== 0) continue
    const at = u16(bytes, 34) === port ? 38 : u16(bytes, 36) === port ? 42 : 0
    if (at === 0 || u32(bytes, at) === 0) continue
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, (u32(bytes, at) + add) >>> 0)
    finishChecksums(bytes)
  }
}

/** Changes ping's time stamp, and the checksum with it or not. */
const changePingStamp: FrameChange = (frames, dice) => {
  const frame = someIpv4(frames, dice, 1)
  if (frame === null || frame.bytes.length < 50) return
  frame.bytes[42 + dice.below(Math.min(16, frame.bytes.length - 42))]! ^= 1 + dice.below(255)
  if (dice.below(4) !== 0) finishChecksums(frame.bytes)
}

/** Leaves a UDP or TCP checksum as Linux does on lo, makes it 0, or off by one. */
const spoilChecksum: FrameChange = (frames, dice) => {
  const protocol = dice.pick([6, 17])
  const frame = someIpv4(frames, dice, protocol)
  if (frame === null) return
  const b = frame.bytes
  const at = IP + 20 + CHECKSUM_AT[protocol]!
  if (at + 2 > b.length) return
  const sum = pseudoSum(b, IP, protocol, u16(b, IP + 2) - 20)
  put16(b, at, dice.pick([sum, sum, 0, (u16(b, at) + 1) & 0xffff, u16(b, at) ^ 0xffff]))
}

const isFragment = ({ bytes }: LooseFrame): boolean => isIpv4(bytes) && (u16(bytes, IP + 6) & 0x3fff) !== 0

/** Takes a fragment away, changes its payload or its offset, or repeats it with another payload. */
const spoilFragment: FrameChange = (frames, dice) => {
  const frame = somewhere(frames.filter(isFragment), dice)
  if (frame === null) return
  const what = dice.below(4)
  const at = frames.indexOf(frame)
  if (what === 0) frames.splice(at, 1)
  else if (what === 1) frames.splice(at, 0, { bytes: Uint8Array.from(frame.bytes), wireLen: frame.wireLen })
  if (what === 2) put16(frame.bytes, IP + 6, u16(frame.bytes, IP + 6) ^ (1 << dice.below(14)))
  else if (what !== 0)
    frame.bytes[IP + 20 + dice.below(Math.max(1, frame.bytes.length - IP - 20))]! ^= 1 << dice.below(8)
  if (dice.below(2) === 0) finishChecksums(frame.bytes)
}

/** Opens a TCP connection again on the same ports, with other numbers. */
const reopen: FrameChange = (frames, dice) => {
  const isSyn = ({ bytes }: LooseFrame): boolean =>
    isIpv4(bytes) && bytes[IP + 9] === 6 && bytes.length >= 54 && (bytes[47]! & 2) !== 0
  const syn = somewhere(frames.filter(isSyn), dice)
  if (syn === null) return
  const copy = { bytes: Uint8Array.from(syn.bytes), wireLen: syn.wireLen }
  new DataView(copy.bytes.buffer).setUint32(38, dice.below(3) === 0 ? 0 : dice.below(0x100000000))
  finishChecksums(copy.bytes)
  frames.splice(dice.below(frames.length + 1), 0, copy)
}

/** Both ends of the ephemeral range, inside and out. */
const EDGE_PORTS: readonly number[] = [32767, 32768, 60999, 61000, 65535]

/** Gives one VXLAN flow, or one packet, another source port. */
const changeVxlanPort: FrameChange = (frames, dice) => {
  const isVxlan = ({ bytes }: LooseFrame): boolean =>
    isIpv4(bytes) && bytes[IP + 9] === 17 && bytes.length > 42 && [4789, 8472].includes(u16(bytes, 36))
  const example = somewhere(frames.filter(isVxlan), dice)
  if (example === null) return
  const from = u16(example.bytes, 34)
  const to = dice.below(3) === 0 ? dice.pick(EDGE_PORTS) : 32768 + dice.below(28232)
  const isWhole = dice.below(3) !== 0
  for (const frame of frames.filter(isVxlan)) {
    if (u16(frame.bytes, 34) !== from || (!isWhole && frame !== example)) continue
    put16(frame.bytes, 34, to)
    finishChecksums(frame.bytes)
  }
}

const FRAME_CHANGES: readonly FrameChange[] = [
  changeOctet,
  changeOctet,
  changeOctet,
  swap,
  drop,
  repeat,
  cut,
  changeWireLen,
  lengthen,
  changeIds,
  changeIds,
  shiftSequence,
  shiftSequence,
  changePingStamp,
  spoilChecksum,
  changeVxlanPort,
  changeVxlanPort,
  spoilFragment,
  spoilFragment,
  reopen,
]

/** A capture with one to three changes. */
const mutateCapture = (file: Uint8Array, dice: Dice): Uint8Array => {
  const what = dice.below(40)
  if (what === 0) return file.slice(0, dice.below(file.length))
  if (what === 1) return Uint8Array.of(dice.below(256), ...file.subarray(1))
  const { frames, linkType } = readPcap(file, 'capture')
  const loose: LooseFrame[] = frames.map(frame => ({ bytes: frame.bytes.slice(), wireLen: frame.wireLen }))
  for (let left = 1 + dice.below(3); left > 0; left--) dice.pick(FRAME_CHANGES)(loose, dice)
  return writePcap(loose, what === 2 ? linkType + 1 : linkType, what !== 3)
}

type LineChange = (lines: string[], dice: Dice) => void

const changeNumber: LineChange = (lines, dice) => {
  const at = dice.below(lines.length)
  const numbers = [...(lines[at] ?? '').matchAll(/\d+/g)]
  if (numbers.length === 0) return
  const number = dice.pick(numbers)
  lines[at] = lines[at]!.slice(0, number.index) + dice.below(300) + lines[at]!.slice(number.index + number[0].length)
}

const AGES: readonly string[] = [
  ' used 1/2/3',
  ' probes 4',
  ' ref 1',
  ' use=2',
  ' id=77',
  ' expires 9sec',
  ' 1.25',
  ' ',
]

const LINE_CHANGES: readonly LineChange[] = [
  changeNumber,
  changeNumber,
  (lines, dice) => lines.splice(dice.below(lines.length + 1), 1),
  (lines, dice) => lines.splice(dice.below(lines.length + 1), 0, dice.pick([...lines, '# a comment', ''])),
  (lines, dice) => lines.push(...lines.splice(dice.below(lines.length), 1)),
  (lines, dice) => {
    const at = dice.below(lines.length)
    lines[at] = (lines[at] ?? '') + dice.pick(AGES)
  },
]

const mutateText = (file: Uint8Array, dice: Dice): Uint8Array => {
  const lines = new TextDecoder().decode(file).split('\n')
  for (let left = 1 + dice.below(2); left > 0; left--) dice.pick(LINE_CHANGES)(lines, dice)
  return new TextEncoder().encode(lines.join('\n'))
}

/** The files of a recording with some of them changed, taken away or added. */
export const mutateFiles = (files: ReadonlyMap<string, Uint8Array>, dice: Dice): Map<string, Uint8Array> => {
  const changed = new Map(files)
  const names = [...files.keys()].filter(name => name !== 'scenario.sh' && name !== 'meta.json')
  for (let left = 1 + dice.below(3); left > 0 && names.length > 0; left--) {
    const name = dice.pick(names)
    const file = changed.get(name)
    if (file === undefined) continue
    if (dice.below(25) === 0) changed.delete(name)
    else if (name.endsWith('.pcap')) {
      if (file.length >= 24 && isReadable(file)) changed.set(name, mutateCapture(file, dice))
    } else changed.set(name, mutateText(file, dice))
  }
  if (dice.below(10) === 0) changed.set('more.route', new Uint8Array(0))
  return changed
}

const isReadable = (file: Uint8Array): boolean => {
  try {
    readPcap(file, 'capture')
    return true
  } catch {
    return false
  }
}
