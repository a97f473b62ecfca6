/** Which tokens are in which versions, over all secrets of a run: nothing is revoked without knowing that. */
import type { SecretDescription, SecretVersion } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { inOneLine } from '../../net/calls-made.ts'
import { AccountEntries } from '../account/entries.ts'
import { retiredVersions, type SecretState, withToken } from '../secret/look.ts'
import type { Leftovers } from './leftovers.ts'

export interface Survey {
  /** By token (a secret): since when it is replaced, in milliseconds since the epoch; infinite while it is in use. */
  since: ReadonlyMap<string, number>
  /** By secret and version ({@link placeOf}): the token in it, undefined when there is none. */
  tokens: ReadonlyMap<string, string | undefined>
  /** False when a version could not be read: then nobody knows what is in it. */
  complete: boolean
  /** False when a version that may be in use could not be read. */
  inUseKnown: boolean
  entries: AccountEntries
}

/** The key of {@link Survey.tokens}: two secrets may have versions of the same id. */
export function placeOf(arn: string, versionId: string): string {
  return `${arn} ${versionId}`
}

/** True when every version that has a label was read. */
export function isFullyRead({ tokens }: Survey, arn: string, { stages }: Pick<SecretDescription, 'stages'>): boolean {
  return [...stages].every(([id, labels]) => labels.length === 0 || tokens.has(placeOf(arn, id)))
}

interface Findings {
  since: Map<string, number>
  tokens: Map<string, string | undefined>
  complete: boolean
  inUseKnown: boolean
  /** The values of the versions that may be in use: secrets. */
  textsInUse: string[]
}

/**
 * Reads all labelled versions of all secrets: a token may be in more than one of them, and its grace counts from when the
 * last one was replaced. `admin`: the admin token, which is always in use.
 *
 * @throws what Secrets Manager throws when a secret cannot be described; `ActionError` `deadline-exceeded`.
 */
export async function survey(turns: readonly Leftovers[], admin: string | undefined): Promise<Survey> {
  const [first] = turns
  if (!first) throw new TypeError('no secret to survey')
  const isSeen = turns.every(({ state }) => state !== undefined)
  const findings: Findings = {
    since: new Map(admin === undefined ? [] : [[admin, Number.POSITIVE_INFINITY]]),
    tokens: new Map(),
    complete: isSeen,
    inUseKnown: isSeen,
    textsInUse: [],
  }
  for (const turn of turns) {
    if (!turn.state) continue
    // What was seen at the beginning is too old: labels have moved since then, and tokens are about to be revoked.
    turn.state = { ...turn.state, description: await turn.versions.describe() }
    await surveySecret(turn, turn.state, findings)
  }
  keepWhatIsStoredElsewhere(findings)
  const inUse = [...findings.since].filter(([, since]) => since === Number.POSITIVE_INFINITY).map(([token]) => token)
  return { ...findings, entries: new AccountEntries(first, new Set(inUse)) }
}

async function surveySecret(turn: Leftovers, state: SecretState, findings: Findings): Promise<void> {
  const retired = new Map(retiredVersions(state).map((version) => [version.versionId, version.since ?? turn.now()]))
  for (const [versionId, labels] of state.description.stages) {
    if (labels.length === 0) continue
    try {
      const version = await turn.versions.read(versionId, { labels })
      surveyVersion(turn, { place: placeOf(state.arn, versionId), version, replaced: retired.get(versionId) }, findings)
    } catch (error) {
      if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
      findings.complete = false
      findings.inUseKnown &&= retired.has(versionId)
      turn.log.warning(`${turn.rotated.secret.id}: could not read version ${versionId}. ${inOneLine(error)}`)
    }
  }
}

interface ReadVersion {
  place: string
  /** Undefined when it is gone. */
  version: SecretVersion | undefined
  /** When it was replaced, in milliseconds since the epoch; undefined while it is in use. */
  replaced: number | undefined
}

function surveyVersion(turn: Leftovers, { place, version, replaced }: ReadVersion, findings: Findings): void {
  const { since, tokens } = findings
  const token = version && tokenOf(turn, version)
  tokens.set(place, token)
  if (version && replaced === undefined) surveyText(turn, version.text, findings)
  if (token === undefined) return
  since.set(token, Math.max(since.get(token) ?? 0, replaced ?? Number.POSITIVE_INFINITY))
}

/** A Hub token in a longer text. */
const TOKEN = /hf_\w{8,}(?:[.~+/=-]+\w+)*/g

/** A version in use may hold tokens in other places than the one that is rotated: at another key, say. */
function surveyText({ mask }: Leftovers, text: string, { since, textsInUse }: Findings): void {
  textsInUse.push(text)
  for (const [token] of text.matchAll(TOKEN)) {
    mask(token)
    since.set(token, Number.POSITIVE_INFINITY)
  }
}

/** A replaced token that a value in use contains is in use, whatever stands around it there. */
function keepWhatIsStoredElsewhere({ since, textsInUse }: Findings): void {
  for (const token of since.keys()) {
    if (textsInUse.some((text) => text.includes(token))) since.set(token, Number.POSITIVE_INFINITY)
  }
}

/** Undefined for a value that is not a token. */
function tokenOf(turn: Leftovers, version: SecretVersion): string | undefined {
  try {
    return withToken(turn, version).value.token
  } catch (error) {
    if (error instanceof ActionError) return undefined
    throw error
  }
}
