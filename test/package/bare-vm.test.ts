/**
 * The core needs no Node and no browser: bundled, it runs in a JavaScript context that has nothing but the language.
 */
import { join } from 'node:path'
import vm from 'node:vm'
import { build } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consumer } from './consumer.js'

/** Sends one datagram over a veth and returns what the far end saw, in hex. */
const ENTRY = `
import { createWorld } from 'netloom'
const world = createWorld({ seed: 1 })
const run = world.sh(\`ip netns add a
ip netns add b
ip -n a link add eth0 type veth peer name eth0 netns b
ip -n a link set eth0 up
ip -n b link set eth0 up
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip netns exec b tcpdump -i eth0 -w b.pcap &
sleep 1
printf 'hello' | ip netns exec a nc -u -w 1 10.0.0.2 9
\`)
export const seen = Array.from(run.files.get('b.pcap'), octet => octet.toString(16).padStart(2, '0')).join('')
`

/** The bundle's text, made from the installed package. */
const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: consumer().dir, loader: 'js' },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'netloom',
    logLevel: 'silent',
    absWorkingDir: join(consumer().dir),
  })
  return outputFiles[0]!.text
}

const test = suite('package/bare vm')

test('a packet crosses a veth in a context without Buffer, process, timers, TextEncoder or console', async () => {
  const context = vm.createContext(Object.create(null))
  vm.runInContext(await bundle(), context)
  const seen = vm.runInContext('netloom.seen', context) as string
  assert.match(seen, Buffer.from('hello').toString('hex'))
})

test.run()
