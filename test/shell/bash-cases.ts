/**
 * The cases of test/data/bash: scripts, and what GNU bash made of them.
 */

/** A script with all that it wrote, and its exit status. */
export interface BashCase {
  readonly name: string
  readonly script: string
  readonly stdout: string
  /** Null when it differs from run to run. */
  readonly stderr: string | null
  readonly status: number
}

const parseCase = (text: string): BashCase => {
  const [, name = '', rest = ''] = /^(.*)\n([\s\S]*)$/.exec(text)!
  const [script = '', result = ''] = rest.split(/^-- status /m)
  const [, status = '0', outputs = ''] = /^(\d*)\n?([\s\S]*)$/.exec(result)!
  const [stdout = '', stderr] = outputs.replace(/^-- stdout\n/, '').split(/^-- stderr\n/m)
  return { name, script, stdout, stderr: stderr ?? null, status: Number(status) }
}

/** The comment in front, and the cases of a file. */
export const parseCases = (text: string): { readonly head: string; readonly cases: readonly BashCase[] } => {
  const [head = '', ...cases] = text.split(/^== /m)
  return { head, cases: cases.map(parseCase) }
}

/** Output as the files hold it: a mark behind a line that does not end. */
export const withEnd = (text: string): string =>
  text === '' || text.endsWith('\n') ? text : `${text}\n\\ no line end\n`

/** A case as it stands in its file. */
export const formatCase = ({ name, script, stdout, stderr, status }: BashCase): string => {
  const errors = stderr === null ? '' : `-- stderr\n${withEnd(stderr)}`
  return `== ${name}\n${script}-- status ${status}\n-- stdout\n${withEnd(stdout)}${errors}`
}
