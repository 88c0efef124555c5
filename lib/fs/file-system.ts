/**
 * The file system of a host: what programs keep in /run, /etc and /var/lib. A tree of directories and regular files in
 * memory, one for each namespace, as every host of a lab is a namespace.
 *
 * Left out: owners and modes, links, devices, times.
 *
 * @see fs/namei.c, fs/ramfs
 */
import { netnsSlot, type Netns, type NetnsSlot } from '../core/netns.js'
import { type Errno, NetloomError, strerror } from '../errors.js'

class Directory {
  readonly entries: Map<string, Directory | Uint8Array> = new Map()
}

/** Directories that every system has. */
const STANDARD: readonly string[] = ['/etc', '/run', '/tmp', '/var/lib', '/var/run']

const EMPTY = new Uint8Array(0)

/** Names of a path from the root, without `.` and `..`. */
const namesOf = (path: string): string[] => {
  if (!path.startsWith('/'))
    throw new NetloomError(
      'EINVAL',
      `${path}: a path begins with /, as programs of the lab have no working directory`,
      {
        path,
      },
    )
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    if (name === '..') names.pop()
    else names.push(name)
  }
  return names
}

const refuse = (code: Errno, path: string): never => {
  throw new NetloomError(code, `${path}: ${strerror(code)}`, { path })
}

/** True when `path` stands below the directory `directory`. */
const isWithin = (path: string, directory: string): boolean =>
  `/${namesOf(path).join('/')}`.startsWith(`/${namesOf(directory).join('/')}/`)

/** A path without its last name: `/run` for `/run/flannel`. */
export const dirname = (path: string): string => `/${namesOf(path).slice(0, -1).join('/')}`

/** The last name of a path: `flannel` for `/run/flannel`; empty for the root. */
export const basename = (path: string): string => namesOf(path).at(-1) ?? ''

/** Files and directories of one host. All paths are absolute; errors have the path in `context.path`. */
export class FileSystem {
  readonly #root = new Directory()
  /** Counts changes. */
  #generation = 0

  constructor() {
    for (const path of STANDARD) this.mkdir(path, { recursive: true })
  }

  /** Changes so far; a reader that sees another number looks again. */
  get generation(): number {
    return this.#generation
  }

  /** What a file holds. Throws ENOENT, EISDIR, ENOTDIR. */
  readFile(path: string): Uint8Array {
    const node = this.#node(path)
    return node instanceof Directory ? refuse('EISDIR', path) : new Uint8Array(node)
  }

  /** Makes a file, or replaces what it holds (O_CREAT and O_TRUNC). Throws ENOENT without its directory, EISDIR, ENOTDIR. */
  writeFile(path: string, content: Uint8Array): void {
    this.#write(path, new Uint8Array(content))
  }

  /** Adds to a file, which is made when it is not there (O_APPEND). Throws as {@link writeFile}. */
  appendFile(path: string, content: Uint8Array): void {
    const [directory, name] = this.#place(path)
    const old = directory.entries.get(name) ?? EMPTY
    if (old instanceof Directory) return refuse('EISDIR', path)
    const joined = new Uint8Array(old.length + content.length)
    joined.set(old)
    joined.set(content, old.length)
    this.#write(path, joined)
  }

  /** True when there is a file or directory. */
  exists(path: string): boolean {
    return this.#find(path) !== null
  }

  /** What a path names, or null when there is nothing; `size` in octets, 0 for a directory. */
  stat(path: string): { readonly kind: 'file' | 'directory'; readonly size: number } | null {
    const node = this.#find(path)
    if (node === null) return null
    return node instanceof Directory ? { kind: 'directory', size: 0 } : { kind: 'file', size: node.length }
  }

  /** Makes a directory; with `recursive` those above it too, and one that is there is fine. Throws EEXIST, ENOENT, ENOTDIR. */
  mkdir(path: string, options: { readonly recursive?: boolean } = {}): void {
    const names = namesOf(path)
    const { recursive = false } = options
    let directory = this.#root
    for (const [i, name] of names.entries()) {
      const isLast = i === names.length - 1
      const next = directory.entries.get(name)
      if (next === undefined) {
        if (!isLast && !recursive) return refuse('ENOENT', path)
        const made = new Directory()
        directory.entries.set(name, made)
        this.#generation++
        directory = made
      } else if (next instanceof Directory) {
        if (isLast && !recursive) return refuse('EEXIST', path)
        directory = next
      } else return refuse(isLast ? 'EEXIST' : 'ENOTDIR', path)
    }
    if (names.length === 0 && !recursive) refuse('EEXIST', path)
  }

