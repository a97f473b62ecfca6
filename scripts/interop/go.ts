/** The Go tools, built from source by `go install` at pinned versions. */
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { output, run, type SystemTool } from '../system.ts'
import { GO_TOOLS, type GoTool, goTool, goToolFolder } from './paths.ts'

/** The oldest Go that builds the tools, and the one to fetch where the machine's own is older. */
const OLDEST = [1, 25] as const
const FETCHED = 'go1.26.8'

const names = Object.keys(GO_TOOLS) as GoTool[]
export const goToolsMissing = (): GoTool[] => names.filter((name) => !existsSync(goTool(name)))

/** Any Go with modules will do: it can fetch the one that is needed. */
export const go: SystemTool = {
  name: 'Go 1.16 or newer',
  works: () => goToolsMissing().length === 0 || atLeast(version(), [1, 16]),
  packages: ['golang-go', 'ca-certificates'],
}

/** Builds the tools, with Go's own configuration (proxy, checksum database, caches). */
export function installGoTools(tools: readonly GoTool[]): void {
  const program = atLeast(version(), OLDEST) ? 'go' : fetchedGo()
  for (const name of tools) {
    const { module, version } = GO_TOOLS[name]
    console.log(`Building ${name} ${version}`)
    run(program, ['install', `${module}@${version}`], {
      ...process.env,
      GOBIN: goToolFolder(name),
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    })
  }
}

function version(): [number, number] | undefined {
  const found = /\bgo(\d+)\.(\d+)/.exec(output('go', ['version']) ?? '')
  return found ? [Number(found[1]), Number(found[2])] : undefined
}

function atLeast(found: [number, number] | undefined, [major, minor]: readonly [number, number]): boolean {
  return found !== undefined && (found[0] > major || (found[0] === major && found[1] >= minor))
}

/**
 * A newer Go from the module proxy, which carries each release as the module `golang.org/toolchain`, under the same
 * checksum database as every other one. Go 1.21 and later do this by themselves, distributions' older ones do not.
 */
function fetchedGo(): string {
  const [os, arch] = (output('go', ['env', 'GOOS', 'GOARCH']) ?? '').split(/\s+/)
  const module = `golang.org/toolchain@v0.0.1-${FETCHED}.${os}-${arch}`
  console.log(`Fetching ${FETCHED}: the Go that is installed is too old`)
  run('go', ['mod', 'download', module])
  const { Dir: folder } = JSON.parse(output('go', ['mod', 'download', '-json', module]) ?? '{}') as { Dir?: string }
  if (!folder) throw new Error(`go mod download ${module} did not say where it put it`)
  // A module's files are not executable.
  for (const tools of ['bin', join('pkg', 'tool')]) {
    for (const entry of readdirSync(join(folder, tools), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755)
    }
  }
  return join(folder, 'bin', 'go')
}
