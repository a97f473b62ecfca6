/** Reads the sentence with which IAM refuses: who may not do what, on what, and because of which policy. */
import type { Denied, PolicyKind, Reason } from './reason.ts'

/**
 * The longest text that is read: AWS's own messages are shorter (an encoded authorization message follows the reason).
 * An answer from anyone else can be of any length.
 */
const LONGEST = 8_192

/** How AWS names each kind of policy, in the words of its refusals. */
const NAMES: Record<PolicyKind, string> = {
  identity: 'identity[- ]based polic(?:y|ies)',
  resource: 'resource[- ]based polic(?:y|ies)',
  session: 'session polic(?:y|ies)',
  boundary: 'permissions? boundar(?:y|ies)',
  endpoint: 'vpc endpoint polic(?:y|ies)',
  'service-control': 'service control polic(?:y|ies)',
  'resource-control': 'resource control polic(?:y|ies)',
  trust: '(?:role )?trust polic(?:y|ies)',
}

const ALL = Object.values(NAMES).join('|')
/** "because no session policy allows the … action". */
const SILENT = new RegExp(`because no (${ALL}) allows?\\b`, 'i')
/**
 * "with an explicit deny in a service control policy: arn:aws:organizations::…", "explicitly denied by a …", "because a …
 * explicitly denies". Not KMS's list of what may have happened: "…, or a resource-based policy explicitly denies access".
 */
const DENY = new RegExp(
  `explicit deny in (?:an? |the )?(${ALL})|explicitly denied (?:by|in) (?:an? |the )?(${ALL})|because (?:an? |the )?(${ALL}) explicitly den`,
  'i',
)
const DENIED_BY_ARN =
  /explicit deny in [a-z -]{1,60}:? (arn:aws[a-z-]*:(?:iam|organizations)::(?:\d{12}|aws):policy\/[\w+=,.@/-]{1,300})/i
const EXPLICITLY = /explicit deny|explicitly denied/i

const PRINCIPAL = /(arn:aws[a-z-]*:(?:sts|iam)::\d{12}:[\w+=,.@/-]{1,600})["']? is not authorized to perform/i
const ACTION = /not authorized to perform:? ?["']?([a-z0-9-]{1,40}:[a-z]{1,80})/i
const RESOURCE =
  /\bon (?:the )?resource:? ?["']?(arn:aws[a-z-]*:[a-z0-9-]{1,40}:[a-z0-9-]{0,40}:\d{0,12}:[\w+=,.@:/*-]{1,1100})/i

/** KMS's own messages begin with the key. */
const KEY = /(arn:aws[a-z-]*:kms:[a-z0-9-]{1,40}:\d{12}:key\/[\w-]{1,80})/i

/** A message in one form: on one line, with straight quotation marks and plain hyphens, cut to what is read. */
export function plainWords(message: string): string {
  return message
    .slice(0, LONGEST)
    .replace(/[‘’ʼ´`]/g, "'")
    .replace(/[“”«»]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\s\u00a0]+/g, ' ')
}

/** Who, what and on what, as far as AWS says it. */
export function namedIn(words: string): Pick<Reason, 'principal' | 'action' | 'resource' | 'policyArn'> {
  return {
    principal: PRINCIPAL.exec(words)?.[1],
    action: ACTION.exec(words)?.[1],
    resource: withoutStop(RESOURCE.exec(words)?.[1]) ?? KEY.exec(words)?.[1],
    policyArn: withoutStop(DENIED_BY_ARN.exec(words)?.[1]),
  }
}

/** Which policy refused, when AWS says so; whether it was explicit, when it says that. */
export function denialIn(words: string): Denied {
  const silent = SILENT.exec(words)?.[1]
  if (silent !== undefined) return `${policyOf(silent)}-silent`
  const deny = DENY.exec(words)?.slice(1).find(Boolean)
  if (deny !== undefined) return `${policyOf(deny)}-deny`
  return EXPLICITLY.test(words) ? 'denied-explicitly' : 'denied'
}

function policyOf(name: string): PolicyKind {
  const kinds = Object.keys(NAMES) as PolicyKind[]
  const kind = kinds.find((candidate) => new RegExp(`^${NAMES[candidate]}$`, 'i').test(name))
  if (kind === undefined) throw new TypeError('the pattern is made of the names')
  return kind
}

/** A sentence may end after an ARN. */
function withoutStop(arn: string | undefined): string | undefined {
  return arn?.replace(/[.,:]+$/, '')
}
