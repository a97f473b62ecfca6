/** The machine and the forge that a step runs on, as one value: created at the edge, read by remedies. Pure. */
import { type Container, containerOf } from './container.ts'
import { type Forge, forgeOf, hostOf } from './forge.ts'

/** What only the process can say about itself. */
export interface ProcessFacts {
  /** `process.platform` and `process.arch`. */
  os: NodeJS.Platform
  arch: string
  /** The version of Node, without a `v`. */
  node: string
  /** The effective user's ID; undefined on Windows. */
  uid: number | undefined
  /** The user's name, if the system knows one. */
  userName: () => string | undefined
  /** Whether this process may read the file. */
  canRead: (path: string) => boolean
  /** The beginning of a small system file; undefined if it cannot be read. */
  read: (path: string) => string | undefined
  /** Whether Node's permission model is on (`--permission`). */
  permissionModel: boolean
  /** Whether Node's permission model lets this process write the file or folder. */
  mayWrite: (path: string) => boolean
}

/** A file of certificates that a variable names, and whether this process can read it. Node only warns if it cannot. */
export interface CaFile {
  variable: string
  path: string
  readable: boolean
}

export interface Platform {
  forge: Forge
  /** The host of the forge's pages, `github.com`; empty if the runner does not name one. */
  host: string
  os: NodeJS.Platform
  arch: string
  /** The version of Node, without a `v`. */
  node: string
  /** The runner's own version, if it names one. */
  runner: string | undefined
  /** Who operates the runner: `RUNNER_ENVIRONMENT`. Undefined if the runner does not say. */
  hosted: 'github-hosted' | 'self-hosted' | undefined
  /** What kind of container the step runs in. */
  container: Container
  user: { uid: number | undefined; name: string | undefined }
  caFile: CaFile | undefined
  /** Whether Node's permission model is on, and the runner's variables whose files it does not let this step write. */
  permissions: { model: boolean; denied: readonly string[] }
}

/** The variables of the runner that name a file or a folder in which this action must write. */
export const WRITTEN_VARIABLES = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'RUNNER_TEMP'] as const

/** Everything that can be said about the machine and the forge. Never throws. */
export function detectPlatform(env: Readonly<Record<string, string | undefined>>, facts: ProcessFacts): Platform {
  const forge = forgeOf(env)
  return {
    forge,
    host: hostOf(env),
    os: facts.os,
    arch: facts.arch,
    node: facts.node,
    runner: versionOf(env),
    hosted: hostedBy(env.RUNNER_ENVIRONMENT, forge),
    container: containerOf(env, forge, facts),
    user: { uid: facts.uid, name: facts.userName() },
    caFile: caFileOf(env, facts),
    permissions: { model: facts.permissionModel, denied: facts.permissionModel ? deniedOf(env, facts) : [] },
  }
}

/** GitHub's runner does not tell a step its version; Gitea's and Forgejo's do. */
function versionOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env.FORGEJO_ACTIONS_RUNNER_VERSION || env.GITEA_ACTIONS_RUNNER_VERSION || undefined
}

/** Only GitHub operates runners for others under this name. */
function hostedBy(environment: string | undefined, forge: Forge): Platform['hosted'] {
  if (forge === 'act' || forge === 'gitea' || forge === 'forgejo') return 'self-hosted'
  return environment === 'github-hosted' || environment === 'self-hosted' ? environment : undefined
}

function caFileOf(
  { NODE_EXTRA_CA_CERTS: path }: Readonly<Record<string, string | undefined>>,
  { canRead }: ProcessFacts,
): CaFile | undefined {
  return path ? { variable: 'NODE_EXTRA_CA_CERTS', path, readable: canRead(path) } : undefined
}

function deniedOf(env: Readonly<Record<string, string | undefined>>, { mayWrite }: ProcessFacts): string[] {
  return WRITTEN_VARIABLES.filter((name) => {
    const path = env[name]
    return path !== undefined && path !== '' && !mayWrite(path)
  })
}
