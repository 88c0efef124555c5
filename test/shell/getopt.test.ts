/**
 * getopt as glibc does it; each case was tried with the real tools (`ping`, `tcpdump`).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Getopt, type LongOption } from '../../lib/shell/getopt.js'

const LONG: readonly LongOption[] = [
  { name: 'micro', takesValue: false, option: 'micro' },
  { name: 'monitor-mode', takesValue: false, option: 'I' },
  { name: 'interface', takesValue: true, option: 'i' },
]

const parse = (words: string[], spec = 'c:qv', long: readonly LongOption[] = []): [string[], string[]] => {
  const getopt = new Getopt(words, spec, long)
  const options: string[] = []
  for (let o = getopt.next(); o !== null; o = getopt.next()) options.push(`${o.option}=${o.value}`)
  return [options, getopt.operands]
}

const test = suite('shell/getopt')

test('letters may be put together, and a value may follow its letter at once', () => {
  assert.equal(parse(['-qvc3', '-c', '4', 'host']), [['q=', 'v=', 'c=3', 'c=4'], ['host']])
})

test('operands may stand between options, and all that follows -- is one', () => {
  assert.equal(parse(['host', '-q', '-', '--', '-v']), [['q='], ['host', '-', '-v']])
})

test('unknown letters and missing values are told as glibc tells them', () => {
  assert.throws(() => parse(['-z']), /^invalid option -- 'z'$/)
  assert.throws(() => parse(['--foo']), /^invalid option -- '-'$/)
  assert.throws(() => parse(['-c']), /^option requires an argument -- 'c'$/)
})

test('long options may be shortened while they are clear, with their value behind = or as the next word', () => {
  assert.equal(parse(['--int=eth0', '--interface', 'lo', '--mi'], 'i:', LONG), [['i=eth0', 'i=lo', 'micro='], []])
  assert.throws(
    () => parse(['--m'], 'i:', LONG),
    /^option '--m' is ambiguous; possibilities: '--micro' '--monitor-mode'$/,
  )
  assert.throws(() => parse(['--foo'], 'i:', LONG), /^unrecognized option '--foo'$/)
  assert.throws(() => parse(['--micro=1'], 'i:', LONG), /^option '--micro' doesn't allow an argument$/)
  assert.throws(() => parse(['--interface'], 'i:', LONG), /^option '--interface' requires an argument$/)
})

test.run()
