import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { BASH } from '../../lib/shell/dialect.js'
import { checkScript, functionNames } from '../../lib/shell/check.js'
import { parseScript } from '../../lib/shell/grammar.js'
import { type ShellCommand, type List, literalText, type SimpleCommand } from '../../lib/shell/syntax.js'
import { toolOf } from '../../lib/shell/tool-of.js'

const test = suite('shell/grammar')

const PROGRAMS = {
  tools: ['ip', 'bridge', 'ping', 'nc', 'tcpdump', 'sysctl', 'cat'],
  filters: ['cat', 'grep'],
  functions: new Set<string>(),
  isOnHost: false,
  dialect: BASH,
}

const parse = (script: string): List => {
  const list = parseScript(script)
  checkScript(list, { ...PROGRAMS, functions: functionNames(list) })
  return list
}

const failure = (script: string): { line: unknown; column: unknown; word: unknown; message: string } => {
  try {
    parse(script)
  } catch (e) {
    const { code, context, message } = e as NetloomError
    assert.is(code, 'EGRAMMAR', `${script}: ${message}`)
    return { line: context['line'], column: context['column'], word: context['word'], message }
  }
  throw new Error(`accepted: ${script}`)
}

const simple = (command: ShellCommand | undefined): SimpleCommand => {
  assert.is(command?.kind, 'simpleCommand')
  return command as SimpleCommand
}

const command = (script: string): SimpleCommand => simple(parse(script).items[0]?.first.commands[0])

const tool = (script: string): string | null =>
  toolOf(
    command(script).words.map(({ line, column, ...word }) => ({ text: literalText(word as never), line, column })),
    PROGRAMS,
  )

/** A list in one line: each command by its words, with what joins them. */
const text = (list: List): string =>
  list.items
    .map(item => {
      const pipelines = [item.first, ...item.rest.map(r => r.pipeline)].map(
        p => (p.isNegated ? '! ' : '') + p.commands.map(words).join(' | '),
      )
      const joined = pipelines.map((p, n) => (n === 0 ? p : `${item.rest[n - 1]!.operator} ${p}`)).join(' ')
      return joined + (item.isBackground ? ' &' : '')
    })
    .join('; ')

const words = (c: ShellCommand): string => {
  switch (c.kind) {
    case 'simpleCommand':
      return [...c.assignments.map(a => `${a.name}=${a.value.text}`), ...c.words.map(w => w.text)].join(' ')
    case 'braceGroup':
      return `{${text(c.body)}}`
    case 'subshell':
      return `(${text(c.body)})`
    case 'forClause':
      return `for ${c.name} in ${c.words?.map(w => w.text).join(' ') ?? '"$@"'} {${text(c.body)}}`
    case 'ifClause':
      return `if ${c.branches.map(b => `${text(b.condition)} {${text(b.body)}}`).join(' elif ')}${c.elseBody === null ? '' : ` else {${text(c.elseBody)}}`}`
    case 'whileClause':
      return `${c.isUntil ? 'until' : 'while'} ${text(c.condition)} {${text(c.body)}}`
    case 'caseClause':
      return `case ${c.word.text} ${c.items.map(i => `${i.patterns.map(p => p.text).join('|')} {${text(i.body)}}`).join(' ')}`
    case 'functionDefinition':
      return `${c.name}() ${words(c.body)}`
    default:
      return c.text
  }
}

test('reads comments, blank lines and lines', () => {
  const { items } = parse('# title: x\n\nip netns add h1\n  # more\nsleep 0.25 # why\r\nwait\n')
  assert.equal(
    items.map(s => [s.text, s.line]),
    [
      ['ip netns add h1', 3],
      ['sleep 0.25', 5],
      ['wait', 6],
    ],
  )
})

/** Scripts with their structure: operators and reserved words, in one line or over several. */
const STRUCTURES: readonly (readonly [script: string, structure: string])[] = [
  ['true; false', 'true; false'],
  ['true && false || : ; ! true', 'true && false || :; ! true'],
  ['true &&\n\n false ||\n true', 'true && false || true'],
  ['ip netns add \\\n h1', 'ip netns add h1'],
  ['echo a | cat |\n cat', 'echo a | cat | cat'],
  ['echo a & echo b', 'echo a &; echo b'],
  ['{ true; false; } && :', '{true; false} && :'],
  ['X=1 Y="a b" echo $X', 'X=1 Y="a b" echo $X'],
  ['for i in 1 2; do echo $i; done', 'for i in 1 2 {echo $i}'],
  ['for i in 1 2\ndo\n echo $i\n true\ndone', 'for i in 1 2 {echo $i; true}'],
  ['for i in; do :; done', 'for i in  {:}'],
  ['if true; then echo a; fi', 'if true {echo a}'],
  ['if true\nthen echo a\nelif false; then :; else echo b; fi', 'if true {echo a} elif false {:} else {echo b}'],
  ['while ! true; do sleep 1; done | cat', 'while ! true {sleep 1} | cat'],
  ['until true; do if false; then break; fi; done', 'until true {if false {break}}'],
  ['echo for if } done', 'echo for if } done'],
  ['echo a#b # c', 'echo a#b'],
]

