/** Compiles everything into `build/`, where Jest and ncc find JavaScript. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'

/** Runs `tsc`; throws when it finds an error. A file that was moved or deleted must not stay from an old build. */
export function compile(): void {
  rmSync(join(projectRoot, 'build'), { recursive: true, force: true })
  const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(projectRoot, 'tsconfig.json')], { stdio: 'inherit' })
  if (status !== 0) throw new Error('tsc found errors')
}
