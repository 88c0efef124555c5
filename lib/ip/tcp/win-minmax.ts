/**
 * The least or largest of a stream of values over a window of time, in constant space: the best three are kept, the later ones
 * for when the first is too old (Kathleen Nichols' algorithm).
 *
 * @see lib/win_minmax.c
 */

/** Times and values of the best three, best first (struct minmax). */
export interface Minmax {
  t: [number, number, number]
  v: [number, number, number]
}

const set = (m: Minmax, i: 0 | 1 | 2, t: number, v: number): void => {
  m.t[i] = t
  m.v[i] = v
}

const shift = (m: Minmax, t: number, v: number): void => {
  set(m, 0, m.t[1], m.v[1])
  set(m, 1, m.t[2], m.v[2])
  set(m, 2, t, v)
}

/** Forgets all values but this one (minmax_reset). */
export const minmaxReset = (m: Minmax, t: number, v: number): void => {
  set(m, 0, t, v)
  set(m, 1, t, v)
  set(m, 2, t, v)
}

/** Time goes on: what is too old makes room for the next best (minmax_subwin_update). */
const subwinUpdate = (m: Minmax, win: number, t: number, v: number): void => {
  const dt = t - m.t[0]
  if (dt > win) {
    shift(m, t, v)
    if (t - m.t[0] > win) shift(m, t, v)
  } else if (m.t[1] === m.t[0] && dt > Math.floor(win / 4)) {
    set(m, 1, t, v)
    set(m, 2, t, v)
  } else if (m.t[2] === m.t[1] && dt > win >> 1) set(m, 2, t, v)
}

/** Takes a value over into the maximum of a window of `win` (minmax_running_max). */
export const minmaxRunningMax = (m: Minmax, win: number, t: number, v: number): void => {
  if (v >= m.v[0] || t - m.t[2] > win) {
    minmaxReset(m, t, v)
    return
  }
  if (v >= m.v[1]) {
    set(m, 1, t, v)
    set(m, 2, t, v)
  } else if (v >= m.v[2]) set(m, 2, t, v)
  subwinUpdate(m, win, t, v)
}

/** Takes a value over into the minimum of a window of `win` (minmax_running_min). */
export const minmaxRunningMin = (m: Minmax, win: number, t: number, v: number): void => {
  if (v <= m.v[0] || t - m.t[2] > win) {
    minmaxReset(m, t, v)
    return
  }
  if (v <= m.v[1]) {
    set(m, 1, t, v)
    set(m, 2, t, v)
  } else if (v <= m.v[2]) set(m, 2, t, v)
  subwinUpdate(m, win, t, v)
}
