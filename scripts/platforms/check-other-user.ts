/** Checks what a second local user can do in this job: not read the token, but use Git as before. */
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { check, must, run, variable } from './world.ts'

const file = variable('HF_TOKEN_PATH')
const token = variable('HF_TOKEN')
const { GIT_CONFIG_COUNT = '0' } = process.env

/** What the job gives to Git; no secret, and what `sudo` would drop. */
const gitVariables = Object.entries(process.env).filter(
  (entry): entry is [string, string] => /^(?:GIT_CONFIG_|HF_OIDC_)/.test(entry[0]) && entry[1] !== undefined,
)

if (process.platform === 'win32') await onWindows()
else await onUnix()

async function onUnix(): Promise<void> {
  // Not the user's own temporary folder: on macOS, nobody else gets into that.
  const home = mkdtempSync('/tmp/platforms-nobody-')
  chmodSync(home, 0o777)
  const variables = [...gitVariables, ['HOME', home], ['GIT_TERMINAL_PROMPT', '0']].map((pair) => pair.join('='))
  // In a container, the job may be root's, and there may be no sudo.
  const [become = '', ...nobody] =
    process.getuid?.() === 0 ? ['runuser', '-u', 'nobody', '--'] : ['sudo', '-n', '-u', 'nobody']
  /** As `nobody`, who exists everywhere. */
  const asNobody = (args: string[], input = '') =>
    run(become, [...nobody, 'env', ...variables, ...args], { input, cwd: home })
  await check({
    'another user exists, and can read what everybody can': () => {
      const { status, text } = asNobody(['cat', '/etc/hosts'])
      must(status === 0, text)
    },
    'another user cannot read the token file': () => {
      const { status, text } = asNobody(['cat', file])
      must(status !== 0 && !text.includes(token), 'it can')
    },
    'Git works for another user, without the token': () => {
      must(Number(GIT_CONFIG_COUNT) > 0, 'the action has set nothing for Git')
      const { status, text } = asNobody(['git', 'init', '--quiet', join(home, 'repository')])
      must(status === 0, text)
      const filled = asNobody(['git', 'credential', 'fill'], `url=${variable('HF_ENDPOINT')}/acme/model\n\n`)
      must(!filled.text.includes(token), 'Git has the token')
    },
  })
  // What is in it belongs to nobody.
  asNobody(['rm', '-rf', join(home, 'repository')])
  rmSync(home, { recursive: true, force: true })
}

async function onWindows(): Promise<void> {
  const name = `hf${randomUUID().slice(0, 8)}`
  // In a variable: the arguments of a process can be read by others.
  const env = { PLATFORMS_PASSWORD: `${randomUUID()}aA1!` }
  const secure = 'ConvertTo-SecureString $env:PLATFORMS_PASSWORD -AsPlainText -Force'
  const powershell = (lines: readonly string[]) => runPowerShell(lines, env)
  /** The exit code of `type <path>` for that user. */
  const reads = (path: string) => {
    const script = [
      `$credential = New-Object System.Management.Automation.PSCredential('${name}', (${secure}))`,
      `$ended = Start-Process -Credential $credential -FilePath cmd.exe -ArgumentList '/c type "${path}" > NUL' -WorkingDirectory $env:SystemRoot -WindowStyle Hidden -Wait -PassThru`,
      'exit $ended.ExitCode',
    ]
    return powershell(script).status
  }
  const system = join(variable('SystemRoot'), 'win.ini')
  try {
    await check({
      'another user exists, and can read what everybody can': () => {
        const { status, text } = powershell([`New-LocalUser -Name '${name}' -Password (${secure}) | Out-Null`])
        must(status === 0, text)
        must(reads(system) === 0, `it cannot read ${system}`)
      },
      'another user cannot read the token file': () => must(reads(file) !== 0, 'it can'),
    })
  } finally {
    powershell([`Remove-LocalUser -Name '${name}'`])
  }
}

function runPowerShell(lines: readonly string[], env: Record<string, string>): { status: number; text: string } {
  const script = Buffer.from(["$ErrorActionPreference = 'Stop'", ...lines].join('\r\n'), 'utf16le').toString('base64')
  return run('powershell.exe', ['-NoProfile', '-NonInteractive', '-EncodedCommand', script], { env })
}
