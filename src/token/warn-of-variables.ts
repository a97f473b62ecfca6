/** Warnings about variables of the job that change what later steps do with the token. */
import type { Job } from '../identity/job.ts'
import type { Log } from '../text/log.ts'
import { listed } from '../text/printable.ts'
import { isSameEndpoint, nextClient } from './next-client.ts'
import { exportedVariables, type Request } from './request.ts'

/** Warns of a different token in the job, of variables of an earlier use, and of what the next client would do. */
export function warnOfVariables(request: Request, job: Job, log: Log): void {
  const { presetVariables, ownVariables } = job
  const client = nextClient(request, job)
  const usesMirror = client.endpoint !== '' && !isSameEndpoint(client.endpoint, request.hubEndpoint)
  const foreign = (names: readonly string[]) =>
    [...new Set(names)].filter((name) => presetVariables.has(name) && !ownVariables.has(name))
  const overwritten = foreign(exportedVariables(request))
  const others = foreign(['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']).filter((name) => !overwritten.includes(name))
  if (overwritten.length > 0) {
    log.warning(
      usesMirror
        ? `${setAlready(overwritten)} already set in this job, and this step overwrites ${it(overwritten)} for the later steps, which use the endpoint that \`client-endpoint\` names. If that endpoint requires its own token, choose a different \`export-env\`.`
        : `${setAlready(overwritten)} already set in this job, and this step overwrites ${it(overwritten)} for the later steps. If that is a static Hugging Face token, remove it from \`env:\` in the workflow and from the repository's secrets. If the later steps need it, choose a different \`export-env\`.`,
    )
  }
  // A job that reads through a mirror has the mirror's own token there.
  if (others.length > 0 && !usesMirror) {
    log.warning(
      `${setAlready(others)} already set in this job, so the job seems to use a static Hugging Face token. Remove it from \`env:\` in the workflow and from the repository's secrets: this action replaces it.`,
    )
  }
  const replaced = exportedVariables(request).filter((name) => presetVariables.has(name) && ownVariables.has(name))
  if (replaced.length > 0) {
    log.warning(
      `${setAlready(replaced)} set by an earlier use of this action in this job. Later steps get this step's token instead. To keep both tokens, choose a different \`export-env\` for this step, and set \`export-file\` in one step only.`,
    )
  }
  if (!client.isReadable) return
  if (client.via === 'HF_OIDC_RESOURCE') {
    log.warning(
      'HF_OIDC_RESOURCE is set in this job: in the later steps, huggingface_hub 1.19 or later ignores the token of this step and exchanges an ID token itself. Remove HF_OIDC_RESOURCE to use the token of this step.',
    )
  } else if (client.via !== undefined && !client.isOurs) {
    log.warning(
      `${client.via} takes precedence over what this step delivers: in the later steps, huggingface_hub uses the token in ${client.via}, not the token of this step. Remove ${client.via} from the job, or add it to \`export-env\`.`,
    )
  }
  if (client.endpoint === '') {
    log.warning(
      'HF_ENDPOINT is set to an empty value in this job: huggingface_hub then has no address of the Hub, and its calls fail. Remove the variable, or set it to the Hub.',
    )
  }
  for (const name of client.blockedBy) {
    log.warning(
      name === 'HF_HUB_DISABLE_IMPLICIT_TOKEN'
        ? `${name} is set in this job: in the later steps, huggingface_hub sends the token only if a program passes it explicitly.`
        : `${name} is set in this job: in the later steps, huggingface_hub does not call the Hub at all.`,
    )
  }
}

function it(names: readonly string[]): string {
  return names.length === 1 ? 'it' : 'them'
}

function setAlready(names: readonly string[]): string {
  return `${listed(names)} ${names.length === 1 ? 'was' : 'were'}`
}
