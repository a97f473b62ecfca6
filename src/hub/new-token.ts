/** How a person creates a token on the Hub: the one place that says which preset to take and what to change in it. */
import { code, link, type Part, prose } from '../text/message.ts'
import { type AskedRights, neededInWords } from './asked-rights.ts'
import { hubPages } from './pages.ts'
import { CLASSIC_PRESET, PRESETS, presetFor } from './preset.ts'

/** What the token is for. */
export interface NewToken extends Pick<AskedRights, 'scopes' | 'permissions'> {
  org: string
  hubEndpoint: string
}

/** What to do on the Hub's token page. `start`: the beginning of the first sentence, before the link. */
export function createToken(token: NewToken, start = 'Create a new fine-grained token at '): Part[] {
  const { org, hubEndpoint } = token
  const preset = presetFor(token)
  const needed = neededInWords(token)
  return [
    prose`${start}${link(hubPages(hubEndpoint).newToken(org, token))}.`,
    preset === undefined
      ? prose`Under "Org permissions", choose ${org} and select only ${needed}. Do not use the preset "${CLASSIC_PRESET}"; it creates a classic token.`
      : prose`The link selects ${org} and the preset "${PRESETS[preset]}", which may contain more or less than you need. On ${org}, select ${needed}. Remove everything else, or list it in ${code('allow')}. Do not use the preset "${CLASSIC_PRESET}"; it creates a classic token.`,
  ]
}
