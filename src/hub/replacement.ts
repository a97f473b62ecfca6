/** How a token that is not good any more is replaced, by the kind of token. */
import type { Explanation } from '../errors/action-error.ts'
import type { Requirement } from '../inputs/request.ts'
import { isLoopback } from '../net/endpoint.ts'
import type { HubToken } from '../sources/token-source.ts'

/** Where a person finds the Hub's pages: the endpoint in use, unless that is a stand-in on loopback. */
export function hubPages({ hubEndpoint }: Pick<Requirement, 'hubEndpoint'>): string {
  return isLoopback(new URL(hubEndpoint).hostname) ? 'https://huggingface.co' : hubEndpoint
}

/** The page that makes a fine-grained token. */
export function newTokenPage(request: Pick<Requirement, 'hubEndpoint'>): string {
  return `${hubPages(request)}/settings/tokens/new?tokenType=fineGrained`
}

/** The command that stores a new token where this one was read. */
export function storeCommand({ aws }: Requirement): string {
  if (!aws) return ''
  const { region, id, key, stage } = aws.secret
  const stages = stage === 'AWSCURRENT' ? '' : ` --version-stages ${stage}`
  return `aws secretsmanager put-secret-value --region ${region} --secret-id ${id} --secret-string file://secret.json${stages}\nwhere secret.json holds {"${key}": "hf_…"}`
}

/** Cause and remedy for a token whose time is over or that the Hub does not accept. */
export function replacement(
  { evidence }: Pick<HubToken, 'evidence'>,
  request: Requirement,
): Pick<Explanation, 'cause' | 'fix'> {
  if (evidence.kind === 'stored') {
    return {
      cause:
        'the token was deleted or revoked on the Hub, its end date has passed, or another one was stored by mistake.',
      fix: `Create a new fine-grained token (${newTokenPage(request)}) and store it:\n${storeCommand(request)}`,
    }
  }
  return {
    cause:
      'the Hub made this token just now, and does not take it: an incident of the Hub, or somebody revoked it meanwhile.',
    fix: 'Re-run the job; look at https://status.huggingface.co if it stays.',
  }
}
