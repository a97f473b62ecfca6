/** The lines of `secrets`: `name scope=write repositories=acme/model,datasets/acme/data`. */
import type { Role } from '../../aws/request.ts'
import { parseKey, parseSecretId } from '../../inputs/aws.ts'
import { fill, lines, oneOf } from '../../inputs/fields.ts'
import { checkMintable, parseRepositories } from '../../inputs/hub.ts'
import { Problems } from '../../inputs/problems.ts'
import { parseRights, permissionsToMint } from '../../inputs/rights.ts'
import { closest } from '../../text/closest.ts'
import { prose } from '../../text/message.ts'
import { quoted } from '../../text/printable.ts'
import type { RotatedSecret } from '../request.ts'

const SETTINGS = ['scope', 'repositories', 'permissions', 'allow', 'key', 'narrow'] as const
type Setting = (typeof SETTINGS)[number]
type Settings = Partial<Record<Setting, string>>

/** What holds for all lines. */
export interface LineContext {
  org: string
  region: string
  role: Role
  /** `secret-key`. */
  key: string
}

/** One secret a line; a name that is listed twice is a problem. */
export function parseSecretLines(text: string, context: LineContext, problems: Problems): RotatedSecret[] {
  const all = lines(text)
  if (all.length === 0) {
    problems.add('secrets', 'is required: lines such as huggingface/acme/write scope=write')
  }
  const secrets = all.map((line) => parseLine(line, context, problems))
  const ids = secrets.map(({ secret }) => secret.id)
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) < at))) {
    problems.add('secrets', `lists ${quoted(id, 200)} twice`)
  }
  return secrets
}

function parseLine(line: string, { org, region, role, key }: LineContext, problems: Problems): RotatedSecret {
  const own = new Problems()
  const [name = '', ...words] = line.split(/\s+/)
  const settings = parseSettings(words, own)
  // A missing scope gets a stand-in, so that the other problems of the line are found too.
  const asked = parseRights(
    {
      scope: settings.scope ?? 'read',
      permissions: list(settings.permissions),
      allow: list(settings.allow),
      settingFor: (name) => `scope=${name}`,
      isScopeGiven: settings.scope !== undefined,
    },
    own,
  )
  const { scope, scopes, allow } = asked
  if (!words.some((word) => settingOf(word).name === 'scope')) {
    own.add(
      'scope',
      'is required and has no default: add scope=read, scope=write or another one of identity, contribute, infer, admin',
    )
  }
  const repositories = parseRepositories(list(settings.repositories), own)
  checkMintable(org, repositories, own)
  const id = fill('name', name, { org, scope }, own)
  const rotated: RotatedSecret = {
    secret: {
      id,
      key: parseKey('key', settings.key ?? key, own),
      stage: 'AWSCURRENT',
      region: parseSecretId('name', id, { region, role }, own),
      input: 'secrets',
    },
    scope,
    scopes,
    exact: asked.permissions,
    allow,
    repositories,
    permissions: permissionsToMint(asked, own),
    narrow: oneOf('narrow', settings.narrow ?? 'false', ['false', 'true'], own) === 'true',
    line,
  }
  for (const problem of own.found) problems.add('secrets', prose`has the line ${quoted(line, 120)}: ${problem}`)
  return rotated
}

/**
 * The line of a secret with some settings changed, and one left out, for messages. Parsed again, it means the same secret:
 * a name that holds `{scope}` is written out.
 */
export function withSettings(
  { line, secret }: Pick<RotatedSecret, 'line' | 'secret'>,
  changes: Settings,
  without?: Setting,
): string {
  const [name = '', ...all] = line.split(/\s+/)
  const words = all.filter((word) => settingOf(word).name !== without)
  const changed = SETTINGS.flatMap((setting) =>
    changes[setting] === undefined ? [] : [`${setting}=${changes[setting]}`],
  )
  const kept = words.map((word) => changed.find((one) => settingOf(one).name === settingOf(word).name) ?? word)
  const added = changed.filter((one) => !kept.includes(one))
  return [name.includes('{scope}') ? secret.id : name, ...kept, ...added].join(' ')
}

function settingOf(word: string): { name: string; value: string } {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? []
  return { name, value }
}

function parseSettings(words: readonly string[], problems: Problems): Settings {
  const settings: Settings = {}
  for (const word of words) {
    const { name, value } = settingOf(word)
    const setting = SETTINGS.find((one) => one === name)
    if (setting === undefined) {
      const guess = closest(name || word, SETTINGS)
      problems.addLine(
        `${quoted(word, 80)} is not one of ${SETTINGS.map((one) => `${one}=`).join(', ')}${guess ? `; did you mean ${guess}=?` : ''}`,
      )
    } else if (value === '') problems.addLine(`${setting}= is empty`)
    else if (settings[setting] !== undefined) problems.addLine(`${setting}= is given twice`)
    else settings[setting] = value
  }
  return settings
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').filter(Boolean)
}
