/** The lines of `secrets` and of the file in `secrets-file`: `name scope=write repositories=acme/model,datasets/acme/data`. */
import type { Role } from '../../aws/request.ts'
import { parseKey, parseSecretId } from '../../inputs/aws.ts'
import { fill, oneOf } from '../../inputs/fields.ts'
import { checkMintable, parseRepositories } from '../../inputs/hub.ts'
import { Problems } from '../../inputs/problems.ts'
import { parseRights, permissionsToMint } from '../../inputs/rights.ts'
import { closest } from '../../text/closest.ts'
import { code, prose } from '../../text/message.ts'
import { printable, quoted } from '../../text/printable.ts'
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

/** The file that `secrets-file` names. */
export interface ListFile {
  /** As it was given; empty when it was not. */
  path: string
  /** Undefined when it could not be read, which is a problem that was reported. */
  text: string | undefined
}

/** One line, and where it was found. */
interface Line {
  text: string
  input: 'secrets' | 'secrets-file'
  /** `ops/secrets.txt:17`; of `secrets`, its number alone. */
  place: string
}

/**
 * One secret a line; a name that is listed twice is a problem. Empty lines and lines that begin with `#` are skipped.
 * `file`: its lines follow those of `text`; undefined where there is no such input.
 */
export function parseSecretLines(
  text: string,
  context: LineContext,
  problems: Problems,
  file?: ListFile,
): RotatedSecret[] {
  const given = linesOf(text, (number) => ({ input: 'secrets', place: `line ${number}` }))
  const path = printable(file?.path ?? '', 200)
  const filed = linesOf(file?.text ?? '', (number) => ({ input: 'secrets-file', place: `${path}:${number}` }))
  if (path !== '' && file?.text !== undefined && filed.length === 0) {
    problems.add('secrets-file', prose`names the file ${code(path)}, which lists no secret`)
  } else if (path === '' && given.length === 0) {
    const other = file ? ', or secrets-file: a file with such lines' : ''
    problems.add('secrets', `is required: lines such as huggingface/acme/write scope=write${other}`)
  }
  const all = [...given, ...filed]
  const secrets = all.map((line) => parseLine(line, context, problems))
  refuseTwice(secrets, all, problems)
  return secrets
}

function linesOf(text: string, about: (number: number) => Omit<Line, 'text'>): Line[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const trimmed = line.trim()
    return trimmed === '' || trimmed.startsWith('#') ? [] : [{ text: trimmed, ...about(index + 1) }]
  })
}

function refuseTwice(secrets: readonly RotatedSecret[], all: readonly Line[], problems: Problems): void {
  const first = new Map<string, Line>()
  for (const [index, { secret }] of secrets.entries()) {
    const line = all[index]
    const before = first.get(secret.id)
    // What is not a line of the list is a problem already, and must not be shown.
    if (!line || (line.input === 'secrets-file' && !isList(line.text))) continue
    if (!before) first.set(secret.id, line)
    else if (line.input === 'secrets') problems.add('secrets', `lists ${quoted(secret.id, 200)} twice`)
    else problems.add(line.input, `lists ${quoted(secret.id, 200)} twice: ${placeOf(before)} and ${line.place}`)
  }
}

function placeOf({ input, place }: Line): string {
  return input === 'secrets' ? `${place} of secrets` : place
}

/** What a problem begins with. A file of the repository may be the wrong one: then its lines must not be shown. */
function reportOn({ text, input, place }: Line, own: Problems, problems: Problems): void {
  if (own.found.length === 0) return
  if (input === 'secrets') {
    for (const problem of own.found) problems.add(input, prose`has the line ${quoted(text, 120)}: ${problem}`)
  } else if (isList(text)) {
    for (const problem of own.found) problems.add(input, prose`has an invalid line at ${code(place)}: ${problem}`)
  } else {
    problems.add(
      input,
      prose`has a line at ${code(place)} that is not the name of a secret followed by settings such as ${code('scope=write')} (not shown, because it may hold a password)`,
    )
  }
}

/** True for what looks like a line of the list, though it may be wrong. */
function isList(line: string): boolean {
  const [name = '', ...words] = line.split(/\s+/)
  const isSetting = (word: string) => closest(settingOf(word).name, SETTINGS) !== undefined
  return /^(?:arn:[\w:*?/+=.@-]+|[\w/+=.@{}*?-]+)$/.test(name) && words.length > 0 && words.every(isSetting)
}

function parseLine(given: Line, { org, region, role, key }: LineContext, problems: Problems): RotatedSecret {
  const { text: line, input } = given
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
      region: parseName(id, { region, role }, own),
      input,
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
  reportOn(given, own, problems)
  return rotated
}

/** Returns the region of the secret. */
function parseName(id: string, { region, role }: Pick<LineContext, 'region' | 'role'>, problems: Problems): string {
  if (!/[*?]/.test(id)) return parseSecretId('name', id, { region, role }, problems)
  problems.add(
    'name',
    `must be the full name or ARN of one secret (got ${quoted(id, 200)}); patterns are not accepted, because they could match secrets that nobody meant to rotate`,
  )
  return region
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
