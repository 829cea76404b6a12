import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import { trainDetectorCommand } from '../../src/cli/train-detector.ts'
import { decodeImage } from '../../src/vision/codec.ts'
import { type MemoryIo, memoryIo } from '../cli/memory-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-train-detector-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const small = [
  '--size',
  '32',
  '--width',
  '4',
  '--batch',
  '8',
  '--max-objects',
  '2',
  '--steps',
  '6',
  '--eval-every',
  '3',
]
const few = ['--val-scenes', '4', '--test-scenes', '9', '--warmup', '1']
const run = async (args: readonly string[]): Promise<{ code: number; io: MemoryIo }> => {
  const io = memoryIo({ cwd: folder })
  return { code: await runCli(['train', 'detector', ...small, ...few, ...args], [trainDetectorCommand], io), io }
}

describe('gradus train detector', () => {
  test('writes a run folder and a picture, and tells the precision on test scenes', async () => {
    const out = join(folder, 'run')
    const { code, io } = await run(['--out', out, '--picture', 'found.png', '--json'])
    expect(io.stderr.text).not.toContain('error')
    expect(code).toBe(0)
    const events = io.stdout.text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events.map(e => e.type)).toEqual(['step', 'step', 'step', 'eval', 'step', 'step', 'step', 'eval', 'done'])
    const { test: scores, ...done } = events.at(-1)
    expect(done).toEqual({ type: 'done', step: 6, loss: events.at(-3).loss, bestStep: done.bestStep, out })
    expect(Object.keys(scores)).toEqual(['mAP50', 'mAP', 'loss', 'byClass'])
    expect(Object.keys(scores.loss)).toEqual(['total', 'box', 'objectness', 'class'])
    expect(scores.byClass.map(({ name }: { name: string }) => name)).toEqual([
      'circle',
      'square',
      'triangle',
      'ring',
      'cross',
    ])
    expect(io.stderr.text).toMatch(/test mAP@0\.5 \d\.\d{4}, mAP@\[\.5:\.95\] \d\.\d{4} over 9 scenes/)
    for (const name of ['config.json', 'model.safetensors', 'train.json', 'metrics.jsonl'])
      expect(existsSync(join(out, name)), name).toBe(true)
    // Nine scenes of 32 pixels, five times as large, in rows of four with gaps of 5.
    const { width, height } = await decodeImage(readFileSync(join(folder, 'found.png')), { name: 'found.png' })
    expect([width, height]).toEqual([4 * 165 + 5, 3 * 165 + 5])
  })

  test('goes on with its own checkpoints only', async () => {
    const out = join(folder, 'resumed')
    expect((await run(['--out', out])).code).toBe(0)
    const longer = await run(['--out', out, '--steps', '8', '--resume'])
    expect(longer.io.stderr.text).toContain('resuming from')
    expect(longer.code).toBe(0)
    expect(longer.io.stdout.text).toBe(`${out}\n`)
    const other = await run(['--out', out, '--steps', '9', '--width', '5', '--resume'])
    expect(other.code).toBe(4)
    const checkpoint = join(out, 'checkpoint-8')
    expect(other.io.stderr.text).toContain(
      `error: train detector: ${checkpoint} holds another model. Resume with the options that it was begun with (--config ${join(checkpoint, 'train.json')}), or train anew with another --out.`,
    )
  })

  test('tries one update without writing anything', async () => {
    const out = join(folder, 'dry')
    const { code, io } = await run(['--out', out, '--dry-run'])
    expect(code).toBe(0)
    expect(io.stdout.text).toMatch(/^one update done: images \[8,3,32,32\], loss \d+\.\d{4}; nothing was written\n$/)
    expect(existsSync(out)).toBe(false)
  })

  test('refuses options that contradict each other', async () => {
    const { code, io } = await run(['--out', join(folder, 'both'), '--resume', '--overwrite'])
    expect(code).toBe(2)
    expect(io.stderr.text).toContain('train detector: --resume and --overwrite contradict each other.')
  })
})
