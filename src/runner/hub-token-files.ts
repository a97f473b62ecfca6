/** Where clients of the Hub look for a token file when they know neither HF_TOKEN nor HF_TOKEN_PATH. Pure. */
import { isAbsolute, join } from 'node:path'

/**
 * Paths of token files, as the variables of the job place them; empty if they name no absolute path. Sources:
 * `constants.py` of huggingface_hub, and `Cache` of the Rust crate hf-hub 0.x (text-embeddings-inference, candle), which
 * does not know XDG_CACHE_HOME.
 */
export function hubTokenFiles(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string[] {
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) ?? ''
  const folders =
    env.HF_HOME !== undefined
      ? [env.HF_HOME]
      : [env.XDG_CACHE_HOME ?? '', isAbsolute(home) ? join(home, '.cache') : '']
          .filter((cache) => isAbsolute(cache))
          .map((cache) => join(cache, 'huggingface'))
  return [...new Set(folders.filter((folder) => isAbsolute(folder)).map((folder) => join(folder, 'token')))]
}
