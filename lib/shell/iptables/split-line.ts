/**
 * Words of a line of rules.
 *
 * @see iptables iptables/xshared.c
 */

/** The words of a line; quotes hold blanks together, a backslash takes a quote's meaning away (add_param_to_argv). */
export const splitLine = (line: string): string[] => {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (quote !== '') {
      if (c === '\\' && i + 1 < line.length) word += line[++i]!
      else if (c === quote) quote = ''
      else word += c
    } else if (c === '"' || c === "'") {
      quote = c
      word ??= ''
    } else if (c === ' ' || c === '\t') {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + c
  }
  if (word !== null) words.push(word)
  return words
}
