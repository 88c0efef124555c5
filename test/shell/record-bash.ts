/**
 * Writes what GNU bash makes of the scripts of test/data/bash: `node --import tsx test/shell/record-bash.ts [FILE...]`, as root, as
 * each script gets network and mount namespaces of its own. `iptables` is the legacy one.
 *
 * Every script runs three times as `bash -e SCRIPT`; what it wrote to standard error is left out when it differs from run to
 * run, and nothing else may.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type BashCase, formatCase, parseCases } from './bash-cases.js'

const FOLDER = new URL('../data/bash/', import.meta.url)
const RUNS = 3

/** Gives a script namespaces and a directory of its own; what it writes goes through pipes, as a terminal's would not. */
const INSIDE = `mount -t tmpfs none /run && mkdir /run/netns && cd "$1/work" || exit
{
  {
    env -i PATH="$1/bin:/usr/sbin:/usr/bin:/sbin:/bin" LC_ALL=C bash -e ../script.sh < /dev/null
    echo $? > "$1/status"
  } 2>&3 | cat > "$1/stdout"
} 3>&1 > /dev/null | cat > "$1/stderr"`

const runOnce = (name: string, script: string): BashCase => {
  const dir = mkdtempSync(join(tmpdir(), 'bash-case-'))
  try {
    mkdirSync(join(dir, 'work'))
    mkdirSync(join(dir, 'bin'))
    for (const tool of ['iptables', 'iptables-save', 'iptables-restore'])
      symlinkSync(`/usr/sbin/${tool.replace('iptables', 'iptables-legacy')}`, join(dir, 'bin', tool))
    writeFileSync(join(dir, 'script.sh'), script)
    const own = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
    const { error } = spawnSync('unshare', [...own, 'bash', '-c', INSIDE, 'bash', dir], { timeout: 30_000 })
    if (error !== undefined) throw new Error(`${name}: ${error.message}`)
    const read = (file: string): string => readFileSync(join(dir, file), 'utf8')
    const stderr = read('stderr').replaceAll('../script.sh: line', 'bash: line')
    return { name, script, stdout: read('stdout'), stderr, status: Number(read('status')) }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const record = (name: string, script: string): BashCase => {
  const runs = Array.from({ length: RUNS }, () => runOnce(name, script))
  const [first] = runs
  if (runs.some(run => run.stdout !== first!.stdout || run.status !== first!.status))
    throw new Error(`${name}: differs from run to run`)
  return { ...first!, stderr: runs.every(run => run.stderr === first!.stderr) ? first!.stderr : null }
}

const wanted = process.argv.slice(2)
for (const file of readdirSync(FOLDER).sort()) {
  if (wanted.length > 0 && !wanted.includes(file)) continue
  const url = new URL(file, FOLDER)
  const { head, cases } = parseCases(readFileSync(url, 'utf8'))
  writeFileSync(url, head + cases.map(({ name, script }) => formatCase(record(name, script))).join(''))
}
