/** AWS's own rotation: one event of Secrets Manager is one of the four steps, for the version that it names. */
import type { AwsCaller } from '../aws/caller.ts'
import { namesSecret, parseSecretArn, type SecretArn } from '../aws/secret-arn.ts'
import { CURRENT, PENDING, SecretVersions } from '../aws/secret-versions.ts'
import { ActionError } from '../errors/action-error.ts'
import { HubClient } from '../hub/client.ts'
import type { Deadline } from '../net/deadline.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { isRecord } from '../text/json.ts'
import type { Log, Mask } from '../text/log.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import { type Minting, openMinter } from './account/open-minter.ts'
import type { FunctionRequest } from './inputs/parse-function.ts'
import { endRetired, hasLeftovers, type Leftovers, labelReplaced, removeOrphans, survey } from './leftovers.ts'
import { VERSION_ID } from './names/version-id.ts'
import { noOutcome } from './outcome.ts'
import type { RotatedSecret } from './request.ts'
import { judgeReplacement } from './secret/judge-replacement.ts'
import { look, type SecretState, withToken } from './secret/look.ts'
import { standingOf } from './secret/standing.ts'
import { createPending, finishPending, retire, setPending, testPending } from './secret/steps.ts'
import { sameButToken } from './secret/value.ts'
import { Settling } from './settling.ts'

/** What an invocation works with. */
export interface FunctionContext {
  request: FunctionRequest
  caller: AwsCaller
  http: Http
  policy: RetryPolicy
  deadline: Deadline
  mask: Mask
  log: Log
}

/** The four steps of the contract, and one that a schedule of your own may call between two rotations. */
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret', 'retireSecret'] as const
type Step = (typeof STEPS)[number]

interface RotationEvent {
  step: Step
  secret: SecretArn
  /** Empty for `retireSecret`. */
  versionId: string
}

/**
 * Does one step; each may be called again.
 *
 * @throws `ActionError` `input-invalid` for an event that is none, for a secret that is not named by its complete ARN, is
 * in another account or region than the function, or is not listed: the admin token is not read then; `rotation-blocked`
 * for a version that is not staged for rotation, or a current token that must not be replaced; and what the steps throw.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */
export async function handleRotation(event: unknown, context: FunctionContext): Promise<void> {
  const { step, secret, versionId } = readEvent(event)
  const rotated = secretOf(secret, context.request)
  context.log.info(`${step} ${secret.arn} ${versionId}`)
  if (step === 'setSecret') return await setPending()
  const begun = await beginTurn(context, rotated, secret)
  const { turn } = begun
  const state = await look(turn, { byFunction: true })
  if (state.arn === begun.adminArn) throw notTheAdmin(turn)
  turn.first = state
  turn.state = state
  turn.outcome.arn = state.arn
  if (step === 'retireSecret') {
    // What the secret held before another organization's token came into it is what a person may want back.
    if (!rotated.narrow) judgeReplacement(turn, await standingOf(turn, state.current), { kind: 'missing' })
    await labelReplaced(turn)
    return await cleanUp(begun, turn.state ?? state, context)
  }

  const labels = state.description.stages.get(versionId)
  if (!labels?.includes(PENDING) && !labels?.includes(CURRENT)) throw notStaged(turn, versionId, labels)
  if (step === 'createSecret') await create(turn, state, versionId)
  else if (step === 'testSecret') await testVersion(turn, state, versionId)
  else await finish(begun, state, versionId, context)
}

/** What was changed beside the token since the version was made must not be brought back. */
async function refuseStale(turn: Leftovers, { current, pending }: SecretState, versionId: string): Promise<void> {
  if (!current || !pending || current.versionId === versionId) return
  if (sameButToken(current.value, withToken(turn, pending).value)) return
  await turn.versions.move(PENDING, { from: versionId })
  const { id, region } = turn.rotated.secret
  throw new ActionError('rotation-blocked', {
    failed: `The secret ${id} was changed beside its token since the version ${versionId} was made.`,
    seen: 'another value beside the token than in the current version',
    expected: 'the current value with another token',
    cause: 'somebody changed it by hand while it was being rotated.',
    fix: `Nothing is lost: the pending version was put aside. Rotate again:\naws secretsmanager rotate-secret --region ${region} --secret-id ${id}`,
  })
}

async function create(turn: Leftovers, state: SecretState, versionId: string): Promise<void> {
  const { log } = turn
  const isThere = state.current?.versionId === versionId || (state.pendingId === versionId && state.pending)
  if (isThere) {
    await refuseStale(turn, state, versionId)
    return log.info('The version has its value already.')
  }
  judgeReplacement(turn, await standingOf(turn, state.current), { kind: 'minted' })
  // What an invocation minted that was cut off before it stored it, the last step finds like any other leftover.
  await createPending(turn, state.arn, versionId, state.current)
}