test('reads lists, pipelines and compound commands', () => {
  for (const [script, structure] of STRUCTURES) assert.is(text(parse(script)), structure, script)
})

test('says what a command comes down to, with options and abbreviations', () => {
  assert.is(tool('ip netns exec h1 ping -c 1 10.0.0.1'), 'ping')
  assert.is(tool('ip netn e h1 nc -l 5'), 'nc')
  assert.is(tool('ip -n h1 -br link'), 'ip')
  assert.is(tool('ip -n h1 neigh show dev eth0'), 'ip')
  assert.is(tool('bridge -n sw fdb'), 'bridge')
  assert.is(tool('cat f'), 'cat')
})

test('a word that is known only when the script runs leaves open what it decides, and nothing else', () => {
  parse('N=h1; ip -n $N link; ip netns exec "$N" ping 10.0.0.1; $N x; ip $N link; ip netns exec "$N" $N')
  assert.is(failure('N=h1; ip netns exec "$N" curl x').word, 'curl')
  assert.is(failure('N=h1; ip -n h$N netns exec h1 curl x').word, 'curl')
})

test('reads redirections with their descriptors, in order', () => {
  const redirects = (script: string) => command(script).redirects.map(r => [r.fd, r.operator, r.target.text])
  assert.equal(redirects('echo a > f 2>&1'), [
    [1, '>', 'f'],
    [2, '>&', '1'],
  ])
  assert.equal(redirects('cat <f 2>>g'), [
    [0, '<', 'f'],
    [2, '>>', 'g'],
  ])
  assert.equal(redirects('>f echo a'), [[1, '>', 'f']])
})

test('reads here-documents behind their line, tabs stripped for <<-, nothing expanded for a quoted delimiter', () => {
  const script = `cat <<A - <<-'B' && echo b\n1 $X\n\tA\nA\n\t2 $X\n\tB\necho c`
  const { items } = parse(script)
  assert.is(text({ items }), 'cat - && echo b; echo c')
  const documents = simple(items[0]!.first.commands[0]).redirects.map(r => r.hereDocument!.parts)
  assert.equal(
    documents.map(parts => parts.map(p => (p.kind === 'literal' ? p.text : p.kind))),
    [['1 ', 'parameter', '\n\tA\n'], ['2 $X\n']],
  )
})

test('reads functions, subshells, case and lists in the background', () => {
  assert.is(text(parse('f() { true; }\ng () (true)\nf; g x')), 'f() {true}; g() (true); f; g x')
  assert.is(text(parse('(true; false) && { true; } & true')), '(true; false) && {true} &; true')
  assert.is(text(parse('case $x in\n a|b) true;;\n (c*) ;;\n *) false\nesac')), 'case $x a|b {true} c* {} * {false}')
  assert.is(text(parse('while read a; do true; done < f | cat')), 'while read a {true} | cat')
  assert.is(
    text(parse('for i; do true; done; ((1 + 2)) || [[ a =~ ^(b|c)$ ]]')),
    'for i in "$@" {true}; ((1 + 2)) || [[ a =~ ^(b|c)$ ]]',
  )
})

test('# may-fail counts for the next line only, and not across a blank line', () => {
  const mayFail = (script: string) => parse(script).items.map(s => s.mayFail)
  assert.equal(mayFail('# may-fail\nip -n h1 link\nip -n h1 link'), [true, false])
  assert.equal(mayFail('# may-fail\n# of course\n  true; false\ntrue'), [true, true, false])
  assert.equal(mayFail('# may-fail\n\nip -n h1 link'), [false])
  assert.equal(mayFail('true # may-fail\nip -n h1 link'), [false, false])
})

