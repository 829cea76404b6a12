import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { type Studio as StudioServer, startStudio } from '../../src/serve/studio.ts'

// Pages of the built studio in Debian's Chromium, served as `gradus studio` serves them.

const executable = '/usr/bin/chromium'
/** The built app; elsewhere than in dist for trying out. */
export const app = process.env.GRADUS_STUDIO ?? fileURLToPath(new URL('../../dist/studio/app', import.meta.url))

/** What `window.__studio.snapshot()` gives. */
export interface Snapshot {
  readonly lab: string
  readonly state: string
  readonly step: number
  readonly loss: number | null
  readonly metrics: Readonly<Record<string, number>>
  readonly seed: number | null
  readonly settings: Readonly<Record<string, unknown>>
  readonly engine: string
  readonly error: string | null
  // biome-ignore lint/suspicious/noExplicitAny: what a lab says of itself is plain data of its own shape.
  readonly facts: Readonly<Record<string, any>>
}

/** A page with a lab, and what went wrong in it. */
export interface LabPage {
  readonly page: Page
  /** Errors of the page and of its console. */
  readonly errors: string[]
  /** Addresses of other hosts that were asked for. */
  readonly foreign: string[]
  snapshot(): Promise<Snapshot>
  series(): Promise<Record<string, number[]>>
  /** Waits until the run stands still and everything is drawn. */
  idle(): Promise<void>
  ask<T>(question: unknown): Promise<T>
  set(settings: object): Promise<void>
  /** Presses Play, and waits until the run has ended. */
  play(): Promise<Snapshot>
  /** Does so many steps. */
  step(count: number): Promise<Snapshot>
}

export interface Studio {
  readonly browser: Browser
  readonly server: StudioServer
  /** Opens `?lab=…` with these words of the address: `mlp&dataSet=xor`. */
  open(
    query: string,
    options?: { readonly width?: number; readonly height?: number; readonly colorScheme?: 'light' | 'dark' },
  ): Promise<LabPage>
}

const found = existsSync(executable) && existsSync(app)

/** Tests of pages, with a browser and a server for all of them. Skipped, saying so, without Chromium or before a build. */
export const describeStudio = (name: string, tests: (studio: () => Studio) => void): void => {
  describe.skipIf(!found)(`${name} (skipped without /usr/bin/chromium or before a build)`, () => {
    let studio: Studio
    beforeAll(async () => {
      studio = await openStudio()
    }, 60_000)
    afterAll(async () => {
      await studio?.browser.close()
      await studio?.server.close()
    })
    tests(() => studio)
  })
}

/** What Chromium is started with: WebGL in software, everything else drawn by the processor at once. */
const usual = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
]

/** A browser and a server; `args` for a browser that lacks something. */
export const openStudio = async (args: readonly string[] = ['--js-flags=--expose-gc']): Promise<Studio> => {
  const server = await startStudio({ app, port: 0, runs: join(tmpdir(), 'gradus-no-runs') })
  const browser = await chromium.launch({ executablePath: executable, headless: true, args: [...usual, ...args] })
  return {
    browser,
    server,
    async open(query, { width = 1440, height = 900, colorScheme = 'light' } = {}) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme })
      const [errors, foreign]: [string[], string[]] = [[], []]
      page.on('pageerror', error => errors.push(error.message))
      page.on('console', said => said.type() === 'error' && errors.push(said.text()))
      page.on('request', request => {
        const url = request.url()
        if (!/^(data|blob):/.test(url) && !url.startsWith(server.url)) foreign.push(url)
      })
      const address = query === '' ? '' : /^(tool|lab)=/.test(query) ? `?${query}` : `?lab=${query}`
      await page.goto(server.url + address)
      const lab: LabPage = {
        page,
        errors,
        foreign,
        snapshot: () => page.evaluate(() => window.__studio.snapshot()) as Promise<Snapshot>,
        series: () => page.evaluate(() => window.__studio.series()) as Promise<Record<string, number[]>>,
        idle: () => page.evaluate(() => window.__studio.idle()),
        ask: <T>(question: unknown) => page.evaluate(q => window.__studio.ask(q), question) as Promise<T>,
        set: async settings => {
          await page.evaluate(s => window.__studio.set(s), settings)
          await lab.idle()
        },
        play: async () => {
          await page.getByRole('button', { name: 'Play' }).click()
          await lab.idle()
          return lab.snapshot()
        },
        step: async count => {
          for (let i = 0; i < count; i++) {
            await page.getByRole('button', { name: 'Step', exact: true }).click()
            await lab.idle()
          }
          return lab.snapshot()
        },
      }
      await lab.idle()
      return lab
    },
  }
}

/** The labs there are, by their folders. */
export const labs: readonly string[] = readdirSync(fileURLToPath(new URL('../../studio/labs', import.meta.url)), {
  withFileTypes: true,
})
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name)
  .sort()

export type { Page }
