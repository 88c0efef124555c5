/**
 * Makes a failing case smaller: steps, rules, chains, policies and parts of rules are left out as long as it still fails.
 */
import type { Case, Rule } from './case.js'

/** Smaller cases of a case, the much smaller ones first. */
const smaller = function* (c: Case): Generator<Case> {
  const { ruleSet, steps } = c
  const { rules } = ruleSet
  const withRules = (next: readonly Rule[]): Case => ({ ...c, ruleSet: { ...ruleSet, rules: next } })
  for (const kept of halves(steps)) yield { ...c, steps: kept }
  for (const kept of halves(rules)) yield withRules(kept)
  for (const kept of halves(ruleSet.userChains)) yield { ...c, ruleSet: { ...ruleSet, userChains: kept } }
  for (const kept of halves(ruleSet.dropPolicies)) yield { ...c, ruleSet: { ...ruleSet, dropPolicies: kept } }
  for (const [at, rule] of rules.entries()) {
    for (const parts of halves(rule.parts)) yield withRules(rules.with(at, { ...rule, parts }))
    if (rule.target !== '') yield withRules(rules.with(at, { ...rule, target: '' }))
  }
}

/** A list without runs of half its length, a quarter, ... one. */
const halves = function* <T>(list: readonly T[]): Generator<readonly T[]> {
  for (let run = Math.ceil(list.length / 2); run > 0; run = run === 1 ? 0 : Math.ceil(run / 2))
    for (let at = 0; at < list.length; at += run) yield [...list.slice(0, at), ...list.slice(at + run)]
}

/** The smallest case found that `fails`, after at most `limit` tries. */
export const shrink = async (first: Case, fails: (c: Case) => Promise<boolean>, limit = 300): Promise<Case> => {
  let best = first
  let tries = 0
  for (let found = true; found && tries < limit; ) {
    found = false
    for (const candidate of smaller(best)) {
      if (++tries > limit) break
      if (!(await fails(candidate))) continue
      best = candidate
      found = true
      break
    }
  }
  return best
}