const REFUSED: readonly (readonly [script: string, column: number, word: string, says: RegExp])[] = [
  ['ip netns add a && ip netns exec a curl', 35, 'curl', /unknown command; ip netns exec runs/],
  ['true; docker ps', 7, 'docker', /unknown command; supported: ip, bridge, tc, sleep, wait/],
  ['echo a | sudo cat', 10, 'sudo', /leave it out/],
  ['ls | cat', 1, 'ls', /unknown command/],
  ["printf '%f' 1 | ip netns exec h nc", 8, '%f', /supported/],
  ['printf', 1, 'printf', /takes a format/],
  ['ip -n h1 link > a/b', 17, 'a/b', /plain file name/],
  ['ip -n h1 link > /etc/x', 17, '/etc/x', /a file of a host: | ip netns exec NS tee/],
  ['ip -n h1 link > x.pcap', 17, 'x.pcap', /plain file name/],
  ['ip -n h1 link >', 15, '>', /a file name is missing/],
  ['ip -n h1 link 3> f', 15, '3>', /descriptors are 0/],
  ['ip -n h1 link <> f', 15, '<>', /not supported; supported: </],
  ['ip -n h1 link >&f', 17, 'f', /copies descriptor/],
  ['cat < /etc/x', 7, '/etc/x', /ip netns exec NS cat FILE/],
  ['cat <<EOF', 7, 'EOF', /does not end/],
  ['& ip -n h1 link', 1, '&', /a command is missing/],
  ['true && && true', 9, '&&', /a command is missing/],
  ['true ;; true', 6, ';;', /a command is missing/],
  ['case x in x) true ;& y) true; esac', 19, ';&', /ends with ;;/],
  ['case x in x) true', 18, '', /;; or esac is missing/],
  ['case x in x true;; esac', 13, 'true', /\) is missing/],
  ['ping 10.0.0.1', 1, 'ping', /use ip netns exec NS ping/],
  ['ip netns exec h1 curl x', 18, 'curl', /unknown command; ip netns exec runs ip, bridge, ping/],
  ['ip netns exec h1 echo x', 18, 'echo', /a command of the shell itself/],
  ['ip link', 4, 'link', /nothing runs outside a namespace: use ip -n NS link/],
  ['bridge fdb', 8, 'fdb', /use bridge -n NS fdb/],
  ['sleep x', 7, 'x', /sleep takes seconds/],
  ['sleep 1 2', 9, '2', /one number/],
  ['wait x', 6, 'x', /takes no argument/],
  ['(true', 6, '', /\) is missing: \( stands on line 2/],
  ['f() true', 5, 'true', /the body of a function is a compound command/],
  ['f(a) { true; }', 3, 'a', /functions are NAME/],
  ['X=(1 2)', 1, 'X=', /arrays/],
  ['return', 1, 'return', /inside of a function/],
  ['local x=1', 1, 'local', /inside of a function/],
  ['f() { for i in 1; do break; done; break; }', 35, 'break', /inside of a loop/],
  ['f() { declare -i x; }', 7, 'declare', /write NAME=VALUE/],
  ['((1 + 2)', 1, '((1', /no closing \)\)/],
  ['for ((i = 0; i < 2)); do true; done', 1, 'for', /FIRST; CONDITION; NEXT/],
  ["trap 'echo x' ERR", 15, 'ERR', /supported: trap/],
  ["trap 'docker ps' EXIT", 6, 'docker ps', /`docker`: unknown command/],
  ['read -p x y', 6, '-p', /supported: read/],
  ['command -p true', 9, '-p', /supported: command -v/],
  ['shift x', 7, 'x', /one number/],
  ['X[1]=2', 1, 'X[1]=2', /arrays/],
  ['[[ -L x ]]', 4, '-L', /not supported in \[\[/],
  ['[[ a -ot b ]]', 6, '-ot', /not supported in \[\[/],
  ['[[ a = b', 9, '', /]] is missing/],
  ['function f { true; }', 1, 'function', /write NAME\(\)/],
  ['true |& cat', 6, '|&', /2>&1/],
  ['set -k', 5, '-k', /supported: -e, -u, -x/],
  ['set -o posix', 8, 'posix', /supported/],
  ['cd x', 1, 'cd', /a script stays in its directory/],
  ['exit x', 6, 'x', /one number/],
  ['break', 1, 'break', /inside of a loop/],
  ['done', 1, 'done', /nothing is open/],
  ['for i in 1; do true', 20, '', /done is missing: for stands on line 2/],
  ['for 1 in a; do true; done', 5, '1', /for NAME in WORDS/],
  ['if true; true; fi', 16, 'fi', /then is missing: if stands on line 2/],
  ['while true; do done', 16, 'done', /a command is missing/],
  ['echo $HOME', 6, '$HOME', /assign one in the script/],
  ['PS4=:', 1, 'PS4', /not supported/],
  ['echo $(ls)', 8, 'ls', /unknown command/],
  ['echo $((2 # 3))', 6, '# 3', /an expression has/],
  ['echo $(true', 12, '', /no closing \) of/],
  ['[ -L x ]', 3, '-L', /supported: !/],
  ['[ a = b', 1, '[', /a \] is missing/],
]

test('refuses the rest with line, column and word, and says what is supported', () => {
  for (const [script, column, word, says] of REFUSED) {
    const e = failure(`# c\n${script}`)
    assert.equal([e.line, e.column, e.word], [2, column, word], `${script}: ${e.message}`)
    assert.match(e.message, says)
    assert.ok(e.message.startsWith(`line 2, column ${column}: ${word === '' ? '' : `\`${word}\`: `}`), e.message)
  }
})

test('what bash would run goes through the check, too', () => {
  parse('HOME=/root; echo $HOME; export A=1 B; unset A; set -euo pipefail; set +x -u; kill -9 $!; wait $!')
  parse('printf x; printf "%s" "$X"; sleep $X; exit $?; ip netns exec h1 cat /etc/x | grep -c x > f || exit 1')
})

test.run()
