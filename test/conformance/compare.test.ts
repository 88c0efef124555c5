/**
 * The masks of frames, one by one: what each lets pass and what it must not let pass. The frames are the kernel's own,
 * from the recordings, changed octet by octet.
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Comparison, compareFiles, figuresText } from './compare.js'
import { readFiles, SCENARIOS } from './directory.js'
import { finishChecksums, writePcap } from './mutate.js'
import { readPcap } from './pcap-reader.js'

const test = suite('conformance/compare')

type Frames = { bytes: Uint8Array; wireLen: number }[]

/** Offsets in an Ethernet frame that carries IPv4 without options. */
const AT = {
  ipId: 18,
  ipTtl: 22,
  ipSum: 24,
  sport: 34,
  seq: 38,
  ack: 42,
  tcpFlags: 47,
  tcpSum: 50,
  udpSum: 40,
  icmpSum: 36,
}
const STAMP = 42

/** Compares the recording of `name` with a copy in which `change` was made to the frames of `file`. */
const changed = (name: string, file: string, change: (frames: Frames) => void): Comparison => {
  const recorded = readFiles(join(SCENARIOS, name))
  const { frames, linkType } = readPcap(recorded.get(file)!, file)
  const loose = frames.map(frame => ({ bytes: frame.bytes.slice(), wireLen: frame.wireLen }))
  change(loose)
  return compareFiles(recorded, new Map([...recorded, [file, writePcap(loose, linkType)]]))
}

const add16 = (b: Uint8Array, at: number, add: number): void => {
  const view = new DataView(b.buffer)
  view.setUint16(at, view.getUint16(at) + add)
}

const add32 = (b: Uint8Array, at: number, add: number): void => {
  const view = new DataView(b.buffer)
  view.setUint32(at, view.getUint32(at) + add)
}

const get16 = (b: Uint8Array, at: number): number => new DataView(b.buffer).getUint16(at)

/** Number of the frame from 1, as tshark prints it. */
const frame = (frames: Frames, number: number): Uint8Array => frames[number - 1]!.bytes

const isEqual = (comparison: Comparison): void => assert.ok(comparison.equal, figuresText(comparison))

/** Exactly `frames` frames and `files` files are not equal. */
const isOff = (comparison: Comparison, frames: number, files = 1): void => {
  assert.not(comparison.equal)
  assert.is(comparison.framesTotal - comparison.framesEqual, frames, figuresText(comparison))
  assert.is(comparison.filesTotal - comparison.filesEqual, files, figuresText(comparison))
}

const PING = ['veth-ping', 'h1-eth0.pcap'] as const
const STAMPED = ['ping-forms', 'h1-eth0.pcap'] as const
const UDP = ['veth-udp-exchange', 'h1-eth0.pcap'] as const
const TCP = ['bridge-tcp', 'sw-p1.pcap'] as const
const LO = ['loopback', 'h1-lo.pcap'] as const
const QUOTED = ['udp-closed-port', 'h1-eth0.pcap'] as const
const VXLAN = ['vxlan-two-vnis', 'n1-eth0.pcap'] as const
const FRAGMENTS = ['frag-router', 'h1-eth0.pcap'] as const

test('ip-id: another id with a right header checksum is equal', () => {
  isEqual(
    changed(...STAMPED, frames => {
      for (const { bytes } of frames.filter(one => get16(one.bytes, 12) === 0x0800)) {
        if (get16(bytes, AT.ipId) !== 0) add16(bytes, AT.ipId, 0x1111)
        finishChecksums(bytes)
      }
    }),
  )
})

test('ip-checksum: another id with the old header checksum is not equal', () => {
  isOff(
    changed(...PING, frames => add16(frame(frames, 4), AT.ipId, 1)),
    1,
  )
})

test('ip-id: 0 stays 0 and another id does not become 0', () => {
  const zeroed = changed(...PING, frames => {
    new DataView(frame(frames, 4).buffer).setUint16(AT.ipId, 0)
    finishChecksums(frame(frames, 4))
  })
  isOff(zeroed, 1)
  const filled = changed(...UDP, frames => {
    const b = frame(frames, 3)
    add16(b, AT.ipId, get16(b, AT.ipId) === 0 ? 7 : -get16(b, AT.ipId))
    finishChecksums(b)
  })
  isOff(filled, 1)
})

