/**
 * One member of etcd, which is its whole cluster: it takes requests, keeps those that change something in its log, and does
 * them.
 *
 * Left out: several members and raft between them, users and roles, the quota of the database, maintenance.
 *
 * @see etcd etcdserver/v3_server.go, etcdserver/server.go, etcdserver/api/v3rpc/
 */
import type { World } from '../../core/world.js'
import { s } from '../../sim/time.js'
import type {
  CompactionRequest,
  DeleteRangeRequest,
  DeleteRangeResponse,
  HeaderResponse,
  InternalRaftRequest,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRequest,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  MemberListResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  TxnRequest,
  TxnResponse,
} from '../etcdserverpb.js'
import { Lessor, NO_LEASE } from '../lease/lessor.js'
import { WatchableStore } from '../mvcc/watchable-store.js'
import { int64, keyOctets } from '../octets.js'
import { etcdError } from '../rpctypes.js'
import { applyDeleteRange, applyPut, applyRange, applyTxn } from './apply.js'
import { checkDeleteRequest, checkPutRequest, checkRangeRequest, checkTxnRequest } from './check.js'
import { IdGenerator } from './id.js'

/** Election timeout: a new leader gives it to every lease on top. */
const ELECTION_TIMEOUT_NS = s(1)
/** Requests that a member makes of itself when it starts, before it serves: they take identifiers. */
const BOOT_REQUESTS = 4

/** Where requests that change something are kept, so that another start finds them. */
export interface RequestLog {
  /** Keeps a request before it is done. */
  append(request: InternalRaftRequest): void
}

/** What a member says of itself. */
export interface MemberAttributes {
  readonly name: string
  readonly peerUrls: readonly string[]
  readonly clientUrls: readonly string[]
}

/** What a member is started with. */
export interface EtcdServerOptions {
  readonly memberId: bigint
  readonly clusterId: bigint
  /** What it says of itself in the list of members. */
  readonly member: MemberAttributes
  /** Term of raft: 2 for a new member, one more with every start. */
  readonly raftTerm: number
  /** Milliseconds of its start by its own clock; identifiers begin with them. */
  readonly startMs: number
  /** Name in messages about what is pending. */
  readonly label: string
}

/** A member. */
export class EtcdServer {
  readonly memberId: bigint
  readonly clusterId: bigint
  readonly raftTerm: number
  readonly lessor: Lessor
  readonly kv: WatchableStore
  readonly #ids: IdGenerator
  readonly #member: MemberAttributes
  #log: RequestLog | null = null

  constructor(world: World, options: EtcdServerOptions) {
    this.memberId = options.memberId
    this.clusterId = options.clusterId
    this.#member = options.member
    this.raftTerm = options.raftTerm
    this.#ids = new IdGenerator(this.memberId, options.startMs)
    for (let i = 0; i < BOOT_REQUESTS; i++) this.#ids.next()
    this.lessor = new Lessor(world, options.label)
    this.kv = new WatchableStore(world, this.lessor, options.label)
    this.lessor.onExpired = id => this.leaseRevoke({ ID: id })
  }

  /** Does again what the log has from earlier starts, then leads and keeps new requests in `log`. */
  start(earlier: Iterable<InternalRaftRequest>, log: RequestLog): void {
    for (const request of earlier) this.#replay(request)
    this.#log = log
    this.lessor.promote(ELECTION_TIMEOUT_NS)
  }

  /** Ends it: nothing of it happens any more. */
  stop(): void {
    this.lessor.stop()
    this.kv.close()
  }

  /** Head of a response; `revision` 0 is the present one. */
  header(revision = 0): ResponseHeader {
    return {
      clusterId: int64(this.clusterId),
      memberId: int64(this.memberId),
      revision: revision === 0 ? this.kv.rev : revision,
      raftTerm: this.raftTerm,
    }
  }

  // --- KV

  /** Reads keys. Throws ErrEmptyKey, ErrCompacted, ErrFutureRev. */
  range(r: RangeRequest): RangeResponse {
    checkRangeRequest(r)
    if (r.serializable !== true) this.#ids.next()
    return this.#headed(applyRange(this.kv, r))
  }

  /** Puts a key. Throws ErrEmptyKey, ErrValueProvided, ErrLeaseProvided, ErrKeyNotFound, ErrLeaseNotFound. */
  put(r: PutRequest): PutResponse {
    checkPutRequest(r)
    this.#propose({ put: r })
    return this.#headed(this.#put(r))
  }

  /** Deletes keys. Throws ErrEmptyKey. */
  deleteRange(r: DeleteRangeRequest): DeleteRangeResponse {
    checkDeleteRequest(r)
    this.#propose({ deleteRange: r })
    return this.#headed(this.#deleteRange(r))
  }

  /** Does a transaction. Throws ErrTooManyOps, ErrDuplicateKey and what its operations throw. */
  txn(r: TxnRequest): TxnResponse {
    checkTxnRequest(r)
    if (isReadOnly(r)) this.#ids.next()
    else this.#propose({ txn: r })
    return this.#headed(applyTxn(this.kv, this.lessor, r))
  }

