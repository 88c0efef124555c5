import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { World } from '../../lib/core/world.js'
import type { NetloomError } from '../../lib/errors.js'
import { type Command, type CommandContext, commandOf, registerCommands } from '../../lib/app/command.js'
import { unsupported } from '../../lib/shell/command/args.js'
import { makeIpCommand } from '../../lib/shell/command/ip.js'
import { runScript, type ScriptOptions, type ScriptResult } from '../../lib/shell/run.js'

const test = suite('shell/run')

const MS = 1e6

/** A program that writes a line, lives for some milliseconds and ends with a status. */
const startProgram = (ctx: CommandContext, name: string, lifeMs: number, status: number): Process => {
  const process = new Process(ctx.netns!, name, () => {
    process.stdout += `${name} ended at ${ctx.world.now / MS}\n`
  })
  process.stdout += `${name} started at ${ctx.world.now / MS}\n`
  const end = (p: Process): void => ctx.world.sim.task(q => q.exit(status), p)
  if (lifeMs >= 0) ctx.world.sim.schedule(lifeMs * MS, end, process)
  return process
}

/** `NAME MILLISECONDS STATUS`, for each name a program of the kind that scripts have. */
const program = (name: string): Command => ({
  name,
  run: (ctx, argv) => startProgram(ctx, name, Number(argv[1] ?? 0), Number(argv[2] ?? 0)),
})

/** Ends at once: writes its words to standard output and error, and returns the first as status. */
const say: Command = {
  name: 'say',
  run: (ctx, argv) => {
    ctx.out(`${argv.slice(2).join(' ')}\n`)
    if (argv[1] !== '0') ctx.err('say: it went wrong\n')
    return Number(argv[1])
  },
}

/** A capture: announces a file that holds the time at which it was stopped. */
const tcpdump: Command = {
  name: 'tcpdump',
  run: (ctx, argv) => {
    if (argv[1] === 'nodev') {
      ctx.err('tcpdump: nodev: No such device exists\n')
      return 1
    }
    let stoppedMs = -1
    const process = new Process(ctx.netns!, 'tcpdump', () => {
      stoppedMs = ctx.world.now / MS
    })
    ctx.addFile(argv[2]!, () => Uint8Array.of(stoppedMs))
    return process
  },
}

const odd: Command = {
  name: 'sysctl',
  run: (_ctx, argv) => {
    throw unsupported('sysctl', argv[2]!, '-w')
  },
}

const TABLE: Command[] = [program('ping'), program('nc'), program('arping'), say, tcpdump, odd]
const COMMANDS: readonly Command[] = [makeIpCommand(commandOf), ...TABLE]

const makeWorld = (): World => {
  const world = new World()
  registerCommands(world, COMMANDS)
  return world
}

const run = (script: string, options: ScriptOptions = {}): ScriptResult =>
  runScript(makeWorld(), `ip netns add h\n${script}`, { mayFail: true, ...options })

const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString()

test('a foreground command costs 5 ms, then the program runs to its end', () => {
  const { stdout, ok } = run('ip netns exec h ping 7\nip netns exec h say 0 x')
  assert.ok(ok)
  assert.is(stdout, 'ping started at 10\nping ended at 17\nx\n')
})

test('the cost can be set', () => {
  assert.match(run('ip netns exec h ping 7', { commandNs: 0 }).stdout, /started at 0\n/)
})

test('a background command starts at once, wait waits for it and not for captures', () => {
  const { stdout, ok } = run(
    'ip netns exec h tcpdump x a.pcap &\nip netns exec h nc 20 &\nwait\nip netns exec h ping 1',
  )
  assert.ok(ok)
  assert.is(stdout, 'nc started at 5\nnc ended at 25\nping started at 30\nping ended at 31\n')
})

test('captures stop 0.25 s after the last command, then what else runs in the background', () => {
  const { files, stdout } = run('ip netns exec h tcpdump x a.pcap &\nip netns exec h nc -1 &\nsleep 0.001', {
    tailNs: 200 * MS,
  })
  assert.equal([...files.get('a.pcap')!], [206])
  assert.match(stdout, /nc ended at 206\n$/)
})

test('state files hold standard output, and standard error only after > FILE 2>&1', () => {
  const { files, stdout, stderr } = run(`ip netns exec h say 0 one > a
# may-fail
ip netns exec h say 1 two > b 2>&1
# may-fail
ip netns exec h say 1 three 2>/dev/null
ip netns exec h say 0 four > /dev/null
ip netns exec h nc 2 > c &`)
  assert.is(text(files.get('a')), 'one\n')
  assert.is(text(files.get('b')), 'two\nsay: it went wrong\n')
  assert.match(text(files.get('c')), /^nc started at .*\nnc ended at .*\n$/)
  assert.is(stdout, 'three\n')
  assert.is(stderr, '')
})

