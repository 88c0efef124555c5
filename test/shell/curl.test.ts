/**
 * Replays what curl 7.88.1 printed on Linux 6.18 against a server of canned answers: test/data/curl.txt.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type TcpSocket, type World } from '../../lib/index.js'

const test = suite('shell/curl')

const CRLF = '\r\n'
const head = (status: string, ...headers: string[]): string => [`HTTP/1.1 ${status}`, ...headers, '', ''].join(CRLF)

/** What the recorded server answers, by path. */
const ANSWERS: Readonly<Record<string, string>> = {
  '/': `${head('200 OK', 'Content-Type: text/plain', 'Content-Length: 6')}hello\n`,
  '/nolen': `${head('200 OK')}to the end`,
  '/chunked': `${head('200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
  '/404': `${head('404 Not Found', 'Content-Length: 4')}no!\n`,
  '/empty': '',
  '/short': `${head('200 OK', 'Content-Length: 100')}hello`,
  '/garbage': `garbage${CRLF}${CRLF}`,
  '/10': `HTTP/1.0 200 OK\r\nServer: x\r\n\r\nold`,
  '/204': head('204 No Content'),
  '/100': `${head('100 Continue')}${head('200 OK', 'Content-Length: 2')}ok`,
  '/close': `${head('200 OK', 'Content-Length: 6', 'Connection: close')}hello\n`,
}
/** These leave the connection open for 0.3 s. */
const STAY = ['/', '/404', '/204', '/chunked', '/100']
const MS = 1_000_000

const answer = (world: World, socket: TcpSocket, request: string): void => {
  const path = request.split(' ')[1] ?? '/'
  if (path === '/slow') return
  if (path === '/partial') return socket.write(`${head('200 OK', 'Content-Length: 100')}hello`)
  if (path === '/reset') return socket.abort()
  if (path === '/resetmid') {
    socket.write(`${head('200 OK', 'Content-Length: 100')}hello`)
    world.after(200 * MS, () => socket.abort())
    return
  }
  socket.write(ANSWERS[path] ?? ANSWERS['/404']!)
  if (STAY.includes(path) || ANSWERS[path] === undefined) world.after(300 * MS, () => socket.close())
  else socket.close()
}

const makeWorld = (): World => {
  const world = createWorld()
  world.sh(`ip netns add h1
ip -n h1 link set lo up
ip -n h1 link add d0 type veth peer name d1
ip -n h1 addr add 10.9.0.1/24 dev d0
ip -n h1 link set d0 up
ip -n h1 link set d1 up
ip -n h1 neigh add 10.9.0.2 lladdr 02:00:00:00:00:09 dev d0`)
  world.netns('h1').tcp.listen({ port: 80 }, socket => {
    let request = ''
    let isAnswered = false
    socket.on({
      onData: data => {
        request += new TextDecoder().decode(data)
        if (!request.includes('\r\n\r\n') || isAnswered) return
        isAnswered = true
        answer(world, socket, request)
      },
    })
  })
  return world
}

interface Entry {
  readonly command: string
  readonly stdout: string
  readonly stderr: string
  readonly exit: number
}

const plain = (line: string): string => line.replaceAll('^M', '\r').replaceAll('^I', '\t').replace(/\$$/, '\n')

const parse = (text: string): Entry[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map(entry => {
      const [command, ...lines] = entry.split('\n')
      let stdout = ''
      let stderr = ''
      let exit = 0
      // A line without its end runs into the next one.
      for (const part of lines.join('\n').split(/(?=\[[oe]\] |\[exit )/)) {
        const line = part.replace(/\n$/, '')
        if (line.startsWith('[o] ')) stdout += plain(line.slice(4))
        else if (line.startsWith('[e] ')) stderr += plain(line.slice(4))
        else if (line.startsWith('[exit ')) exit = Number(line.slice(6, -1))
      }
      return { command: command!, stdout, stderr, exit }
    })

/** Times and speeds. */
const mask = (text: string): string =>
  text
    .replace(/after \d+ (ms|milliseconds)/g, 'after * $1')
    .replace(/(\r *\d+ +\d+ +\d+ +\d+ +0 +0) +\d+[kM]?( +0 \S+ \S+ \S+) +\d+[kM]?/g, '$1 *$2 *')
    .replace(/connect timeout after \d+ms/g, 'connect timeout after *ms')

/** Commands for what netloom's curl has not, or that depend on a race or on a pointer. */
const LEFT_OUT = [/ftp:|https:|foo:/, / -L /, / -V$/, / -Q$/, / -y$/, /-v .*\/ .*\/404$/, /^curl -s -I -d/]

const quoted = (command: string): string =>
  command
    .replace(/-w (.*?) (http:\S*|-m)$/, "-w '$1' $2")
    .replace(/-H (Content-Type: x\/y) -H (X-A: b) -H (Host: foo) -H (Accept:)/, "-H '$1' -H '$2' -H '$3' -H '$4'")
    .replace('/a b', "'/a b'")

const entries = parse(readFileSync(new URL('../data/curl.txt', import.meta.url), 'utf8').replace(/^#.*\n/, ''))

test('the recording is read', () => {
  assert.ok(entries.length > 60)
})

for (const { command, stdout, stderr, exit } of entries.filter(e => !LEFT_OUT.some(p => p.test(e.command))))
  test(command, () => {
    const world = makeWorld()
    const script = `ip netns exec h1 ${quoted(command)}`
    if (exit === 124) return
    const result = world.sh(`# may-fail\n${script}`, { mayFail: true, tailNs: 0 })
    if (result.error !== null) throw result.error
    assert.is(mask(result.stdout), mask(stdout))
    assert.is(mask(result.stderr), mask(stderr))
    assert.is(result.exits[0]?.exit, exit)
  })

test.run()
