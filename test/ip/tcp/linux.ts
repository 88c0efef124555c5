/**
 * `node --import tsx test/ip/tcp/linux.ts answers|talks [REGEX] [--verbose]`: netloom's TCP beside the recordings of
 * test/data/tcp. One line for each setup or conversation whose name matches; with --verbose the differences too.
 */
import { differenceOf, readAnswerSets } from './replay-answers.js'
import { holdTalk, readTalks } from './replay-talks.js'
import { loadTcp } from './sockets.js'

type Calls = NonNullable<Awaited<ReturnType<typeof loadTcp>>>

const SHOWN = 12

const showAnswers = (calls: Calls, pick: RegExp, isVerbose: boolean): void => {
  let [all, equal] = [0, 0]
  for (const { setup, cases } of readAnswerSets()) {
    if (!pick.test(setup.setup)) continue
    const differences = cases.map(c => [c.in, differenceOf(calls, setup, c)] as const).filter(([, d]) => d !== '')
    all += cases.length
    equal += cases.length - differences.length
    console.log(`${setup.setup}: ${cases.length - differences.length} of ${cases.length} equal`)
    if (isVerbose)
      for (const [asked, difference] of differences.slice(0, SHOWN)) console.log(`  < ${asked}\n${difference}`)
  }
  console.log(`answers equal ${equal} of ${all}`)
}

const showTalks = (calls: Calls, pick: RegExp, isVerbose: boolean): void => {
  let [all, equal] = [0, 0]
  for (const talk of readTalks()) {
    if (!pick.test(talk.name)) continue
    const { segments, equal: same, difference, infoDifferences } = holdTalk(calls, talk)
    const verdict = difference === '' ? 'equal' : 'differs'
    console.log(
      `${talk.name}: ${verdict}, segments ${same} of ${segments}, TCP_INFO differs ${infoDifferences.length} times`,
    )
    if (isVerbose && difference !== '') console.log(`    ${difference}`)
    if (isVerbose) for (const line of infoDifferences.slice(0, SHOWN)) console.log(`    info ${line}`)
    all++
    if (difference === '') equal++
  }
  console.log(`conversations equal ${equal} of ${all}`)
}

const main = async (): Promise<void> => {
  const words = process.argv.slice(2).filter(word => !word.startsWith('--'))
  const isVerbose = process.argv.includes('--verbose')
  const calls = await loadTcp()
  if (calls === null) throw new Error('netloom has no TCP here (lib/ip/tcp)')
  const pick = new RegExp(words[1] ?? '')
  if (words[0] === 'answers') showAnswers(calls, pick, isVerbose)
  else if (words[0] === 'talks') showTalks(calls, pick, isVerbose)
  else throw new Error('usage: linux.ts answers|talks [REGEX] [--verbose]')
}

await main()