  /** Names in a directory, sorted. Throws ENOENT, ENOTDIR. */
  readdir(path: string): string[] {
    const node = this.#node(path)
    return node instanceof Directory ? [...node.entries.keys()].sort() : refuse('ENOTDIR', path)
  }

  /** Removes a file (unlink(2)). Throws ENOENT, EISDIR, ENOTDIR. */
  unlink(path: string): void {
    const [directory, name] = this.#place(path)
    const node = directory.entries.get(name) ?? refuse('ENOENT', path)
    if (node instanceof Directory) return refuse('EISDIR', path)
    directory.entries.delete(name)
    this.#generation++
  }

  /** Removes an empty directory. Throws ENOENT, ENOTDIR, ENOTEMPTY, EBUSY for the root. */
  rmdir(path: string): void {
    const node = this.#node(path)
    if (!(node instanceof Directory)) return refuse('ENOTDIR', path)
    if (node.entries.size > 0) return refuse('ENOTEMPTY', path)
    this.#remove(path)
  }

  /** Removes a file, or a directory with all that is in it; nothing happens when there is none (`rm -rf`). Throws EBUSY for the root. */
  remove(path: string): void {
    if (this.#find(path) !== null) this.#remove(path)
  }

  /** Gives a file or directory another name, in place of a file that has it (rename(2)). Throws ENOENT, EISDIR, ENOTDIR, EEXIST, EINVAL. */
  rename(from: string, to: string): void {
    const [source, oldName] = this.#place(from)
    const node = source.entries.get(oldName) ?? refuse('ENOENT', from)
    const [target, newName] = this.#place(to)
    const old = target.entries.get(newName)
    if (old === node) return
    if (isWithin(to, from)) return refuse('EINVAL', to)
    if (isWithin(from, to)) return refuse('ENOTEMPTY', to)
    if (node instanceof Directory) {
      if (old !== undefined && !(old instanceof Directory)) return refuse('ENOTDIR', to)
      if (old instanceof Directory && old.entries.size > 0) return refuse('ENOTEMPTY', to)
    } else if (old instanceof Directory) return refuse('EISDIR', to)
    source.entries.delete(oldName)
    target.entries.set(newName, node)
    this.#generation++
  }

  #write(path: string, content: Uint8Array): void {
    const [directory, name] = this.#place(path)
    if (directory.entries.get(name) instanceof Directory) return refuse('EISDIR', path)
    if (path.endsWith('/')) return refuse('EISDIR', path)
    directory.entries.set(name, content)
    this.#generation++
  }

  #remove(path: string): void {
    if (namesOf(path).length === 0) return refuse('EBUSY', path)
    const [directory, name] = this.#place(path)
    directory.entries.delete(name)
    this.#generation++
  }

  #find(path: string): Directory | Uint8Array | null {
    let node: Directory | Uint8Array = this.#root
    for (const name of namesOf(path)) {
      const next: Directory | Uint8Array | undefined = node instanceof Directory ? node.entries.get(name) : undefined
      if (next === undefined) return null
      node = next
    }
    return node
  }

  #node(path: string): Directory | Uint8Array {
    return this.#find(path) ?? this.#missing(path)
  }

  /** A file in the middle of a path is no directory; anything else is not there. */
  #missing(path: string): never {
    const names = namesOf(path)
    for (let n = 1; n < names.length; n++)
      if (this.stat(`/${names.slice(0, n).join('/')}`)?.kind === 'file') return refuse('ENOTDIR', path)
    return refuse('ENOENT', path)
  }

  /** The directory that a path's last name stands in, and that name. */
  #place(path: string): [Directory, string] {
    const names = namesOf(path)
    const name = names.pop() ?? refuse('EISDIR', path)
    const directory = this.#find(`/${names.join('/')}`)
    if (directory instanceof Directory) return [directory, name]
    return directory === null ? this.#missing(path) : refuse('ENOTDIR', path)
  }
}

const FILES: NetnsSlot<FileSystem> = netnsSlot('fs', () => new FileSystem())

/** The file system of the host that a namespace is. */
export const fsOf = (netns: Netns): FileSystem => netns.slot(FILES)