  /** Compacts the store. Throws ErrCompacted, ErrFutureRev. */
  compact(r: CompactionRequest): HeaderResponse {
    this.#propose({ compaction: r })
    this.kv.compact(r.revision ?? 0)
    return { header: this.header() }
  }

  // --- Lease

  /** Grants a lease; without an ID it gets one. Throws ErrLeaseExist, ErrLeaseTTLTooLarge. */
  leaseGrant(r: LeaseGrantRequest): LeaseGrantResponse {
    const { TTL = 0 } = r
    const ID = r.ID === undefined || r.ID === NO_LEASE ? int64(this.#ids.nextPositive()) : int64(r.ID)
    this.#propose({ leaseGrant: { ID, TTL } })
    const lease = this.lessor.grant(ID, TTL)
    return { header: this.header(), ID, TTL: lease.ttl, error: '' }
  }

  /** Revokes a lease and deletes its keys in one revision. Throws ErrLeaseNotFound. */
  leaseRevoke(r: LeaseRequest): HeaderResponse {
    this.#propose({ leaseRevoke: r })
    this.#leaseRevoke(r)
    return { header: this.header() }
  }

  /** Gives a lease its time again; `done` hears TTL 0 when there is none (any more). */
  leaseRenew(r: LeaseRequest, done: (response: LeaseKeepAliveResponse) => void): void {
    const ID = int64(r.ID ?? NO_LEASE)
    const header = this.header()
    this.lessor.renew(ID, ttl => done({ header, ID, TTL: ttl ?? 0 }))
  }

  /** How long a lease has left; TTL -1 when there is none. */
  leaseTimeToLive(r: LeaseTimeToLiveRequest): LeaseTimeToLiveResponse {
    const ID = int64(r.ID ?? NO_LEASE)
    const lease = this.lessor.lookup(ID)
    if (lease === undefined) return { header: this.header(), ID, TTL: -1, grantedTTL: 0, keys: [] }
    const keys = r.keys ? lease.sortedKeys().map(keyOctets) : []
    return { header: this.header(), ID, TTL: this.lessor.remainingSec(lease), grantedTTL: lease.ttl, keys }
  }

  /** All leases. */
  leaseLeases(): LeaseLeasesResponse {
    return { header: this.header(), leases: this.lessor.leases().map(({ id }) => ({ ID: id })) }
  }

  /** The members: this one. */
  memberList(): MemberListResponse {
    const { name, peerUrls, clientUrls } = this.#member
    const ID = int64(this.memberId)
    const members = [{ ID, name, peerURLs: [...peerUrls], clientURLs: [...clientUrls], isLearner: false }]
    return { header: { ...this.header(), revision: 0 }, members }
  }

  // --- doing it

  #propose(request: InternalRaftRequest): void {
    this.#ids.next()
    this.#log?.append(request)
  }

  /** A request of an earlier start; one that failed then fails again. */
  #replay(request: InternalRaftRequest): void {
    try {
      this.#apply(request)
    } catch (e) {
      if (!(e instanceof Error) || e.name !== 'EtcdError') throw e
    }
  }

  #apply(request: InternalRaftRequest): void {
    if (request.put !== undefined) this.#put(request.put)
    else if (request.deleteRange !== undefined) this.#deleteRange(request.deleteRange)
    else if (request.txn !== undefined) applyTxn(this.kv, this.lessor, request.txn)
    else if (request.compaction !== undefined) this.kv.compact(request.compaction.revision ?? 0)
    else if (request.leaseGrant !== undefined)
      this.lessor.grant(request.leaseGrant.ID ?? 0, request.leaseGrant.TTL ?? 0)
    else if (request.leaseRevoke !== undefined) this.#leaseRevoke(request.leaseRevoke)
  }

  #put(r: PutRequest): PutResponse {
    const { lease = NO_LEASE } = r
    if (lease !== NO_LEASE && this.lessor.lookup(lease) === undefined) throw etcdError('ErrLeaseNotFound')
    const txn = this.kv.write()
    const response = applyPut(txn, r)
    txn.end()
    return response
  }

  #deleteRange(r: DeleteRangeRequest): DeleteRangeResponse {
    const txn = this.kv.write()
    const response = applyDeleteRange(txn, r)
    txn.end()
    return response
  }

  #leaseRevoke(r: LeaseRequest): void {
    const lease = this.lessor.lookup(int64(r.ID ?? NO_LEASE))
    if (lease === undefined) throw etcdError('ErrLeaseNotFound')
    const txn = this.kv.write()
    for (const key of lease.sortedKeys()) txn.deleteRange(key, null)
    this.lessor.remove(lease)
    txn.end()
  }

  #headed<T extends { header: ResponseHeader | null }>(response: T): T {
    response.header = this.header(response.header?.revision ?? 0)
    return response
  }
}

const isReadOnly = ({ success = [], failure = [] }: TxnRequest): boolean => {
  const isRange = (op: RequestOp): boolean => op.requestRange !== undefined
  return success.every(isRange) && failure.every(isRange)
}
