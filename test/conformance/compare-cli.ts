/**
 * `node --import tsx test/conformance/compare-cli.ts RECORDED_DIR ACTUAL_DIR [--max N] [--json]`: compares two
 * directories. Exit status 0 all equal, 1 something differs, 2 usage or a broken recording.
 */
import { parseArgs } from 'node:util'
import { compareFiles } from './compare.js'
import { comparisonText } from './compare-text.js'
import { readFiles } from './directory.js'

const main = (): number => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { max: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
  })
  const [recorded, actual] = positionals
  if (recorded === undefined || actual === undefined || positionals.length !== 2) {
    throw new Error('usage: compare RECORDED_DIR ACTUAL_DIR [--max N] [--json]')
  }
  const comparison = compareFiles(readFiles(recorded), readFiles(actual))
  const { equal, framesEqual, framesTotal, filesEqual, filesTotal, masks, extra } = comparison
  if (values.json) {
    console.log(JSON.stringify({ equal, framesEqual, framesTotal, filesEqual, filesTotal, masks, extra }))
  } else console.log(comparisonText(comparison, { maxHex: Number(values.max) || 1 }))
  return equal ? 0 : 1
}

try {
  process.exitCode = main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
