/** Remembers what Git was configured with before the action ran. */
import { appendFileSync } from 'node:fs'

appendFileSync(process.env.GITHUB_STATE, `git-config-count=${process.env.GIT_CONFIG_COUNT ?? ''}\n`)
console.log('The post step looks for what is left.')
