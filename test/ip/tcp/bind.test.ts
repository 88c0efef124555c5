/** Which sockets may share a port: 1,344 pairs as Linux 6.18 decided about them. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Netns } from '../../../lib/core/netns.js'
import { NetloomError } from '../../../lib/errors.js'
import { createWorld } from '../../../lib/index.js'
import { tcpAccept, tcpBind, tcpConnect, tcpListen } from '../../../lib/ip/tcp/inet-connection-sock.js'
import { tcpClose, tcpSocket } from '../../../lib/ip/tcp/tcp.js'
import type { TcpSock } from '../../../lib/ip/tcp/tcp-sock.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'

const test = suite('ip/tcp/bind')

const RECORDED = readFileSync(new URL('../../data/tcp/bind.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => line.split(' | ') as [string, string, string, string])

const host = (): Netns => {
  const world = createWorld({ seed: 1 })
  world.sh(`
    ip netns add h
    ip -n h link set lo up
    ip -n h link add eth0 type dummy
    ip -n h addr add 10.0.0.2/24 dev eth0
    ip -n h addr add 10.0.0.3/24 dev eth0
    ip -n h link set eth0 up`)
  return world.netns('h').kernel
}

/** The errno's name that a call throws, or `ok`. */
const outcome = (call: () => void): string => {
  try {
    call()
    return 'ok'
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return e.code
  }
}

interface Described {
  readonly sk: TcpSock
  readonly address: number
}

const socket = (netns: Netns, words: string): Described => {
  const [address, ...options] = words.split(' ')
  const sk = tcpSocket(netns)
  sk.reuseAddr = options.includes('reuseaddr')
  sk.reusePort = options.includes('reuseport')
  if (options.includes('eth0')) sk.boundDev = netns.dev('eth0')
  return { sk, address: parseIpv4(address!) }
}

const SERVER = '10.0.0.3'
const SERVER_PORT = 9999

/** Brings the first socket, which is bound to `port`, into its state; returns all that must stay open. */
const prepare = (netns: Netns, state: string, a: TcpSock, port: number, server: TcpSock): TcpSock[] => {
  if (state === 'bound') return [a]
  if (state === 'client') {
    tcpConnect(a, parseIpv4(SERVER), SERVER_PORT)
    return [a, tcpAccept(server)!]
  }
  tcpListen(a, 5)
  if (state === 'listen') return [a]
  const client = tcpSocket(netns)
  tcpConnect(client, parseIpv4('10.0.0.2'), port)
  const child = tcpAccept(a)!
  tcpClose(a)
  if (state === 'child') return [client, child]
  tcpClose(child)
  tcpClose(client)
  return []
}

for (const state of ['bound', 'listen', 'client', 'child', 'tw'])
  test(`a port of a socket in the state ${state} is shared as Linux lets it be`, () => {
    const netns = host()
    const server = tcpSocket(netns)
    tcpBind(server, { address: parseIpv4(SERVER), port: SERVER_PORT })
    tcpListen(server, 4096)
    let port = 20000
    const wrong: string[] = []
    for (const [given, first, second, expected] of RECORDED) {
      if (given !== state) continue
      port++
      const { sk: a, address } = socket(netns, first)
      tcpBind(a, { address, port })
      const open = prepare(netns, state, a, port, server)
      const b = socket(netns, second)
      const bind = outcome(() => tcpBind(b.sk, { address: b.address, port }))
      const listen = bind === 'ok' ? outcome(() => tcpListen(b.sk, 5)) : '-'
      if (`${bind} ${listen}` !== expected) wrong.push(`${first} | ${second}: ${bind} ${listen}, not ${expected}`)
      tcpClose(b.sk)
      for (const sk of open) tcpClose(sk)
    }
    assert.equal(wrong, [])
  })

test.run()
