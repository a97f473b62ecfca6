/** The input `export-env`: names of variables that may hold the token. */
import { words } from '../../inputs/fields.ts'
import { got, type Problems } from '../../inputs/problems.ts'

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Names that must not hold a token, in any case of letters, and what the name is for. */
const RESERVED: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|NODE_OPTIONS|CI|PATH|HOME|USERPROFILE|TEMP|TMP|TMPDIR|PATHEXT|COMSPEC|SYSTEMROOT|WINDIR|APPDATA|LOCALAPPDATA)$/,
    'variables that are reserved for the runner and the operating system',
  ],
  [
    /^HF_OIDC_.*$/,
    'variables that start with HF_OIDC_: this action and huggingface_hub use them for their own settings',
  ],
  [
    /^(?:HF_(?:TOKEN_PATH|STORED_TOKENS_PATH|ENDPOINT|INFERENCE_ENDPOINT|HOME|HUB_.*|XET_.*|ASSETS_CACHE|DATASETS_.*|DEBUG)|HUGGINGFACE_.*|TRANSFORMERS_.*|XDG_.*)$/,
    'settings of the Hub’s clients, which hold a path, a URL, or a switch and not a token',
  ],
  [/^(?:GIT_.*|SSH_.*)$/, 'settings of git and SSH, which would break every later call of git'],
  [
    /^(?:LD_.*|DYLD_.*|BASH_ENV|BASH_FUNC.*|BASHOPTS|SHELLOPTS|ENV|IFS|PS4|PROMPT_COMMAND|SHELL|ZDOTDIR|GCONV_PATH|GLIBC_TUNABLES|MALLOC_.*)$/,
    'variables that decide what a shell or the loader runs at every start of a program',
  ],
  [
    /^(?:NODE_.*|PYTHON.*|PIP_.*|UV_.*|VIRTUAL_ENV|CONDA_.*|PERL5?(?:LIB|OPT|DB)|RUBY(?:LIB|OPT)|GEM_.*|BUNDLE_.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|GO(?:FLAGS|PROXY|PATH|ROOT|ENV)|CARGO_.*|RUST.*|NPM_CONFIG_.*|DOTNET_.*|PSMODULEPATH)$/,
    'settings of a language’s runtime or package manager, which would break the programs of later steps',
  ],
  [
    /^(?:(?:HTTPS?|ALL|NO|FTP)_PROXY)$/,
    'proxy settings, which would send every later request to a proxy named by the token',
  ],
  [
    /^(?:SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|OPENSSL_.*)$/,
    'settings that decide which certificates are trusted',
  ],
  [/^AWS_.*$/, 'settings of AWS’s tools'],
]

/** Programs read such names as secrets; a setting is not named like that, except the runner's and AWS's own. */
const HOLDS_SECRET = /^(?!(?:GITHUB|RUNNER|ACTIONS|AWS|HF_OIDC)_).*(?:_TOKEN|_API_KEY|_PASSWORD)$/i

/** The names; a name that cannot hold the token without breaking the job or this delivery is a problem. */
export function parseVariables(text: string, problems: Problems): string[] {
  const names = words(text)
  for (const name of names) {
    const reserved = HOLDS_SECRET.test(name)
      ? undefined
      : RESERVED.find(([pattern]) => pattern.test(name.toUpperCase()))
    if (!VARIABLE.test(name)) problems.add('export-env', `must list names of environment variables ${got(name)}`)
    else if (reserved) problems.add('export-env', `must not list ${reserved[1]} ${got(name)}`)
  }
  return names
}
