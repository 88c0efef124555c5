/**
 * Opens the redirections of a command, from left to right.
 *
 * @see IEEE Std 1003.1 XCU 2.7
 */
import type { WorkingDirectory } from '../app/working-directory.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { checkFileName } from './check.js'
import type { Environment, Sink, Streams } from './environment.js'
import { type Expansion, expandWords, partsText } from './expand.js'
import { Input } from './input.js'
import { FileError, ShellFiles } from './shell-files.js'
import type { Steps } from './steps.js'
import type { IoRedirect } from './syntax.js'

/** A redirection that cannot be opened; the message is the shell's. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError'
}

/** Drops what is written to it: /dev/null. */
const nowhere: Sink = () => {}

const problemOf = ({ identity }: Environment, { operator }: IoRedirect, name: string, words: string): RedirectError =>
  new RedirectError(identity.dialect.cannotOpen(name, operator.startsWith('<'), words))

function* fileName(x: Expansion, redirect: IoRedirect): Steps<string> {
  const fields = yield* expandWords(x, [redirect.target])
  const [first] = fields
  if (first === undefined || fields.length > 1) throw new RedirectError(`${redirect.target.text}: ambiguous redirect`)
  if (first.text === '') throw problemOf(x.env, redirect, '', 'No such file or directory')
  checkFileName(redirect, first.text, x.env.identity.netns !== null)
  return first.text
}

const opened = <T>(env: Environment, redirect: IoRedirect, name: string, open: () => T): T => {
  try {
    return open()
  } catch (e) {
    if (!(e instanceof FileError)) throw e
    throw problemOf(env, redirect, name, e.message)
  }
}

/** What a command reads; null for nothing. */
function* inputOf(x: Expansion, redirect: IoRedirect, cwd: WorkingDirectory): Steps<Input | null> {
  const { hereDocument, operator, target } = redirect
  if (hereDocument !== null) return new Input(encodeUtf8(yield* partsText(x, hereDocument.parts)))
  if (operator === '<<<') return new Input(encodeUtf8(`${yield* partsText(x, target.parts)}\n`))
  const name = yield* fileName(x, redirect)
  if (name === '/dev/null') return null
  return new Input(encodeUtf8(opened(x.env, redirect, name, () => new ShellFiles(x.env, cwd).read(name))))
}

function* sinkOf(x: Expansion, redirect: IoRedirect, cwd: WorkingDirectory, streams: Streams): Steps<Sink> {
  const name = yield* fileName(x, redirect)
  if (name === '/dev/null') return nowhere
  if (name === '/dev/stdout') return streams.out
  if (name === '/dev/stderr') return streams.err
  const appends = redirect.operator.endsWith('>>')
  return opened(x.env, redirect, name, () => new ShellFiles(x.env, cwd).writer(name, appends))
}

/** The streams of a command with redirections. Throws {@link RedirectError}. */
export function* redirected(x: Expansion, redirects: readonly IoRedirect[], cwd: WorkingDirectory): Steps<Streams> {
  let streams = x.env.streams
  for (const redirect of redirects) {
    const { operator, fd, target } = redirect
    if (operator.startsWith('<')) streams = { ...streams, stdin: yield* inputOf(x, redirect, cwd) }
    else if (operator === '>&') {
      const sink = target.text.includes('1') ? streams.out : streams.err
      streams = fd === 1 ? { ...streams, out: sink } : { ...streams, err: sink }
    } else {
      const sink = yield* sinkOf(x, redirect, cwd, streams)
      if (operator.startsWith('&')) streams = { ...streams, out: sink, err: sink }
      else streams = fd === 1 ? { ...streams, out: sink } : { ...streams, err: sink }
    }
  }
  return streams
}
