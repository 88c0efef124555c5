/**
 * Files of a host as users hold them: `netns.files`.
 */
import { octetText } from '../app/octet-text.js'
import { octetsOf, type Payload } from '../app/text.js'
import { Printable } from '../app/printable.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { type FileSystem, fsOf } from '../fs/file-system.js'

/** The file system of a host. Paths are absolute; errors have the errno as code and the path in `context.path`. */
export class FilesApi extends Printable {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    super()
    this.#netns = netns
  }

  get #fs(): FileSystem {
    return fsOf(this.#netns)
  }

  /** What a file holds, as UTF-8 text. Throws ENOENT, EISDIR, ENOTDIR. */
  read(path: string): string {
    return octetText(this.#fs.readFile(path))
  }

  /** What a file holds. Throws as {@link read}. */
  readOctets(path: string): Uint8Array {
    return this.#fs.readFile(path)
  }

  /** Makes a file or replaces what it holds; directories above it are made. Throws EISDIR, ENOTDIR, EEXIST for a file in their place. */
  write(path: string, content: Payload): void {
    const directory = path.slice(0, path.lastIndexOf('/'))
    if (directory !== '') this.#fs.mkdir(directory, { recursive: true })
    this.#fs.writeFile(path, octetsOf(content))
  }

  /** Names in a directory, sorted. Throws ENOENT, ENOTDIR. */
  list(path: string): string[] {
    return this.#fs.readdir(path)
  }

  /** True when there is a file or directory. */
  exists(path: string): boolean {
    return this.#fs.exists(path)
  }

  /** Removes a file, or a directory with all that is in it; nothing happens when there is none. Throws EBUSY for the root. */
  remove(path: string): void {
    this.#fs.remove(path)
  }

  /** Gives a file or directory another name. Throws ENOENT, EISDIR, ENOTDIR, ENOTEMPTY, EINVAL. */
  rename(from: string, to: string): void {
    this.#fs.rename(from, to)
  }

  /** All files with their sizes in octets. */
  override toJSON(): Record<string, number> {
    const sizes: Record<string, number> = {}
    const walk = (directory: string): void => {
      for (const name of this.#fs.readdir(directory === '' ? '/' : directory)) {
        const path = `${directory}/${name}`
        const { kind, size } = this.#fs.stat(path)!
        if (kind === 'file') sizes[path] = size
        else walk(path)
      }
    }
    walk('')
    return sizes
  }
}
