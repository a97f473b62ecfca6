/** The lines of `ecs-services`: `cluster/service`. */

import type { EcsService } from '../../aws/ecs-service.ts'
import { lines } from '../../inputs/fields.ts'
import type { Problems } from '../../inputs/problems.ts'
import { quoted } from '../../text/printable.ts'

/** Source: ECS API reference, CreateService: up to 255 letters, numbers, underscores and hyphens. */
const NAME = /^[\w-]{1,255}$/

/** One service a line. */
export function parseServiceLines(text: string, problems: Problems): EcsService[] {
  return [...new Set(lines(text))].flatMap((line) => {
    const [cluster = '', service = '', ...rest] = line.split('/')
    if (NAME.test(cluster) && NAME.test(service) && rest.length === 0) return [{ cluster, service }]
    problems.add(
      'ecs-services',
      `has the line ${quoted(line, 200)}; each line must be cluster/service, such as prod/inference`,
    )
    return []
  })
}
