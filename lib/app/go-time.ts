/**
 * Durations and points of time, as programs written in Go print and read them.
 *
 * @see Go time/time.go Duration.String, Time.String, time/format.go ParseDuration
 */
import { civilTime } from '../sim/civil.js'

const NS = 1e9

/** Seconds with as many decimals as there are. */
const secondsText = (ns: number): string => {
  const whole = Math.floor(ns / NS)
  const rest = `${ns - whole * NS}`.padStart(9, '0').replace(/0+$/, '')
  return rest === '' ? `${whole}s` : `${whole}.${rest}s`
}

/** A duration in nanoseconds: `22h59m59s`, `1.5s`, `250ms`. */
export const goDuration = (ns: number): string => {
  if (ns < 0) return `-${goDuration(-ns)}`
  if (ns === 0) return '0s'
  if (ns < 1e3) return `${ns}ns`
  if (ns < 1e6) return `${ns / 1e3}µs`
  if (ns < NS) return `${ns / 1e6}ms`
  const hours = Math.floor(ns / (3600 * NS))
  const minutes = Math.floor(ns / (60 * NS)) % 60
  const seconds = secondsText(ns - (hours * 3600 + minutes * 60) * NS)
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

/** A point of time, and how long it is behind `startNs`, the program's start. */
export const goTime = (ns: number, startNs: number): string => {
  const { year, month, day, hour, minute, second } = civilTime(ns)
  const two = (n: number): string => `${n}`.padStart(2, '0')
  const fraction = secondsText(ns % NS).slice(1, -1)
  const date = `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${fraction}`
  return `${date} +0000 UTC m=${ns < startNs ? '-' : '+'}${(Math.abs(ns - startNs) / NS).toFixed(9)}`
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** time.ParseDuration: nanoseconds, or null. */
export const parseGoDuration = (text: string): number | null => {
  if (text === '0') return 0
  if (!/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null
  let ns = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g))
    ns += Number(number) * UNITS[unit!]!
  return Math.round(ns)
}
