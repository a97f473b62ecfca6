/** The Hub's own description of whoami-v2, as a check. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { projectRoot } from '../../sandbox/root.ts'

/** Says what is wrong with a whoami answer; an empty list is a good one. */
export async function whoamiSchema(): Promise<(body: unknown) => string[]> {
  const schema = JSON.parse(await readFile(join(projectRoot, 'sandbox', 'hub', 'whoami-v2.schema.json'), 'utf8'))
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  formats.default(ajv)
  const validate: ValidateFunction = ajv.compile(schema)
  return (body) => (validate(body) ? [] : [ajv.errorsText(validate.errors)])
}
