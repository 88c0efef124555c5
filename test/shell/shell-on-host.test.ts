/**
 * Shells on hosts: what is refused before anything runs, and where it stands in the script; what they cost and how their status
 * counts. What they do is in test/data/bash/sh-c.txt.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, NetloomError, type ScriptResult } from '../../lib/index.js'

const test = suite('shell/shell-on-host')

const run = (script: string): ScriptResult => createWorld().sh(script, { mayFail: true })

/** Line, column and word of what a script is refused for. Nothing must have run. */
const refusal = (script: string): readonly unknown[] => {
  const world = createWorld()
  const { error, stdout } = world.sh(`echo begin\n${script}\n`, { mayFail: true })
  assert.instance(error, NetloomError)
  assert.is(error!.code, 'EGRAMMAR')
  assert.is(stdout, '')
  const { line, column, word } = error!.context
  return [line, column, word]
}

test('an unknown command inside of quotes is found where it stands in the script', () => {
  assert.equal(refusal(`ip netns exec h1 sh -c 'echo a; nope b'`), [2, 33, 'nope'])
  assert.equal(refusal(`ip netns exec h1 bash -c "echo \\"a\\"; nope"`), [2, 39, 'nope'])
  assert.equal(refusal(`ip netns exec h1 sh -ec '\n  echo a\n  nope\n'`), [4, 3, 'nope'])
  assert.equal(refusal(`ip netns exec h1 bash <<EOF\necho a\n  nope\nEOF`), [4, 3, 'nope'])
  assert.equal(refusal(`ip netns exec "$x" timeout 5 env A=1 sh -c 'nope'`), [2, 45, 'nope'])
  assert.equal(refusal(`ip netns exec h1 sh -c 'x=$(ip netns exec h2 bash -c "nope")'`), [2, 55, 'nope'])
})

test('grammar that is not supported is found there as well', () => {
  assert.equal(refusal(`ip netns exec h1 sh -c 'if true; then'`).slice(0, 1), [2])
  assert.equal(refusal(`ip netns exec h1 bash -c 'cat <(echo)'`).slice(0, 1), [2])
  assert.equal(refusal(`ip netns exec h1 sh -c 'echo \`date\`'`), [2, 30, '`'])
  assert.equal(refusal(`ip netns exec h1 sh -c 'echo a > dir/file'`), [2, 34, 'dir/file'])
  assert.equal(refusal(`ip netns exec h1 bash -c 'echo > /dev/tcp/10.0.0.1/80'`), [2, 34, '/dev/tcp/10.0.0.1/80'])
  assert.equal(refusal(`ip netns exec h1 sh -c 'echo $HOME'`), [2, 30, '$HOME'])
})

test('what only bash has is refused in sh, and taken in bash', () => {
  for (const [commands, word] of [
    ['[[ a = a ]]', '[['],
    ['((1))', '(('],
    ['for ((i=0; i<3; i++)); do :; done', '(('],
    ['echo a &> out', '&>'],
    ['cat <<< a', '<<<'],
    [`x=ab; echo \${x/a/b}`, '$' + '{x/'],
    [`x=ab; echo \${x:1:1}`, '$' + '{x:'],
    ['x=1; echo $((x++))', 'x++'],
    ['x=a; x+=b', 'x+='],
    ['set -o pipefail', 'pipefail'],
    ['f-g() { :; }; f-g', 'f-g'],
  ] as const) {
    assert.equal(refusal(`ip netns exec h1 sh -c '${commands}'`).slice(2), [word], commands)
    assert.is(run(`ip netns add h1\nip netns exec h1 bash -c '${commands}'\n`).error, null, commands)
  }
})

test('options, files of commands and interactive shells that are not supported', () => {
  assert.equal(refusal('ip netns exec h1 sh world.sh'), [2, 21, 'world.sh'])
  assert.equal(refusal('ip netns exec h1 bash'), [2, 18, 'bash'])
  assert.equal(refusal(`ip netns exec h1 bash -lc 'echo a'`), [2, 23, '-lc'])
  assert.equal(refusal(`ip netns exec h1 bash -i`), [2, 23, '-i'])
  assert.equal(refusal(`ip netns exec h1 bash --posix -c 'echo a'`), [2, 23, '--posix'])
  assert.equal(refusal(`ip netns exec h1 sh -eo pipefail -c 'echo a'`), [2, 25, 'pipefail'])
  assert.equal(refusal('ip netns exec h1 sh -c'), [2, 21, '-c'])
  assert.equal(refusal(`sh -c 'echo a'`), [2, 1, 'sh'])
})

test('commands that the script makes are checked when they run', () => {
  const { error, stdout } = run(`ip netns add h1\nc=nope\necho begin\nip netns exec h1 sh -c "$c"\necho no\n`)
  assert.is(error?.code, 'EGRAMMAR')
  assert.is(error?.context['line'], 4)
  assert.is(stdout, 'begin\n')
})

test('the commands of a here-document are not the input of one of them', () => {
  const { error } = run(`ip netns add h1\nip netns exec h1 bash <<EOF\ncat\necho a\nEOF\n`)
  assert.is(error?.code, 'EGRAMMAR')
  assert.match(error!.message, /reads the input that the commands behind it stand in/)
})

test('a ping that fails is an outcome inside of a shell as outside, until something says -e', () => {
  const failing = 'ping -c1 -W1 10.0.0.9'
  const begin = 'ip netns add h1\n'
  assert.is(run(`${begin}ip netns exec h1 sh -c '${failing}; ${failing}'\n`).error, null)
  assert.is(run(`${begin}ip netns exec h1 sh -ec '${failing}; echo no'\n`).error?.context['exit'], 2)
  assert.is(run(`${begin}set -e\nip netns exec h1 sh -c '${failing}'\n`).error?.context['exit'], 2)
  assert.is(run(`${begin}ip netns exec h1 sh -c 'exit 3'\n`).error?.context['exit'], 3)
})

test('a shell and its programs cost what programs cost, built-in commands nothing', () => {
  const costOf = (script: string): number => {
    const world = createWorld()
    world.sh(`ip netns add h1\n${script}\n`, { commandNs: 1000, tailNs: 0 })
    return world.now - 1000
  }
  assert.is(costOf(`ip netns exec h1 sh -c 'echo a; true'`), 1000)
  assert.is(costOf(`ip netns exec h1 sh -c 'ip link; ip link; echo a'`), 3000)
  assert.is(costOf(`ip netns exec h1 sh -c 'ip link | cat'`), 2000)
  assert.is(costOf(`ip netns exec h1 sh -c 'sleep 1'`), 1_000_001_000)
  assert.is(costOf(`ip netns exec h1 sh -c 'ip link' &`), 0)
})

test('a shell in the background that is killed begins nothing more, and the script ends what it has left', () => {
  const world = createWorld()
  const { error, files } = world.sh(`ip netns add h1
ip netns exec h1 sh -c 'while true; do echo turn; sleep 1; done' > turns &
p=$!
sleep 2.5
kill $p
sleep 5
ip netns exec h1 sh -c 'nc -l 80 > /dev/null & sleep 100' &
sleep 1
`)
  assert.is(error, null)
  assert.is(new TextDecoder().decode(files.get('turns')), 'turn\nturn\nturn\n')
})

test('names of places in a path are no patterns', () => {
  const { error } = run(`ip netns add h1\nip netns exec h1 sh -c 'echo /run/*/x'\n`)
  assert.is(error?.code, 'EGRAMMAR')
})

test.run()
