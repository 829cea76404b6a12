import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { gradus } from '../cli/gradus.ts'

// Minutes long; run by hand with npm run test:long.
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gradus-long-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the small character model reaches 1.90 nats on the last tenth of Tiny Shakespeare', async context => {
  const data = join(process.env.GRADUS_DATA ?? join(root, '..', 'shared', 'data'), 'text', 'tinyshakespeare.txt')
  if (!existsSync(data)) context.skip('no text/tinyshakespeare.txt in GRADUS_DATA or ../shared/data')
  const out = join(folder, 'bard')
  const size = ['--layers', '4', '--heads', '4', '--embed', '128', '--context', '64', '--batch', '12', '--dropout', '0']
  const rate = ['--lr', '1e-3', '--lr-schedule', 'cosine', '--warmup', '100', '--steps', '2000', '--seed', '1337']
  const run = await gradus(['train', 'gpt', '--data', data, '--out', out, ...size, ...rate], {
    env: { GRADUS_THREADS: '2' },
  })
  expect(run.code).toBe(0)
  const [, logged] = /validation loss ([\d.]+)/.exec(run.stderr)!
  const { stdout } = await gradus(['eval', '--model', out, '--data', data, '--split', 'val', '--json'])
  const { loss } = JSON.parse(stdout) as { loss: number }
  expect(loss).toBeLessThanOrEqual(1.9)
  expect(Math.abs(loss - Number(logged))).toBeLessThan(0.02)
}, 900_000)

test('the packed package installs without scripts in an empty folder, and its example and doctor run there', () => {
  const run = (command: string, args: readonly string[], cwd: string): string =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const name = run('npm', ['pack', '--pack-destination', folder], root).trim().split('\n').at(-1)!
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', type: 'module', private: true }))
  run('npm', ['install', '--ignore-scripts', join(folder, name)], app)
  const [example] = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
    match => match[1]!,
  )
  writeFileSync(join(app, 'example.mjs'), example!)
  expect(run(process.execPath, ['example.mjs'], app)).toMatch(/% of 1000 test digits/)
  expect(run('npx', ['gradus', 'doctor'], app)).toContain('engine native (in use): works')
  writeFileSync(join(app, 'example.ts'), `${example}\nexport {}\n`)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  for (const [resolution, module] of [
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ] as const) {
    run(
      process.execPath,
      [
        tsc,
        '--strict',
        '--noEmit',
        '--target',
        'es2023',
        '--module',
        module,
        '--moduleResolution',
        resolution,
        'example.ts',
      ],
      app,
    )
  }
}, 300_000)
