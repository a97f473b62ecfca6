/** What kind of container a step runs in. Pure. */
import type { Forge } from './forge.ts'

/**
 * `job`: the job's own (`container:`), whose user need not be the runner's. `action`: that of a Docker action.
 * `other`: the runner itself may run in it (Kubernetes, a self-hosted image).
 */
export type Container = 'none' | 'job' | 'action' | 'other'

interface Facts {
  canRead: (path: string) => boolean
  read: (path: string) => string | undefined
}

/** The words in `/proc/1/cgroup` by which container engines are known (cgroup v1; v2 shows `0::/`). */
const ENGINES = /docker|containerd|kubepods|libpod|lxc|garden/

/**
 * The container by the paths that the runner gives a step, or else by the marks that engines leave.
 * Source: GitHub's runner mounts its work folder at `/__w` in a job's container, and at `/github` in that of an action.
 */
export function containerOf(env: Readonly<Record<string, string | undefined>>, forge: Forge, facts: Facts): Container {
  const paths = [env.RUNNER_TEMP, env.GITHUB_WORKSPACE, env.GITHUB_ENV]
  if (paths.some((path) => path?.startsWith('/__w/'))) return 'job'
  if (paths.some((path) => path?.startsWith('/github/'))) return 'action'
  if (!isContainer(env, facts)) return 'none'
  // These run every job in a container of its own.
  return forge === 'act' || forge === 'gitea' || forge === 'forgejo' ? 'job' : 'other'
}

function isContainer(env: Readonly<Record<string, string | undefined>>, { canRead, read }: Facts): boolean {
  if (canRead('/.dockerenv') || canRead('/run/.containerenv')) return true
  if (env.KUBERNETES_SERVICE_HOST) return true
  return ENGINES.test(read('/proc/1/cgroup') ?? '')
}
