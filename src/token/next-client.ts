/**
 * What the next client of the Hub in this job will do: which endpoint it talks to, and which token it sends. Pure.
 * Source: `constants.py` and `utils/_auth.py` of huggingface_hub 2.4.0.
 */
import { DEFAULT_HUB } from '../hub/pages.ts'
import type { Job } from '../identity/job.ts'
import type { Request } from './request.ts'

/** The Hub that the client uses for its own tests. */
const STAGING_HUB = 'https://hub-ci.huggingface.co'

/** Variables from which the client takes a token, the first one first. */
const TOKEN_VARIABLES = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'] as const

export interface NextClient {
  /** As the client has it; empty when `HF_ENDPOINT` is set and empty, which leaves the client without an address. */
  endpoint: string
  /** The variable that sets the endpoint; undefined for the client's default. */
  endpointFrom: 'HUGGINGFACE_CO_STAGING' | 'HF_ENDPOINT' | undefined
  /** The variable that gives the client its token; undefined if none does, and a token file of an earlier login may. */
  via: 'HF_OIDC_RESOURCE' | 'HF_TOKEN' | 'HUGGING_FACE_HUB_TOKEN' | 'HF_TOKEN_PATH' | undefined
  /** Whether that is the token of this step. */
  isOurs: boolean
  /** Whether any client, an older one too, finds the token of this step without being given it. */
  isReadable: boolean
  /** Variables that keep the client from sending a token, or from calling the Hub at all. */
  blockedBy: readonly string[]
}

type Delivery = Pick<Request, 'exportEnv' | 'exportFile'>
type Environment = Pick<Job, 'clientVariables' | 'presetVariables'>

/** What huggingface_hub (1.19 or later) does in the steps after one that delivers this. */
export function nextClient({ exportEnv, exportFile }: Delivery, { clientVariables, presetVariables }: Environment) {
  const isStaging = isTrue(clientVariables.HUGGINGFACE_CO_STAGING)
  const isExported = (name: string) => exportEnv.includes(name)
  const source = (): Pick<NextClient, 'via' | 'isOurs'> => {
    if (clientVariables.HF_OIDC_RESOURCE) return { via: 'HF_OIDC_RESOURCE', isOurs: false }
    const variable = TOKEN_VARIABLES.find((name) => isExported(name) || presetVariables.has(name))
    if (variable) return { via: variable, isOurs: isExported(variable) }
    // The client's staging mode has a file of its own.
    if (isStaging || !(exportFile || presetVariables.has('HF_TOKEN_PATH'))) return { via: undefined, isOurs: false }
    return { via: 'HF_TOKEN_PATH', isOurs: exportFile }
  }
  const client: NextClient = {
    endpoint: isStaging ? STAGING_HUB : (clientVariables.HF_ENDPOINT ?? DEFAULT_HUB).replace(/\/+$/, ''),
    endpointFrom: isStaging
      ? 'HUGGINGFACE_CO_STAGING'
      : clientVariables.HF_ENDPOINT === undefined
        ? undefined
        : 'HF_ENDPOINT',
    ...source(),
    isReadable: exportFile || TOKEN_VARIABLES.some(isExported),
    blockedBy: [
      'HF_HUB_DISABLE_IMPLICIT_TOKEN',
      // The client looks at the second one only if the first one is empty.
      clientVariables.HF_HUB_OFFLINE ? 'HF_HUB_OFFLINE' : 'TRANSFORMERS_OFFLINE',
    ].filter((name) => isTrue(clientVariables[name])),
  }
  return client
}

/** Variables that decide what the client does; none of them holds a secret. */
export const CLIENT_VARIABLES = [
  'HF_ENDPOINT',
  'HUGGINGFACE_CO_STAGING',
  'HF_OIDC_RESOURCE',
  'HF_HUB_DISABLE_IMPLICIT_TOKEN',
  'HF_HUB_OFFLINE',
  'TRANSFORMERS_OFFLINE',
] as const

/** As the client reads its switches. */
function isTrue(value: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(value ?? '')
}

/** Whether two URLs name the same Hub: slashes at the end, the letters of the host and the default port do not matter. */
export function isSameEndpoint(one: string, other: string): boolean {
  return normal(one) === normal(other)
}

function normal(text: string): string {
  return (URL.canParse(text) ? new URL(text).href : text).replace(/\/+$/, '')
}

/** The repository or user as the Hub takes it: `models/` is how other places write it. */
export function isSameResource(one: string, other: string): boolean {
  return one.replace(/^models\//, '') === other.replace(/^models\//, '')
}
