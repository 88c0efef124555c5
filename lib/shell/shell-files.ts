/**
 * The files that a shell itself opens and asks for: those of the script's directory, and in a shell on a host also the host's.
 */
import type { CommandContext } from '../app/command.js'
import type { WorkingDirectory } from '../app/working-directory.js'
import { type Errno, NetloomError, strerror } from '../errors.js'
import { isNetSysfs } from '../rtnl/net-sysfs.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { ToolFiles } from './coreutils/tool-files.js'
import type { Environment, Sink } from './environment.js'

/** A file that cannot be opened or written; the message is that of its errno. */
export class FileError extends Error {
  override readonly name = 'FileError'
}

/** Runs something that fails as system calls do. */
const attempt = <T>(act: () => T): T => {
  try {
    return act()
  } catch (e) {
    // What netloom does not support is no failure of the script.
    if (!(e instanceof NetloomError) || e.code === 'EGRAMMAR') throw e
    throw new FileError(strerror(e.code as Errno))
  }
}

/** The files of one shell. */
export class ShellFiles {
  readonly #cwd: WorkingDirectory
  readonly #host: ToolFiles | null

  constructor({ identity }: Environment, cwd: WorkingDirectory) {
    const { netns, name } = identity
    this.#cwd = cwd
    const context: Pick<CommandContext, 'netns' | 'cwd'> = { netns, cwd }
    this.#host = netns === null ? null : new ToolFiles(context as CommandContext, name)
  }

  /** False for a path where there is no host. */
  knows(name: string): boolean {
    return !name.includes('/') || (this.#host !== null && name.startsWith('/'))
  }

  /** What a name stands for; null for nothing. */
  kind(name: string): 'file' | 'directory' | null {
    if (!name.startsWith('/')) return this.#cwd.read(name) === null ? null : 'file'
    if (!isNetSysfs(name)) return this.#host!.kind(name)
    try {
      this.#host!.read(name)
      return 'file'
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code === 'EGRAMMAR') throw e
      return e.code === 'ENOENT' ? null : e.code === 'EISDIR' ? 'directory' : 'file'
    }
  }

  /** Names in a directory of the host; empty for what is none. With null those of the script's directory. */
  names(directory: string | null): readonly string[] {
    if (directory === null || this.#host === null) return this.#cwd.names()
    try {
      return this.#host.names(directory)
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code === 'EGRAMMAR') throw e
      return []
    }
  }

  /** What a file holds. Throws {@link FileError}. */
  read(name: string): string {
    if (name.startsWith('/')) return attempt(() => this.#host!.read(name))
    const text = this.#cwd.read(name)
    if (text === null) throw new FileError(strerror('ENOENT'))
    return text
  }

  /** Opens a file for writing and returns what writes to it. Both throw {@link FileError}. */
  writer(name: string, appends: boolean): Sink {
    if (name.startsWith('/')) {
      const write = attempt(() => this.#host!.open(name, appends))
      return text => attempt(() => write(encodeUtf8(text)))
    }
    if (appends) this.#cwd.append(name, '')
    else this.#cwd.write(name, '')
    return this.#cwd.writer(name)
  }
}