test('ip-id: one datagram on two links must have one id', () => {
  // the same echo request passes both captures of veth-ping
  isOff(
    changed('veth-ping', 'h2-eth0.pcap', frames => {
      add16(frame(frames, 4), AT.ipId, 3)
      finishChecksums(frame(frames, 4))
    }),
    1,
  )
})

test('ip-id: the TTL beside it is compared', () => {
  isOff(
    changed(...PING, frames => {
      frame(frames, 4)[AT.ipTtl]! -= 1
      finishChecksums(frame(frames, 4))
    }),
    1,
  )
})

test('tcp-isn: all numbers of a connection shifted alike are equal, one shifted alone is not', () => {
  const shift = (frames: Frames, only: (number: number) => boolean): void => {
    for (let number = 3; number <= 10; number++) {
      const b = frame(frames, number)
      if (!only(number)) continue
      const at = get16(b, AT.sport) === 40000 ? AT.seq : AT.ack
      if (new DataView(b.buffer).getUint32(at) !== 0) add32(b, at, 0x12345678)
      finishChecksums(b)
    }
  }
  const shiftAll = (frames: Frames): void => shift(frames, () => true)
  isEqual(changed(...TCP, shiftAll))
  isOff(
    changed(...TCP, frames => shift(frames, number => number === 6)),
    1,
  )
})

test('tcp-timestamp: another value is equal, 0 is not', () => {
  const TSVAL = 66 - 8
  isEqual(
    changed(...TCP, frames => {
      add32(frame(frames, 5), TSVAL, 77)
      finishChecksums(frame(frames, 5))
    }),
  )
  isOff(
    changed(...TCP, frames => {
      new DataView(frame(frames, 5).buffer).setUint32(TSVAL, 0)
      finishChecksums(frame(frames, 5))
    }),
    1,
  )
})

test('tcp-checksum: it must be right', () => {
  isOff(
    changed(...TCP, frames => add16(frame(frames, 5), AT.tcpSum, 1)),
    1,
  )
})

test('tcp: flags, window and payload are compared', () => {
  for (const at of [AT.tcpFlags, 48, 66]) {
    isOff(
      changed(...TCP, frames => {
        frame(frames, 6)[at]! ^= 1
        finishChecksums(frame(frames, 6))
      }),
      1,
    )
  }
})

test('udp: the checksum of an ordinary datagram is compared octet by octet', () => {
  isOff(
    changed(...UDP, frames => new DataView(frame(frames, 3).buffer).setUint16(AT.udpSum, 0)),
    1,
  )
})

test('checksum-offload: on lo the finished checksum is as good as the unfinished one, a wrong one is not', () => {
  for (const number of [7, 11]) isEqual(changed(...LO, frames => finishChecksums(frame(frames, number))))
  isOff(
    changed(...LO, frames => add16(frame(frames, 7), AT.udpSum, 1)),
    1,
  )
  isOff(
    changed(...LO, frames => add16(frame(frames, 11), AT.tcpSum, 1)),
    1,
  )
})

test('ping-timestamp: the first 16 octets of a 56-octet payload may differ, the 17th may not', () => {
  const flip =
    (at: number) =>
    (frames: Frames): void => {
      frame(frames, 7)[at]! ^= 0x55
      finishChecksums(frame(frames, 7))
    }
  isEqual(changed(...STAMPED, flip(STAMP)))
  isEqual(changed(...STAMPED, flip(STAMP + 15)))
  isOff(changed(...STAMPED, flip(STAMP + 16)), 1)
})

test('ping-timestamp: a payload of 8 octets has none', () => {
  isOff(
    changed(...PING, frames => {
      frame(frames, 3)[STAMP]! ^= 1
      finishChecksums(frame(frames, 3))
    }),
    1,
  )
})

test('icmp-checksum: it must be right where the payload is masked', () => {
  isOff(
    changed(...STAMPED, frames => add16(frame(frames, 7), AT.icmpSum, 1)),
    1,
  )
})

