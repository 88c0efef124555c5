/**
 * The log of a member in its data directory: who it is, its term, and every request that changed something, so that a
 * member that was killed has everything again when it starts.
 *
 * DIFFERS: the records are those of etcd's write-ahead log, but without check sums, and there is no database beside it: a
 * start does all requests again.
 *
 * @see etcd wal/wal.go, wal/encoder.go, raft/raftpb/raft.proto
 */
import { NetloomError } from '../../errors.js'
import type { FileSystem } from '../../fs/file-system.js'
import { encodeProto, type ProtoType } from '../../grpc/protobuf.js'
import { decodeProto } from '../../grpc/protobuf-reader.js'
import { NO_OCTETS } from '../../wire/repr.js'
import type { InternalRaftRequest } from '../etcdserverpb.js'
import type { Int64 } from '../octets.js'
import { etcdError } from '../rpctypes.js'
import { INTERNAL_RAFT_REQUEST } from '../rpc-proto.js'

const METADATA = 1
const ENTRY = 2
const STATE = 3

/** Octets of a file after which the log goes on in another one. */
const SEGMENT_OCTETS = 65536
/** Octets of a request (--max-request-bytes). */
const MAX_REQUEST_OCTETS = 1.5 * 1024 * 1024
/** Octets of a record's length. */
const LENGTH_OCTETS = 8

interface WalRecord {
  readonly type: number
  readonly data: Uint8Array
}

const RECORD: ProtoType = {
  name: 'Record',
  fields: [
    { id: 1, name: 'type', type: 'int64' },
    { id: 3, name: 'data', type: 'bytes' },
  ],
}

/** Who the member is. */
interface WalMetadata {
  readonly nodeId: Int64
  readonly clusterId: Int64
}

const METADATA_TYPE: ProtoType = {
  name: 'Metadata',
  fields: [
    { id: 1, name: 'nodeId', type: 'uint64' },
    { id: 2, name: 'clusterId', type: 'uint64' },
  ],
}

const ENTRY_TYPE: ProtoType = {
  name: 'Entry',
  fields: [
    { id: 2, name: 'term', type: 'uint64' },
    { id: 3, name: 'index', type: 'uint64' },
    { id: 4, name: 'data', type: 'bytes' },
  ],
}

const STATE_TYPE: ProtoType = { name: 'HardState', fields: [{ id: 1, name: 'term', type: 'uint64' }] }

const hex = (n: number): string => n.toString(16).padStart(16, '0')

/** The log in one data directory. */
export class Wal {
  readonly #fs: FileSystem
  readonly #directory: string
  /** Who it belongs to; null for a new one. */
  readonly metadata: WalMetadata | null
  /** Requests of earlier starts, in their order. */
  readonly requests: readonly InternalRaftRequest[]
  /** Term of the last start; 1 before the first. */
  #term = 1
  #index = 0
  #segment = -1
  #path = ''

  /** Opens or makes the log below `dataDir`. Throws what the file system throws, EDECODE for a file that is no log. */
  constructor(fs: FileSystem, dataDir: string) {
    this.#fs = fs
    this.#directory = `${dataDir}/member/wal`
    fs.mkdir(`${dataDir}/member/snap`, { recursive: true })
    fs.mkdir(this.#directory, { recursive: true })
    const metadata: WalMetadata[] = []
    const requests: InternalRaftRequest[] = []
    for (const name of fs.readdir(this.#directory)) {
      this.#path = `${this.#directory}/${name}`
      this.#segment++
      try {
        this.#load(fs.readFile(this.#path), metadata, requests)
      } catch (e) {
        if (!(e instanceof NetloomError)) throw e
        const why = `${this.#path}: ${e.message}; remove ${dataDir} to start without its data`
        throw new NetloomError(e.code, `etcd: read wal error: ${why}`, { ...e.context, path: this.#path })
      }
    }
    this.metadata = metadata[0] ?? null
    this.requests = requests
  }

  /** Takes what one file says. */
  #load(octets: Uint8Array, metadata: WalMetadata[], requests: InternalRaftRequest[]): void {
    for (const { type, data } of recordsOf(octets)) {
      if (type === METADATA) metadata.push(decodeProto<WalMetadata>(METADATA_TYPE, data))
      else if (type === STATE) this.#term = decodeProto<{ term: number }>(STATE_TYPE, data).term
      else if (type === ENTRY) {
        requests.push(requestOf(data))
        this.#index++
      }
    }
  }

  /** A start: the member's term is one more than before. Returns it. */
  begin(nodeId: bigint, clusterId: bigint): number {
    if (this.#segment < 0) this.#cut()
    if (this.metadata === null) this.#write(METADATA, encodeProto(METADATA_TYPE, { nodeId, clusterId }))
    this.#term++
    this.#write(STATE, encodeProto(STATE_TYPE, { term: this.#term }))
    return this.#term
  }

  /** Keeps a request. Throws ErrRequestTooLarge. */
  append(request: InternalRaftRequest): void {
    const data = encodeProto(INTERNAL_RAFT_REQUEST, request)
    if (data.length > MAX_REQUEST_OCTETS) throw etcdError('ErrRequestTooLarge')
    this.#index++
    this.#write(ENTRY, encodeProto(ENTRY_TYPE, { term: this.#term, index: this.#index, data }))
  }

  #write(type: number, data: Uint8Array): void {
    if ((this.#fs.stat(this.#path)?.size ?? 0) >= SEGMENT_OCTETS) this.#cut()
    const record = encodeProto(RECORD, { type, data })
    const framed = new Uint8Array(LENGTH_OCTETS + record.length)
    new DataView(framed.buffer).setUint32(0, record.length, true)
    framed.set(record, LENGTH_OCTETS)
    this.#fs.appendFile(this.#path, framed)
  }

  #cut(): void {
    this.#segment++
    this.#path = `${this.#directory}/${hex(this.#segment)}-${hex(this.#index)}.wal`
    this.#fs.writeFile(this.#path, NO_OCTETS)
  }
}

function* recordsOf(octets: Uint8Array): Generator<WalRecord, void> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  for (let at = 0; at + LENGTH_OCTETS <= octets.length; ) {
    const end = at + LENGTH_OCTETS + view.getUint32(at, true)
    yield decodeProto<WalRecord>(RECORD, octets.subarray(at + LENGTH_OCTETS, end))
    at = end
  }
}

const requestOf = (data: Uint8Array): InternalRaftRequest =>
  decodeProto<InternalRaftRequest>(INTERNAL_RAFT_REQUEST, decodeProto<{ data: Uint8Array }>(ENTRY_TYPE, data).data)
