import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gradus } from './gradus.ts'

const at = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gradus-studio-command-'))
beforeAll(() => {
  if (!existsSync(at('studio/app/index.html'))) {
    throw new Error('dist/studio/app is missing: run npm run build first (npm test does).')
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Going {
  readonly out: () => string
  readonly err: () => string
  /** Waits until standard output or error matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  end(signal: NodeJS.Signals): Promise<number | null>
}

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Going => {
  const child = spawn(process.execPath, [at('cli/main.js'), 'studio', ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  })
  let [out, err] = ['', '']
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  child.stdout.on('data', part => {
    out += part
  })
  child.stderr.on('data', part => {
    err += part
  })
  return {
    out: () => out,
    err: () => err,
    until: async pattern => {
      for (;;) {
        const found = pattern.exec(out) ?? pattern.exec(err)
        if (found) return found
        if (child.exitCode !== null) throw new Error(`It has ended: ${out}${err}`)
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    },
    end: signal => {
      child.kill(signal)
      return ended
    },
  }
}

test('says its address and the runs folder, serves both, and ends well with Ctrl-C', async () => {
  mkdirSync(join(folder, 'runs', 'a'), { recursive: true })
  writeFileSync(join(folder, 'runs', 'a', 'metrics.jsonl'), '{"type":"step","step":3,"loss":1}\n')
  const studio = start(['--port', '0'])
  const [url] = await studio.until(/^http:\/\/127\.0\.0\.1:\d+\/$/m)
  expect(studio.out()).toBe(`${url}\n`)
  await studio.until(/Ctrl-C ends/)
  expect(studio.err()).toBe(`runs in ${join(folder, 'runs')}; Ctrl-C ends the studio\n`)
  expect(await (await fetch(url)).text()).toBe(readFileSync(at('studio/app/index.html'), 'utf8'))
  const { runs } = (await (await fetch(`${url}api/runs`)).json()) as { runs: unknown }
  expect(runs).toMatchObject([{ name: 'a', step: 3, loss: 1 }])
  expect(await studio.end('SIGINT')).toBe(130)
  expect(studio.err()).toMatch(/ends the studio\nInterrupted: .*\n$/)
})

test('with --json gives its address as JSON, takes another folder of runs, and ends well when asked to', async () => {
  mkdirSync(join(folder, 'other'))
  const studio = start(['--port', '0', '--runs', 'other', '--json', '--quiet'])
  await studio.until(/\n/)
  const { url, port, runs } = JSON.parse(studio.out()) as { url: string; port: number; runs: string }
  expect([url, runs]).toEqual([`http://127.0.0.1:${port}/`, join(folder, 'other')])
  expect(await (await fetch(`${url}api/runs`)).json()).toEqual({ folder: join(folder, 'other'), runs: [] })
  expect(await studio.end('SIGTERM')).toBe(143)
  expect(studio.err()).toBe('')
})

test('a port that is taken is a mistake of the call, told in one line', async () => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const ended = await gradus(['studio', '--port', String(port)], { cwd: folder })
  other.close()
  expect([ended.code, ended.stdout, ended.stderr]).toEqual([
    2,
    '',
    `error: studio: port ${port} is taken, perhaps by another studio. Give another one with --port, or --port 0 for any that is free.\n`,
  ])
})

test('a port that cannot be is refused', async () => {
  const { code, stderr } = await gradus(['studio', '--port', '65536'])
  expect([code, stderr]).toEqual([2, 'error: studio: --port must be an integer from 0 to 65535; got 65536.\n'])
})

test.skipIf(process.platform !== 'linux')('--open opens the browser, and goes on where it cannot', async () => {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const path = join(bin, 'xdg-open')
  const script = (body: string): void => {
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, 0o755)
  }
  const env = { PATH: [bin, process.env.PATH].join(delimiter) }
  script(`echo "$1" > ${join(folder, 'opened')}`)
  const opened = start(['--port', '0', '--open'], env)
  const [url] = await opened.until(/^http:.*$/m)
  while (!existsSync(join(folder, 'opened'))) await new Promise(resolve => setTimeout(resolve, 10))
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(readFileSync(join(folder, 'opened'), 'utf8')).toBe(`${url}\n`)
  expect(await opened.end('SIGINT')).toBe(130)

  script('exit 3')
  const failing = start(['--port', '0', '--open'], env)
  const [, shown] = await failing.until(
    /The browser could not be opened: xdg-open ended with code 3\. Open (\S+) in it\./,
  )
  expect((await fetch(shown!)).status).toBe(200)
  expect(await failing.end('SIGINT')).toBe(130)

  const absent = start(['--port', '0', '--open'], { PATH: join(folder, 'nothing') })
  await absent.until(/The browser could not be opened: xdg-open is not installed\. Open http:\S+ in it\./)
  expect(await absent.end('SIGINT')).toBe(130)
})
