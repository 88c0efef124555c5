/**
 * etcdctl endpoint health and member list.
 *
 * @see etcd etcdctl/ctlv3/command/ep_command.go, member_command.go
 */
import { Future, spawn, type Thread, wait } from '../../app/thread.js'
import { EtcdClient } from '../../etcd/clientv3.js'
import type { Member, MemberListResponse } from '../../etcd/etcdserverpb.js'
import { EtcdError } from '../../etcd/rpctypes.js'
import { idText } from '../../etcd/etcdserver/id.js'
import { encodeUtf8 } from '../../wire/utf8.js'
import { unsupported } from '../command/args.js'
import { type CtlCommand, type CtlContext, CtlExit, EXIT_ERROR } from './ctl-command.js'
import { goQuote } from '../../app/go-text.js'
import { goDuration } from '../../app/go-time.js'
import { headerJson } from './printer-json.js'
import { headerLines } from './printer-fields.js'
import { linesText } from './printer.js'
import { retryWarning } from './retry-warning.js'

/** How an endpoint does. */
interface Health {
  readonly endpoint: string
  readonly took: string
  readonly error: string
}

/** A table: names centred, values at the right. */
const tableText = (names: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = names.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]!.length)))
  const rule = `+${widths.map(width => '-'.repeat(width + 2)).join('+')}+`
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const centre = (name: string, width: number): string =>
    name.padStart(name.length + Math.floor((width - name.length) / 2)).padEnd(width)
  const head = line(names.map((name, i) => centre(name.toUpperCase(), widths[i]!)))
  return linesText([rule, head, rule, ...rows.map(row => line(row.map((cell, i) => cell.padStart(widths[i]!)))), rule])
}

const healthText = (format: string, found: readonly Health[]): string => {
  const isHealthy = ({ error }: Health): boolean => error === ''
  if (format === 'table')
    return tableText(
      ['endpoint', 'health', 'took', 'error'],
      found.map(h => [h.endpoint, `${isHealthy(h)}`, h.took, h.error]),
    )
  if (format === 'json') {
    const one = (h: Health): string =>
      `{"endpoint":${JSON.stringify(h.endpoint)},"health":${isHealthy(h)},"took":"${h.took}"${isHealthy(h) ? '' : `,"error":${JSON.stringify(h.error)}`}}`
    return `[${found.map(one).join(',')}]\n`
  }
  const fields = (h: Health): string[] => [
    `"Endpoint" : ${goQuote(encodeUtf8(h.endpoint))}`,
    `"Health" : ${isHealthy(h)}`,
    `"Took" : ${h.took}`,
    `"Error" : ${h.error}`,
    '',
  ]
  return linesText(found.flatMap(fields))
}

/** Lines of the format `simple`, which go to standard error. */
const simpleHealth = ({ endpoint, took, error }: Health): string =>
  error === ''
    ? `${endpoint} is healthy: successfully committed proposal: took = ${took}`
    : `${endpoint} is unhealthy: failed to commit proposal: ${error}`

/** Asks one endpoint for a key. */
function* ask({ process, timeoutNs }: CtlContext, endpoint: string): Thread<Health> {
  const { world } = process.netns
  const client = new EtcdClient(process, { endpoints: [endpoint] })
  const began = world.now
  let error = ''
  try {
    yield* client.get('health', { timeoutNs })
  } catch (e) {
    if (!(e instanceof EtcdError)) throw e
    process.stderr += retryWarning(process, [endpoint], e)
    error = e.message
  }
  const took = goDuration(world.now - began)
  client.close()
  return { endpoint, took, error }
}

export const endpointHealthCommand: CtlCommand = {
  name: 'endpoint health',
  flags: [{ name: 'cluster', type: 'bool', value: 'false' }],
  prepare(flags) {
    return function* (ctx) {
      const { process, client, timeoutNs } = ctx
      const endpoints = flags.isSet('cluster')
        ? (yield* client.memberList({ timeoutNs })).members.flatMap(member => member.clientURLs)
        : flags.list('endpoints')
      const found: Health[] = []
      const all = new Future<null>()
      for (const endpoint of endpoints)
        spawn(process, function* () {
          found.push(yield* ask(ctx, endpoint))
          if (found.length === endpoints.length) all.set(null)
        })
      yield* wait(all.done)
      const format = flags.text('write-out')
      if (format === 'simple') process.stderr += linesText(found.map(simpleHealth))
      else process.stdout += healthText(format, found)
      if (found.some(({ error }) => error !== '')) throw new CtlExit(EXIT_ERROR, 'unhealthy cluster')
    }
  },
}

const memberRow = (m: Member): string[] => [
  idText(m.ID),
  m.name === '' ? 'unstarted' : 'started',
  m.name,
  m.peerURLs.join(','),
  m.clientURLs.join(','),
  `${m.isLearner}`,
]

const memberJson = (m: Member): string => {
  const parts = [`"ID":${m.ID}`, `"name":${JSON.stringify(m.name)}`]
  parts.push(`"peerURLs":${JSON.stringify(m.peerURLs)}`, `"clientURLs":${JSON.stringify(m.clientURLs)}`)
  return `{${parts.join(',')}}`
}

const memberFields = (m: Member): string[] => {
  const quote = (text: string): string => goQuote(encodeUtf8(text))
  return [
    `"ID" : ${m.ID}`,
    `"Name" : ${quote(m.name)}`,
    ...m.peerURLs.map(url => `"PeerURL" : ${quote(url)}`),
    ...m.clientURLs.map(url => `"ClientURL" : ${quote(url)}`),
    `"IsLearner" : ${m.isLearner}`,
    '',
  ]
}

const MEMBER_NAMES = ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner']

const memberListText = (format: string, r: MemberListResponse): string => {
  if (format === 'table') return tableText(MEMBER_NAMES, r.members.map(memberRow))
  if (format === 'json')
    return `{"header":${headerJson(r.header)},"members":[${r.members.map(memberJson).join(',')}]}\n`
  if (format === 'fields') return linesText([...headerLines(r.header), ...r.members.flatMap(memberFields)])
  return linesText(r.members.map(member => memberRow(member).join(', ')))
}

export const memberListCommand: CtlCommand = {
  name: 'member list',
  flags: [],
  prepare(flags) {
    if (flags.text('write-out') === 'protobuf')
      throw unsupported('etcdctl', '-w protobuf', 'simple, json, fields, table')
    return function* ({ client, process, timeoutNs }) {
      process.stdout += memberListText(flags.text('write-out'), yield* client.memberList({ timeoutNs }))
    }
  },
}
