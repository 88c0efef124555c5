/** Connections of programs: what each end hears, and that the kernel closes them with their program. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { type ByteStream, connectStream, listenStream } from '../../lib/app/stream.js'
import { Lab } from './lab.js'

const test = suite('app/stream')
const S = 1_000_000_000

const setup = () => {
  const lab = new Lab()
  const server = new Process(lab.h2, 'server')
  const client = new Process(lab.h1, 'client')
  const log: string[] = []
  return { lab, server, client, log }
}
const text = (octets: Uint8Array): string => Buffer.from(octets).toString()

test('octets go both ways, ends are heard, the world comes to rest', () => {
  const { lab, server, client, log } = setup()
  listenStream(server, '0.0.0.0', 2379, stream => {
    stream.onData = octets => stream.write(Buffer.from(text(octets).toUpperCase()))
    stream.onEnd = () => {
      log.push('server: end')
      stream.close()
    }
  })
  const stream = connectStream(client, '10.0.0.2', 2379, {
    onConnect: () => log.push('connected'),
    onData: octets => log.push(text(octets)),
    onEnd: () => {
      log.push('client: end')
      stream!.close()
    },
    onClose: () => log.push('closed'),
  })
  stream!.write(Buffer.from('hello'))
  lab.world.run()
  assert.equal(log, ['connected', 'HELLO'])
  stream!.end()
  lab.world.run()
  assert.equal(log.slice(2), ['server: end', 'client: end', 'closed'])
})

test('a connection that stands keeps no world from being quiet, and is probed every 15 s', () => {
  const { lab, server, client } = setup()
  listenStream(server, '0.0.0.0', 2379, () => {})
  const stream = connectStream(client, '10.0.0.2', 2379, {})
  lab.world.run()
  assert.is(stream!.isClosed, false)
  const before = lab.h2.accounting().entered
  lab.world.run({ for: 61 * S })
  const frames = lab.h2.accounting().entered - before
  assert.ok(frames >= 4 && frames <= 12, `${frames}`)
})

test('the end of a program closes its connections and listeners', () => {
  const { lab, server, client, log } = setup()
  const accepted: ByteStream[] = []
  listenStream(server, '0.0.0.0', 2379, stream => {
    accepted.push(stream)
  })
  connectStream(client, '10.0.0.2', 2379, { onEnd: () => log.push('end'), onError: code => log.push(code) })
  lab.world.run()
  server.killHard()
  lab.world.run({ for: S })
  assert.equal(log, ['end'])
  assert.ok(accepted[0]!.isClosed)
  connectStream(client, '10.0.0.2', 2379, { onError: code => log.push(code) })
  lab.world.run({ for: S })
  assert.equal(log, ['end', 'ECONNREFUSED'])
})

test('what fails at once is heard later, as other failures are', () => {
  const { lab, client, log } = setup()
  client.netns.sysctl.set('net.ipv4.ip_forward', 0)
  const stream = connectStream(new Process(lab.world.addNetns('lonely'), 'x'), '10.9.9.9', 1, {
    onError: code => log.push(code),
  })
  assert.is(stream, null)
  assert.equal(log, [])
  lab.world.run()
  assert.equal(log, ['ENETUNREACH'])
})

test.run()