test('a second > to a file empties it', () => {
  assert.is(text(run('ip netns exec h say 0 a > f\nip netns exec h say 0 b > f').files.get('f')), 'b\n')
})

test('lists the exit of each foreground ping, nc and arping, and of other commands that failed', () => {
  const { exits } = run(`ip netns exec h ping 1
ip netns exec h nc 1 1
ip netns exec h say 0
# may-fail
ip netns exec h say 3
ip netns exec h nc 1 1 &`)
  assert.equal(exits, [
    { line: 2, exit: 0 },
    { line: 3, exit: 1 },
    { line: 6, exit: 3 },
  ])
})

test('a command that fails ends the script with one line: where, what, and what it said', () => {
  const { ok, error, stdout } = run('ip netns exec h say 0 a\nip netns exec h say 2 b\nip netns exec h say 0 c')
  assert.not(ok)
  assert.is(error?.message, 'line 3: ip netns exec h say 2 b: exit 2: say: it went wrong')
  assert.is(error?.code, 'EIO')
  assert.equal([error?.context['line'], error?.context['exit']], [3, 2])
  assert.is(stdout, 'a\nb\n')
})

test('ping, nc and arping may end with 0, 1 or 2, not with more', () => {
  assert.ok(run('ip netns exec h ping 1 2').ok)
  assert.match(run('ip netns exec h ping 1 3').error!.message, /^line 2: .*: exit 3: /)
})

test('what netloom does not support ends the script even under # may-fail, with line, column and word', () => {
  const { error } = run('# may-fail\nip netns exec h sysctl -w -q x')
  assert.is(error?.code, 'EGRAMMAR')
  assert.equal([error?.context['line'], error?.context['column'], error?.context['word']], [3, 27, '-q'])
  assert.is(error?.message, 'line 3, column 27: sysctl: `-q` is not supported by netloom; supported: -w')
})

test('a capture that does not start is an error', () => {
  assert.is(
    run('ip netns exec h tcpdump nodev a.pcap &').error?.message,
    'line 2: ip netns exec h tcpdump nodev a.pcap &: capture did not start: tcpdump: nodev: No such device exists',
  )
})

test('a program that never ends is an error that says what is pending', () => {
  const { error } = run('ip netns exec h nc -1')
  assert.is(error?.code, 'EPENDING')
  assert.match(error!.message, /^line 2: ip netns exec h nc -1: still running: quiet at 0\.0/)
  assert.match(run('ip netns exec h nc 900', { limitNs: 100 * MS }).error!.message, /still running: time is up/)
})

test('nothing runs when a later line is outside the grammar', () => {
  const world = makeWorld()
  assert.throws(
    () => runScript(world, 'ip netns add h\nip netns add a; b'),
    (e: NetloomError) => e.code === 'EGRAMMAR' && e.context['line'] === 2,
  )
  assert.equal(world.listNetns(), [])
})

test('without mayFail the error is thrown', () => {
  assert.throws(
    () => runScript(makeWorld(), 'ip netns del h'),
    /^line 1: ip netns del h: exit 1: Cannot remove namespace file "\/run\/netns\/h": No such file or directory$/,
  )
})

test('output can be watched while it is written', () => {
  const seen: string[] = []
  run('ip netns exec h ping 3', {
    onOutput: (stream, t) => seen.push(`${stream} ${t}`),
    onLine: n => seen.push(`#${n}`),
  })
  assert.equal(seen, ['#1', '#2', 'stdout ping started at 10\n', 'stdout ping ended at 13\n'])
})

test('octets that are no UTF-8 reach a file as they are', () => {
  const raw: Command = {
    name: 'nc',
    run: ctx => {
      ctx.out('é\udcff\udc80')
      return 0
    },
  }
  const world = new World()
  registerCommands(world, [makeIpCommand(commandOf), raw])
  const { files } = runScript(world, 'ip netns add h\nip netns exec h nc > f')
  assert.equal([...files.get('f')!], [0xc3, 0xa9, 0xff, 0x80])
})

test('a daemon that found its port taken fails the script with the line that says so, not its first', () => {
  const daemon: Command = {
    name: 'nc',
    run: ctx => {
      ctx.err('I0101 main.go:211] CLI flags config: {...}\nE0101 listen tcp 0.0.0.0:80: bind: address already in use\n')
      return 2
    },
  }
  const world = new World()
  registerCommands(world, [makeIpCommand(commandOf), daemon])
  const { error } = runScript(world, 'ip netns add h\nip netns exec h nc &\nsleep 1', { mayFail: true })
  assert.match(
    error!.message,
    /background command failed: E0101 listen tcp 0\.0\.0\.0:80: bind: address already in use$/,
  )
})

test.run()
