/** What a step prints, line by line in the order of arrival: raw, as commands, and as the log shows it. */
import { parseCommand, type WorkflowCommand } from './commands.ts'
import type { Masks } from './masks.ts'

export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  title?: string
  message: string
}

export class Output {
  readonly raw = { stdout: '', stderr: '' }
  readonly commands: WorkflowCommand[] = []
  readonly annotations: Annotation[] = []
  log: string
  readonly #masks: Masks
  readonly #partial = { stdout: '', stderr: '' }
  /** Set between `::stop-commands::<token>` and `::<token>::`. */
  #stopToken: string | undefined

  constructor(masks: Masks, preface: string) {
    this.#masks = masks
    this.log = preface
  }

  write(stream: 'stdout' | 'stderr', text: string): void {
    this.raw[stream] += text
    const lines = (this.#partial[stream] + text).split(/\r?\n/)
    this.#partial[stream] = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  /** Takes the last lines, which end without a line break. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream] !== '') this.#line(this.#partial[stream])
      this.#partial[stream] = ''
    }
  }

  issue(level: Annotation['level'], message: string, title?: string): void {
    this.annotations.push({ level, message, ...(title !== undefined && { title }) })
    this.#show(`${level[0]?.toUpperCase()}${level.slice(1)}: ${message}`)
  }

  /** What the deprecated commands `set-output` and `save-state` set. */
  legacy(name: 'set-output' | 'save-state'): Record<string, string> {
    const commands = this.commands.filter((command) => command.name === name)
    return Object.fromEntries(commands.map(({ properties, message }) => [properties.name ?? '', message]))
  }

  #line(line: string): void {
    const command = parseCommand(line)
    if (this.#stopToken !== undefined) {
      if (command?.name === this.#stopToken) this.#stopToken = undefined
      else this.#show(line)
      return
    }
    if (!command) {
      this.#show(line)
      return
    }
    this.commands.push(command)
    switch (command.name) {
      case 'add-mask':
        this.#masks.add(command.message)
        break
      case 'error':
      case 'warning':
      case 'notice':
        this.issue(command.name, command.message, command.properties.title)
        break
      case 'group':
        this.#show(command.message)
        break
      case 'stop-commands':
        this.#stopToken = command.message
        break
      case 'debug':
      case 'echo':
      case 'endgroup':
      case 'add-matcher':
      case 'remove-matcher':
      case 'set-output':
      case 'save-state':
        break
      case 'set-env':
      case 'add-path':
        this.issue('error', `The \`${command.name}\` command is disabled.`)
        break
      default:
        this.#show(line)
    }
  }

  #show(text: string): void {
    this.log += `${this.#masks.apply(text)}\n`
  }
}