test('masks reach into the packet that an ICMP error quotes', () => {
  const QUOTED_IP = 42
  const flip = (at: number, frames: Frames): void => {
    const b = frame(frames, 4)
    b[at]! ^= 1
    finishChecksums(b)
  }
  isOff(
    changed(...QUOTED, frames => flip(QUOTED_IP + 8, frames)),
    1,
  )
  isOff(
    changed(...QUOTED, frames => flip(QUOTED_IP + 16, frames)),
    1,
  )
  // the quoted datagram carries the id of the original: both must change
  const number = (frames: Frames, both: boolean): void => {
    const original = frame(frames, 3)
    const error = frame(frames, 4)
    assert.is.not(get16(original, AT.ipId), 0)
    if (both) add16(original, AT.ipId, 5)
    add16(error, QUOTED_IP + 4, 5)
    add16(error, QUOTED_IP + 10, -5)
    finishChecksums(original)
    finishChecksums(error)
  }
  isEqual(changed(...QUOTED, frames => number(frames, true)))
})

const setPort = (b: Uint8Array, port: number): void => {
  new DataView(b.buffer).setUint16(AT.sport, port)
  finishChecksums(b)
}

test('vxlan-sport: another ephemeral port for a whole inner flow is equal', () => {
  isEqual(changed(...VXLAN, frames => setPort(frame(frames, 5), 50000)))
})

test('vxlan-sport: a port outside the ephemeral range is compared as it is', () => {
  isOff(
    changed(...VXLAN, frames => setPort(frame(frames, 5), 1000)),
    1,
  )
})

test('vxlan-sport: the ephemeral range is 32768 to 60999, both included', () => {
  for (const port of [32768, 60999]) isEqual(changed(...VXLAN, frames => setPort(frame(frames, 5), port)))
  for (const port of [32767, 61000]) {
    isOff(
      changed(...VXLAN, frames => setPort(frame(frames, 5), port)),
      1,
    )
  }
})

test('vxlan-sport: one inner flow with two ports is not equal', () => {
  isOff(
    changed('vxlan-flannel-pods', 'n1-eth0.pcap', frames => {
      const isFlow = (one: { bytes: Uint8Array }, like: Uint8Array): boolean =>
        one.bytes.length > 100 && get16(one.bytes, 36) === 8472 && get16(one.bytes, 34) === get16(like, 34)
      const last = frames.findLast(one => frames.some(other => other !== one && isFlow(one, other.bytes)))!
      setPort(last.bytes, get16(last.bytes, AT.sport) === 40000 ? 40001 : 40000)
    }),
    1,
  )
})

test('vxlan: the inner frame is compared', () => {
  isOff(
    changed(...VXLAN, frames => (frame(frames, 5)[50 + 14 + 8]! -= 1)),
    1,
  )
})

test('fragments: the ICMP checksum is verified on the datagram put together from the capture', () => {
  // the time stamp stands in the first fragment, the rest of the payload in the others
  const flip = (number: number, at: number) =>
    changed(...FRAGMENTS, frames => {
      frame(frames, number)[at]! ^= 1
    })
  isOff(flip(4, STAMP), 1)
  isOff(flip(5, 100), 2)
})

test('checksum-unverifiable: a fragment that is not in the capture leaves the checksum open', () => {
  const [name, file] = FRAGMENTS
  const recorded = readFiles(join(SCENARIOS, name))
  for (const missing of [5, 6]) {
    const without = (flip: boolean): Map<string, Uint8Array> => {
      const { frames } = readPcap(recorded.get(file)!, file)
      const loose = frames.map(({ bytes, wireLen }) => ({ bytes: bytes.slice(), wireLen }))
      if (flip) frame(loose, 4)[AT.icmpSum]! ^= 1
      loose.splice(missing - 1, 1)
      return new Map([...recorded, [file, writePcap(loose)]])
    }
    const comparison = compareFiles(without(false), without(true))
    isEqual(comparison)
    assert.is(comparison.masks['checksum-unverifiable'], 1)
  }
})

