/** The presets of the Hub's token page, and which one fits what a token is for. */
import { type AskedRights, asksToWrite, needsOf } from './asked-rights.ts'
import { ADMINISTER, INFER, READ } from './scopes.ts'

/**
 * What the page calls each preset that creates a fine-grained token, by its name in a link. Which permissions each one
 * selects is not published. Source: huggingface.co/docs/hub/security-tokens.
 */
export const PRESETS = {
  'read-only': 'Read-Only',
  inference: 'Inference',
  write: 'Write',
  'ci-cd': 'CI/CD',
} as const

export type Preset = keyof typeof PRESETS

/** The preset that is not in {@link PRESETS}, because it creates a classic token. */
export const CLASSIC_PRESET = 'Full Access'

/** The narrowest preset that is meant for tokens like this; undefined when none is. */
export function presetFor(asked: Pick<AskedRights, 'scopes' | 'permissions'>): Preset | undefined {
  const needs = needsOf(asked).flat()
  if (needs.includes(ADMINISTER)) return 'write'
  // Unlike "Write", it gives no rights on the user.
  if (asksToWrite(asked)) return 'ci-cd'
  if (INFER.some((need) => needs.includes(need))) return 'inference'
  return asked.permissions.length === 0 || needs.includes(READ) ? 'read-only' : undefined
}
