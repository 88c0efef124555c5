/**
 * The shell: scripts of real commands, and the commands one by one.
 */
export type { Command, CommandContext, ShellLimit } from '../app/command.js'
export type { WorkingDirectory } from '../app/working-directory.js'
export { COMMANDS } from './commands.js'
export type { Dialect } from './dialect.js'
export { parseScript } from './grammar.js'
export {
  DEFAULT_COMMAND_NS,
  DEFAULT_LIMIT_NS,
  DEFAULT_TAIL_NS,
  runScript,
  type ScriptExit,
  type ScriptOptions,
  type ScriptResult,
} from './run.js'
export type { SourceOptions } from './source.js'
export type * from './syntax.js'
