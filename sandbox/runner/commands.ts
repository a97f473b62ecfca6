/** Workflow commands (`::error title=…::…`) as the runner finds them in a step's output. */

export interface WorkflowCommand {
  /** `error`, `add-mask`, … */
  name: string
  properties: Record<string, string>
  message: string
}

/** The command on this line, unescaped; `undefined` if the line is plain text. */
export function parseCommand(line: string): WorkflowCommand | undefined {
  const match = /^\s*::([\w-]+)(?: ([^\r\n]*?))?::(.*)$/.exec(line)
  if (!match) return undefined
  const [, name = '', properties = '', message = ''] = match
  return {
    name,
    properties: Object.fromEntries(
      properties
        .split(',')
        .map((property) => property.trim())
        .filter((property) => property.includes('='))
        .map((property) => {
          const at = property.indexOf('=')
          return [property.slice(0, at), unescapeProperty(property.slice(at + 1))]
        }),
    ),
    message: unescapeData(message),
  }
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
}
