/**
 * The table of built-in commands. A new one is one entry of a file in builtin/ and one line here.
 */
import type { Builtin } from './builtin/builtin.js'
import { commandBuiltin } from './builtin/command.js'
import { breakBuiltin, continueBuiltin, exitBuiltin } from './builtin/control.js'
import { localBuiltin, returnBuiltin, shiftBuiltin } from './builtin/functions.js'
import { killBuiltin, sleepBuiltin, waitBuiltin } from './builtin/jobs.js'
import { colonBuiltin, echoBuiltin, falseBuiltin, printfBuiltin, trueBuiltin } from './builtin/plain.js'
import { readBuiltin } from './builtin/read.js'
import { setBuiltin } from './builtin/set.js'
import { bracketBuiltin, testBuiltin } from './builtin/test.js'
import { trapBuiltin } from './builtin/trap.js'
import { exportBuiltin, unsetBuiltin } from './builtin/variables.js'

/** All built-in commands, in the order in which messages name them. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [
    sleepBuiltin,
    waitBuiltin,
    killBuiltin,
    echoBuiltin,
    printfBuiltin,
    testBuiltin,
    bracketBuiltin,
    trueBuiltin,
    falseBuiltin,
    colonBuiltin,
    exitBuiltin,
    setBuiltin,
    exportBuiltin,
    unsetBuiltin,
    localBuiltin,
    shiftBuiltin,
    returnBuiltin,
    readBuiltin,
    trapBuiltin,
    commandBuiltin,
    breakBuiltin,
    continueBuiltin,
  ].map(builtin => [builtin.name, builtin]),
)