/**
 * When a rotation is set up for later, Secrets Manager calls this step alone, on a version that nobody has created: then
 * the current token shows whether the set-up works.
 */
async function testVersion(turn: Leftovers, { current, pending }: SecretState, versionId: string): Promise<void> {
  if (pending || current?.versionId === versionId || !current) await testPending(turn, versionId)
  else await testPending(turn, current.versionId)
}

async function finish(begun: Begun, state: SecretState, versionId: string, context: FunctionContext): Promise<void> {
  const { turn } = begun
  const previous = state.current?.versionId
  if (previous !== versionId) {
    // Secrets Manager has had it tested; who else calls this step may not have.
    await refuseStale(turn, state, versionId)
    const standing = await standingOf(turn, state.current)
    const { whoami } = await testPending(turn, versionId)
    const minted = turn.minter?.firstTokensFor(state.arn) ?? []
    const ours = minted.some((token) => token.versionId === versionId)
    judgeReplacement(turn, standing, { kind: 'pending', who: whoami, ours })
    if ((await finishPending(turn, versionId, previous)) !== 'finished') throw overtaken(turn, versionId)
    if (previous !== undefined) await retire(turn, previous)
  } else await labelReplaced(turn)
  turn.outcome.action = 'rotated'
  await deploy(context)
  const now = await look(turn, { byFunction: true })
  turn.state = now
  await cleanUp(begun, now, context)
}

/** Every time: a step that is called again after it was cut off must not leave tasks with the old token. */
async function deploy({ request, caller, http, policy, deadline, log }: FunctionContext): Promise<void> {
  const { services, region } = request
  if (services.length === 0) return
  const [{ EcsServices }, { deployServices }] = await Promise.all([import('../aws/ecs.ts'), import('./deploy.ts')])
  const ecs = new EcsServices(caller, region, http, policy)
  const options = { ecs, services, replaced: 'now', wait: false, dryRun: false, region, deadline, log } as const
  for (const { error } of await deployServices(options)) if (error) throw error
}

async function cleanUp(
  { turn, secret, adminToken }: Begun,
  { pending }: SecretState,
  context: FunctionContext,
): Promise<void> {
  // A pending value is on its way to be used, whatever it is.
  if (pending || !hasLeftovers(turn)) return
  const others = await Promise.all(
    context.request.secrets
      .filter((other) => !namesSecret(other.secret.id, secret))
      .map((rotated) => elsewhere(turn, rotated, context)),
  )
  const surveyed = await survey([turn, ...others], adminToken)
  await endRetired(turn, { survey: surveyed, tasksSince: Number.POSITIVE_INFINITY })
  await removeOrphans(turn, surveyed)
}

/** Another secret of this function; without a state when it cannot be read. */
async function elsewhere(
  turn: Leftovers,
  rotated: RotatedSecret,
  { caller, http, policy }: FunctionContext,
): Promise<Leftovers> {
  const versions = new SecretVersions(rotated.secret, caller, http, policy)
  const other = { ...turn, rotated, versions, first: undefined, state: undefined }
  try {
    return { ...other, state: await look(other, { byFunction: true }) }
  } catch (error) {
    if (error instanceof ActionError) return other
    throw error
  }
}

interface Begun extends Minting {
  secret: SecretArn
  turn: Leftovers
}

function notTheAdmin({ rotated }: Leftovers): ActionError {
  return new ActionError('input-invalid', {
    failed: `The secret ${rotated.secret.id} is the admin secret; it was not touched.`,
    seen: 'ADMIN_SECRET_ID names the same secret',
    expected: 'a secret whose token this function can mint',
    fix: 'Take it out of SECRETS, and end its rotation with aws secretsmanager cancel-rotate-secret.',
  })
}

async function beginTurn(
  { request, caller, http, policy, deadline, mask, log }: FunctionContext,
  rotated: RotatedSecret,
  secret: SecretArn,
): Promise<Begun> {
  const { admin, account, org, hubEndpoint } = request
  const versions = new SecretVersions(rotated.secret, caller, http, policy)
  const { arn } = await versions.describe()
  if (arn !== secret.arn) throw anotherSecret(secret, arn)
  const access = { endpoint: hubEndpoint, http, policy }
  const minting = await openMinter({ admin, account, org, access, caller, mask, log })
  const { minter } = minting
  const settling = new Settling()
  for (const id of minter.firstIds) settling.see(id)
  const turn: Leftovers = {
    rotated,
    request,
    versions,
    hub: new HubClient(access, { looksTwice: true }),
    access,
    minter,
    mask,
    log,
    deadline,
    settling,
    outcome: noOutcome(rotated.secret.id, rotated.scope),
    first: undefined,
    state: undefined,
  }
  return { ...minting, secret, turn }
}