test('tcp-isn: a new SYN on the same ports starts both directions anew', () => {
  const [name, file] = TCP
  const recorded = readFiles(join(SCENARIOS, name))
  const { frames } = readPcap(recorded.get(file)!, file)
  // the connection of frames 3 to 10 twice, the second time with other numbers in one of the two copies
  const twice = (add: number): Map<string, Uint8Array> => {
    const again = frames.slice(2, 10).map(({ bytes, wireLen }) => {
      const copy = bytes.slice()
      for (const at of [AT.seq, AT.ack]) if (new DataView(copy.buffer).getUint32(at) !== 0) add32(copy, at, add)
      finishChecksums(copy)
      return { bytes: copy, wireLen }
    })
    return new Map([...recorded, [file, writePcap([...frames, ...again])]])
  }
  isEqual(compareFiles(twice(0), twice(0x01020304)))
})

test('checksum-offload: a finished UDP checksum that comes out as 0 stands as 0xffff (RFC 768)', () => {
  const [name, file] = LO
  const recorded = readFiles(join(SCENARIOS, name))
  const lo = (finish: boolean): Map<string, Uint8Array> => {
    const loose = readPcap(recorded.get(file)!, file).frames.map(({ bytes, wireLen }) => ({
      bytes: bytes.slice(),
      wireLen,
    }))
    const b = frame(loose, 7)
    const unfinished = get16(b, AT.udpSum)
    // the payload takes up what is missing to a sum of 0xffff
    new DataView(b.buffer).setUint16(STAMP, 0)
    finishChecksums(b)
    new DataView(b.buffer).setUint16(STAMP, get16(b, AT.udpSum))
    finishChecksums(b)
    assert.is(get16(b, AT.udpSum), 0xffff)
    if (!finish) new DataView(b.buffer).setUint16(AT.udpSum, unfinished)
    return new Map([...recorded, [file, writePcap(loose)]])
  }
  isEqual(compareFiles(lo(false), lo(true)))
})

test('frames: dropped, repeated and swapped ones count by an alignment of the two lists', () => {
  isOff(
    changed(...PING, frames => frames.splice(3, 1)),
    1,
  )
  const repeated = changed(...PING, frames => frames.push(frames[9]!))
  isOff(repeated, 1)
  assert.is(repeated.framesTotal, 21)
  isOff(
    changed(...PING, frames => frames.splice(2, 0, ...frames.splice(3, 1))),
    1,
  )
})

test('frames: a frame that is longer on the wire than in the capture is not the same frame', () => {
  isOff(
    changed(...PING, frames => {
      frames[2]!.wireLen += 1
    }),
    1,
  )
})

test('captures: one of another link type is unequal as a file, its frames are compared', () => {
  const recorded = readFiles(join(SCENARIOS, PING[0]))
  const { frames } = readPcap(recorded.get(PING[1])!, PING[1])
  isOff(compareFiles(recorded, new Map([...recorded, [PING[1], writePcap(frames, 113)]])), 0)
})

test('captures: byte order of the file and time stamps do not count', () => {
  const recorded = readFiles(join(SCENARIOS, PING[0]))
  const { frames } = readPcap(recorded.get(PING[1])!, PING[1])
  isEqual(compareFiles(recorded, new Map([...recorded, [PING[1], writePcap(frames, 1, false)]])))
})

test('files: what the run did not leave counts with all that the recording has', () => {
  const recorded = readFiles(join(SCENARIOS, PING[0]))
  const nothing = compareFiles(recorded, new Map())
  assert.is(figuresText(nothing), 'frames equal 0/20, files equal 0/7')
  const cut = compareFiles(recorded, new Map([...recorded, [PING[1], recorded.get(PING[1])!.subarray(0, 100)]]))
  assert.is(figuresText(cut), 'frames equal 10/20, files equal 6/7')
})

test('files: those that only the run has are named and do not count', () => {
  const recorded = readFiles(join(SCENARIOS, PING[0]))
  const comparison = compareFiles(recorded, new Map([...recorded, ['more.route', new Uint8Array(3)]]))
  isEqual(comparison)
  assert.equal(comparison.extra, ['more.route'])
})

test('files: a recording without anything to compare is equal to nothing', () => {
  assert.not(compareFiles(new Map(), new Map()).equal)
})

test('files: a broken recording is an error and not a difference', () => {
  assert.throws(() => compareFiles(new Map([['x.pcap', new Uint8Array(5)]]), new Map()), /x\.pcap: 5 octets/)
})

test.run()
