/** Debian's Chromium without a window: opens one summary after the other, measures it and takes its picture. */
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser as Chromium, chromium, type Page } from 'playwright-core'
import { projectRoot } from '../../sandbox/root.ts'
import { need } from '../system.ts'
import { page, WIDTH } from './render.ts'

/** What is wrong with a page: a kind, which is counted, and where it is seen. */
export type Finding = [kind: string, what: string]

/** Where links of ours lead. The sandbox's Hub is on loopback. */
const KNOWN_HOSTS = ['github.com', 'githubstatus.com', 'huggingface.co', 'aws.amazon.com', '127.0.0.1']

/** Not TypeScript: only this file knows the DOM. */
const MEASURE = readFileSync(join(projectRoot, 'scripts', 'page', 'measure.js'), 'utf8')

function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
}

export class Browser {
  readonly #chromium: Chromium
  readonly #page: Page
  #requests: string[] = []

  private constructor(chromium: Chromium, page: Page) {
    this.#chromium = chromium
    this.#page = page
    page.on('request', (request) => this.#requests.push(request.url()))
  }

  /** Starts Chromium, which is installed first where this runs as root on Debian or Ubuntu. */
  static async start(): Promise<Browser> {
    // Without fonts there is nothing to measure.
    const packages = ['chromium', 'fonts-liberation', 'fonts-dejavu-core']
    need('the checks of the page', [{ name: 'Chromium', works: () => findChromium() !== undefined, packages }])
    const browser = await chromium.launch({
      executablePath: findChromium() ?? 'chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 600 }, offline: true })
    return new Browser(browser, page)
  }

  /** Opens a summary and returns what is wrong with it; `picture`: the PNG file to write. */
  async look(
    markdown: string,
    { hostile = false, picture }: { hostile?: boolean; picture?: string },
  ): Promise<Finding[]> {
    this.#requests = []
    await this.#page.setContent(page(markdown))
    // Before the measurement, which opens what is folded.
    if (picture) await this.#page.screenshot({ path: picture, fullPage: true })
    const options = JSON.stringify({ hostile, knownHosts: KNOWN_HOSTS })
    const findings: Finding[] = await this.#page.evaluate(`${MEASURE}\nmeasure(${options})`)
    return [...findings, ...this.#requests.map((url): Finding => ['a request to the network', url])]
  }

  /** Whether the page that was opened last shows this text, spaces aside. */
  async shows(text: string): Promise<boolean> {
    const shown: string = await this.#page.evaluate('document.querySelector("article").textContent')
    const letters = (value: string) => value.replace(/\s|\\u\{[\da-f]+\}/g, '')
    return letters(shown).includes(letters(text))
  }

  async close(): Promise<void> {
    await this.#chromium.close()
  }
}
