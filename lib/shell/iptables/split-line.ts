/**
 * Words of a line of rules.
 *
 * @see iptables iptables/xshared.c add_param_to_argv
 */

/**
 * The words of a line of iptables-restore. Double quotes hold blanks together, a backslash within takes a quote's meaning away;
 * what is in quotes ends a word. Single quotes mean nothing.
 */
export const splitLine = (line: string): string[] => {
  const words: string[] = []
  let word = ''
  let isQuoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (isQuoted && c !== '"') {
      if (c === '\\') i++
      word += line[i] ?? ''
    } else if (c === '"' && !isQuoted) isQuoted = true
    else if (c === '"' || c === ' ' || c === '\t') {
      if (isQuoted || word !== '') words.push(word)
      word = ''
      isQuoted = false
    } else word += c
  }
  if (word !== '') words.push(word)
  return words
}
