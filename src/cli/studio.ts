import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineOptions, flag, integer, text } from '../core/options.ts'
import { ArgumentError } from '../core/errors.ts'
import { defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'

const options = defineOptions({
  port: integer({ default: 4280, min: 0, max: 65_535, help: 'where to listen; 0 is any port that is free' }),
  open: flag({ help: 'open the page in the browser of this system' }),
  runs: text({ default: 'runs', placeholder: 'DIR', help: 'the folder whose runs the page shows' }),
})

/** Where the build puts the page. */
const app = fileURLToPath(new URL('../studio/app', import.meta.url))

export const studioCommand = defineCommand({
  name: 'studio',
  summary: 'open the studio: labs in the browser, and the curves of your runs',
  examples: ['gradus studio', 'gradus studio --open --runs runs', 'gradus studio --port 0 --json'],
  options,
  async run({ options: o, io, note, result, stopSignal }) {
    const runs = resolve(io.cwd, o.runs)
    const { startStudio } = await import('../serve/studio.ts')
    const signal = stopSignal()
    const studio = await startStudio({ app, runs, port: o.port }).catch(error => {
      throw error instanceof ArgumentError ? new UsageError(error.message) : error
    })
    note(`runs in ${runs}; Ctrl-C ends the studio`)
    result({ url: studio.url, port: studio.port, runs }, studio.url)
    if (o.open)
      openBrowser(studio.url, io.env, why => note(`The browser could not be opened: ${why}. Open ${studio.url} in it.`))
    if (!signal.aborted) await once(signal, 'abort')
    await studio.close()
  },
})

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

const openBrowser = (url: string, env: NodeJS.ProcessEnv, failed: (why: string) => void): void => {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true, env })
  child.on('error', (error: NodeJS.ErrnoException) =>
    failed(error.code === 'ENOENT' ? `${program} is not installed` : error.message),
  )
  child.on('exit', code => {
    if (code) failed(`${program} ended with code ${code}`)
  })
  child.unref()
}