function readEvent(event: unknown): RotationEvent {
  const { Step: step, SecretId: secretId, ClientRequestToken: token } = isRecord(event) ? event : {}
  const known = STEPS.find((one) => one === step)
  const versionId = known === 'retireSecret' && token === undefined ? '' : token
  const isComplete = typeof secretId === 'string' && typeof versionId === 'string'
  if (known && isComplete && (versionId === '' ? known === 'retireSecret' : VERSION_ID.test(versionId))) {
    const secret = parseSecretArn(secretId)
    if (!secret) throw noArn(secretId)
    return { step: known, secret, versionId }
  }
  throw new ActionError('input-invalid', {
    failed: 'The event is not one of Secrets Manager’s rotation events.',
    seen: `Step ${quoted(step, 60)}, SecretId ${quoted(secretId, 300)}, ClientRequestToken ${quoted(token, 80)}`,
    expected: `SecretId, ClientRequestToken (32 to 64 characters) and Step, one of ${listed(STEPS)}`,
    fix: 'Let Secrets Manager call the function (rotate-secret --rotation-lambda-arn); for a test, send an event of that form.',
  })
}

/** The line of `SECRETS` that names this secret of the function's own account and region. */
function secretOf(secret: SecretArn, { secrets, region, role }: FunctionRequest): RotatedSecret {
  const { arn } = secret
  const isOwn = secret.partition === role.partition && secret.account === role.account && secret.region === region
  if (!isOwn) throw foreign(secret, { region, role })
  const found = secrets.find((rotated) => namesSecret(rotated.secret.id, secret))
  if (found) return { ...found, secret: { ...found.secret, id: arn, region } }
  throw new ActionError('input-invalid', {
    failed: `The secret ${arn} is not one that this function is set up for.`,
    seen: `SECRETS lists ${listed(secrets.map(({ secret }) => printable(secret.id, 200)))}`,
    expected: 'a line for this secret, which says what its token must be',
    fix: 'Add a line such as `huggingface/acme/write scope=write` to the function’s variable SECRETS.',
  })
}

function noArn(secretId: string): ActionError {
  return new ActionError('input-invalid', {
    failed: 'The event does not name its secret by a complete ARN.',
    seen: `SecretId ${quoted(secretId, 300)}`,
    expected: 'arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>',
    cause: 'the event was written by hand: Secrets Manager always sends the complete ARN.',
    fix: 'Send the ARN that this command prints:\naws secretsmanager describe-secret --secret-id <name> --query ARN --output text',
  })
}

function foreign(secret: SecretArn, { region, role }: Pick<FunctionRequest, 'region' | 'role'>): ActionError {
  const own = { partition: role.partition, account: role.account || 'of the function', region }
  const place = (at: typeof own) => `partition ${at.partition}, account ${at.account}, region ${at.region}`
  return new ActionError('input-invalid', {
    failed: `The secret ${secret.arn} is not in the account and region of this function.`,
    seen: place(secret),
    expected: place(own),
    cause: 'the event was written by hand, or for another function.',
    fix: 'Give each account and region a function of its own.',
  })
}

/** What is sent as a complete ARN may be the shortened ARN of a secret with a longer name. */
function anotherSecret({ arn }: SecretArn, described: string): ActionError {
  return new ActionError('input-invalid', {
    failed: 'The event’s SecretId is not the complete ARN of a secret; nothing was changed.',
    seen: `SecretId ${arn}, by which Secrets Manager finds ${described}`,
    expected: 'the same ARN in both places',
    cause: 'the six characters at the end are missing, and the name itself ends like them.',
    fix: 'If this is the secret that you mean, send its complete ARN, and list it in SECRETS.',
  })
}

function notStaged({ rotated }: Leftovers, versionId: string, labels: readonly string[] | undefined): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The version ${versionId} of ${rotated.secret.id} is not staged for rotation.`,
    seen: labels ? `staging labels ${listed(labels)}` : 'no such version',
    expected: `${PENDING} at this version`,
    cause: 'the rotation was cancelled, or the event is an old one.',
    fix: `Start the rotation anew:\naws secretsmanager rotate-secret --region ${rotated.secret.region} --secret-id ${rotated.secret.id}`,
  })
}

function overtaken({ rotated }: Leftovers, versionId: string): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `Another version of ${rotated.secret.id} became current before ${versionId} did.`,
    seen: `${CURRENT} is not where it was when this step began`,
    expected: 'one scheduler for a secret',
    cause: 'somebody stored a new value by hand meanwhile.',
    fix: `Nothing is broken. If the token shall be replaced all the same:\naws secretsmanager rotate-secret --region ${rotated.secret.region} --secret-id ${rotated.secret.id}`,
  })
}
