/**
 * How a shell waits: its work is written as generators that yield what they wait for. The script itself lets the world run
 * meanwhile, a shell in the background is woken by the world.
 */

/** Something that ends: a command, or a shell in the background. */
export interface Waitable {
  readonly isDone: boolean
  /** Calls `tell` when it ends. */
  onDone(tell: () => void): void
}

/** What a shell waits for: time in nanoseconds, or the end of all of `these`. */
export type Pause =
  | { readonly kind: 'sleep'; readonly ns: number }
  | { readonly kind: 'end'; readonly these: readonly Waitable[]; readonly what: string }

/** Work of a shell that returns a `T`. */
export type Steps<T> = Generator<Pause, T, undefined>
