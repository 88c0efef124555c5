/**
 * Chances, rates and times of netem and of cables as users write them: parts of 1, bits a second, nanoseconds.
 */
import { NetloomError } from '../errors.js'
import type { LossGemodel as KernelGemodel, LossState as KernelLossState } from '../sched/netem-loss.js'

/** A probability from 0 to 1, with how much each draw depends on the one before, from 0 to 1, where it does. */
export type Chance = number | { readonly probability: number; readonly correlation?: number }

/** Probabilities of tc's `loss state P13 P31 P32 P23 P14`, from 0 to 1; what is absent is as tc has it. */
export interface LossState {
  readonly p13: number
  /** 1 - p13. */
  readonly p31?: number
  /** 0. */
  readonly p32?: number
  /** 1. */
  readonly p23?: number
  /** 0. */
  readonly p14?: number
}

/** Probabilities of tc's `loss gemodel P R 1-H 1-K`, from 0 to 1; what is absent is as tc has it. */
export interface LossGemodel {
  /** From the good state into the bad one. */
  readonly p: number
  /** Back; 1 - p. */
  readonly r?: number
  /** Loss in the bad state (`1-h`); 1. */
  readonly lossInBad?: number
  /** Loss in the good state (`1-k`); 0. */
  readonly lossInGood?: number
}

const MAX = 0xffffffff

/** A part of 1 as a number of 32 bits. Throws EINVAL that names the option. */
export const partOption = (option: string, part: number): number => {
  if (typeof part === 'number' && part >= 0 && part <= 1) return Math.round(part * MAX)
  throw new NetloomError('EINVAL', `${option}: ${part} is not a probability from 0 to 1`, { option, value: `${part}` })
}

/** The two numbers of a chance. */
export const chanceOption = (option: string, chance: Chance): { probability: number; correlation: number } => {
  if (typeof chance === 'number') return { probability: partOption(option, chance), correlation: 0 }
  return {
    probability: partOption(`${option}.probability`, chance.probability),
    correlation: partOption(`${option}.correlation`, chance.correlation ?? 0),
  }
}

/** A whole number of 0 or more, such as nanoseconds or packets. Throws EINVAL that names the option. */
export const wholeOption = (option: string, value: number): number => {
  if (Number.isInteger(value) && value >= 0) return value
  throw new NetloomError('EINVAL', `${option}: ${value} is not a whole number of 0 or more`, {
    option,
    value: `${value}`,
  })
}

/** Octets a second of bits a second. */
export const octetRateOption = (option: string, bits: number): number => Math.floor(wholeOption(option, bits) / 8)

/** The four states as the kernel takes them. */
export const lossStateOption = (state: LossState): KernelLossState => {
  const { p13, p31 = 1 - p13, p32 = 0, p23 = 1, p14 = 0 } = state
  const part = (name: string, value: number): number => partOption(`lossState.${name}`, value)
  return {
    p13: part('p13', p13),
    p31: part('p31', p31),
    p32: part('p32', p32),
    p23: part('p23', p23),
    p14: part('p14', p14),
  }
}

/** Gilbert and Elliot's model as the kernel takes it. */
export const lossGemodelOption = (model: LossGemodel): KernelGemodel => {
  const { p, r = 1 - p, lossInBad = 1, lossInGood = 0 } = model
  const part = (name: string, value: number): number => partOption(`lossGemodel.${name}`, value)
  return { p: part('p', p), r: part('r', r), h: MAX - part('lossInBad', lossInBad), k1: part('lossInGood', lossInGood) }
}
