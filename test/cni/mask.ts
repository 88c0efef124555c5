/**
 * What another run of the same commands would not repeat: MACs and names of veths, timers.
 */

/** Replaces what is drawn at random by numbers in the order of appearance. */
export class Mask {
  readonly #numbers = new Map<string, string>()

  of(text: string): string {
    return (
      text
        // The identity of a bridge is printed without leading zeros.
        .replace(/\b8000\.[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}\b/g, id => id.replace(/(?<=[.:])[0-9a-f](?=:|$)/g, '0$&'))
        .replace(/\bveth[0-9a-f]{8}\b/g, name => this.#number('VETH', name))
        .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, mac => this.#mac(mac))
        .replace(/(gc_timer|forward_delay_timer) +[0-9.]+/g, '$1 *')
        // Reports of IGMP count, and come when they like.
        .replace(/^(:[A-Z]+ ACCEPT) \[\d+:\d+\]$/gm, '$1')
        .replace(/^# (Generated|Completed).*\n/gm, '')
        .replace(/^panic: (.*)\n[\s\S]*/, 'panic: $1\n')
    )
  }

  #mac(mac: string): string {
    const first = Number.parseInt(mac.slice(0, 2), 16)
    return (first & 1) !== 0 || mac === '00:00:00:00:00:00' ? mac : this.#number('MAC', mac)
  }

  #number(what: string, value: string): string {
    const known = this.#numbers.get(value)
    if (known !== undefined) return known
    const name = `<${what}${[...this.#numbers.values()].filter(n => n.startsWith(`<${what}`)).length + 1}>`
    this.#numbers.set(value, name)
    return name
  }

  /** Values that stand for the same number on the other side. */
  valueOf(name: string): string | undefined {
    return [...this.#numbers].find(([, number]) => number === name)?.[0]
  }
}
