/**
 * Opens the redirections of a command, from left to right.
 *
 * @see IEEE Std 1003.1 XCU 2.7
 */
import type { WorkingDirectory } from '../app/working-directory.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { checkFileName } from './check.js'
import type { Sink, Streams } from './environment.js'
import { type Expansion, expandWords, partsText } from './expand.js'
import type { IoRedirect } from './syntax.js'

/** A redirection that cannot be opened; the message is bash's. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError'
}

/** Drops what is written to it: /dev/null. */
const nowhere: Sink = () => {}

const fileName = (x: Expansion, redirect: IoRedirect): string => {
  const fields = expandWords(x, [redirect.target])
  const [first] = fields
  if (first === undefined || fields.length > 1) throw new RedirectError(`${redirect.target.text}: ambiguous redirect`)
  if (first.text === '') throw new RedirectError(': No such file or directory')
  checkFileName(redirect, first.text)
  return first.text
}

/** What a command reads; null for nothing. */
const inputOf = (x: Expansion, redirect: IoRedirect, cwd: WorkingDirectory): Uint8Array | null => {
  const { hereDocument, operator, target } = redirect
  if (hereDocument !== null) return encodeUtf8(partsText(x, hereDocument.parts))
  if (operator === '<<<') return encodeUtf8(`${partsText(x, target.parts)}\n`)
  const name = fileName(x, redirect)
  if (name === '/dev/null') return null
  const text = cwd.read(name)
  if (text === null) throw new RedirectError(`${name}: No such file or directory`)
  return encodeUtf8(text)
}

const sinkOf = (x: Expansion, redirect: IoRedirect, cwd: WorkingDirectory, streams: Streams): Sink => {
  const name = fileName(x, redirect)
  if (name === '/dev/null') return nowhere
  if (name === '/dev/stdout') return streams.out
  if (name === '/dev/stderr') return streams.err
  if (redirect.operator.endsWith('>>')) cwd.append(name, '')
  else cwd.write(name, '')
  return text => cwd.append(name, text)
}

/** The streams of a command with redirections. Throws {@link RedirectError}. */
export const redirected = (x: Expansion, redirects: readonly IoRedirect[], cwd: WorkingDirectory): Streams => {
  let streams = x.env.streams
  for (const redirect of redirects) {
    const { operator, fd, target } = redirect
    if (operator.startsWith('<')) streams = { ...streams, stdin: inputOf(x, redirect, cwd) }
    else if (operator === '>&') {
      const sink = target.text.includes('1') ? streams.out : streams.err
      streams = fd === 1 ? { ...streams, out: sink } : { ...streams, err: sink }
    } else {
      const sink = sinkOf(x, redirect, cwd, streams)
      if (operator.startsWith('&')) streams = { ...streams, out: sink, err: sink }
      else streams = fd === 1 ? { ...streams, out: sink } : { ...streams, err: sink }
    }
  }
  return streams
}
