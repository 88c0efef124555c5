/**
 * The command line of flanneld: answers of v0.20.2 itself to right and wrong ones.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FlagError, optionsText, parseFlags, usageText } from '../../lib/flannel/flags.js'

const test = suite('flannel/flags')

const file = (name: string): string => readFileSync(new URL(`../data/flannel/go/${name}`, import.meta.url), 'utf8')

/** Words, and what is said of them: an error, or the options as they are logged. */
const ROWS = file('flags.jsonl')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as [words: string[], said: string, status: number])

const answer = (words: readonly string[]): string => {
  try {
    return optionsText(parseFlags(words))
  } catch (e) {
    if (!(e instanceof FlagError)) throw e
    return e.message
  }
}

test('each command line is read, or refused with the words, as by flanneld itself', () => {
  assert.is(ROWS.length, 39)
  for (const [words, said] of ROWS) assert.is(answer(words), said, words.join(' '))
})

test('the help is that of v0.20.2', () => {
  assert.is(usageText('flanneld'), file('usage.txt'))
})

test('options of the log that are not built are refused by name', () => {
  for (const flag of ['vmodule', 'log_backtrace_at'])
    assert.is(answer([`-${flag}=x`]), `-${flag} is flannel's, and not built in netloom; leave it out`)
})

test('the environment fills in what the command line does not say', () => {
  const env = { FLANNELD_IFACE: 'eth1', FLANNELD_V: '3', FLANNELD_PUBLIC_IP: '', FLANNELD_IP_MASQ: 'true' }
  const { iface, v, publicIp, ipMasq, envError } = parseFlags(['-iface=eth0', '-public-ip=1.2.3.4'], env)
  assert.equal([iface, v, publicIp, ipMasq, envError], [['eth0'], 3, '1.2.3.4', true, null])
})

test('the last variable that is wrong is told of, and all others count', () => {
  const env = { FLANNELD_V: 'x', FLANNELD_HEALTHZ_PORT: 'y', FLANNELD_ETCD_PREFIX: '/p' }
  const { etcdPrefix, healthzPort, envError } = parseFlags([], env)
  assert.equal([etcdPrefix, healthzPort], ['/p', 0])
  assert.is(envError, 'invalid value "x" for FLANNELD_V: strconv.ParseInt: parsing "x": invalid syntax')
})

test.run()
