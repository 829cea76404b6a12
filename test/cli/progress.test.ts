import { describe, expect, test } from 'vitest'
import { Progress, type ProgressOutput, type ProgressSettings } from '../../src/cli/progress.ts'
import { count, duration, metric, type ProgressState, plainLine, terminalLine } from '../../src/cli/progress-line.ts'
import { Captured } from './memory-io.ts'

const state: ProgressState = {
  step: 1200,
  total: 5000,
  msPerStep: 24.3,
  items: { name: 'tok', perStep: 29_160 },
  metrics: [
    ['loss', 1.8342],
    ['val', 1.912],
    ['lr', 2.9e-4],
  ],
}

describe('the line', () => {
  test('tells everything, the bar only on a terminal', () => {
    expect(plainLine(state)).toBe(
      'step 1200/5000  24 %  1:33 left  24 ms/step  1.2M tok/s  loss 1.83  val 1.91  lr 2.9e-4',
    )
    expect(terminalLine(state, 97)).toBe(
      'step 1200/5000 ━━─────── 24 %  1:33 left  24 ms/step  1.2M tok/s  loss 1.83  val 1.91  lr 2.9e-4',
    )
  })

  test.each([
    [
      120,
      'step 1200/5000 ━━━━━━━─────────────────────── 24 %  1:33 left  24 ms/step  1.2M tok/s  loss 1.83  val 1.91  lr 2.9e-4',
    ],
    [80, 'step 1200/5000 ━━━──────────── 24 %  1:33 left  24 ms/step  loss 1.83  val 1.91'],
    [60, 'step 1200/5000  24 %  1:33 left  loss 1.83  val 1.91'],
    [40, 'step 1200/5000  1:33 left  loss 1.83'],
    [20, 'step 1200/5000'],
    [8, 'step 12'],
  ])('leaves out what matters least where the terminal has %i columns', (columns, line) => {
    expect(terminalLine(state, columns)).toBe(line)
  })

  test('never reaches the last column', () => {
    for (let columns = 1; columns < 160; columns++) expect(terminalLine(state, columns).length).toBeLessThan(columns)
  })

  test('paints the done part of the bar and nothing else', () => {
    expect(terminalLine({ ...state, step: 5000, msPerStep: undefined, metrics: [] }, 29, (a, b) => `<${a}>${b}`)).toBe(
      'step 5000/5000 <━━━━━━━> 100 %',
    )
  })

  test('writes numbers short', () => {
    expect([0, 59_001, 61_000, 3_600_000, 100 * 3_600_000].map(duration)).toEqual([
      '0:00',
      '1:00',
      '1:01',
      '1:00:00',
      '100:00:00',
    ])
    expect([0, 850.4, 1234, 12_345, 1.2e6, 3e9].map(count)).toEqual(['0', '850', '1.2k', '12k', '1.2M', '3.0G'])
    expect([0, 1.8342, 12.345, 123.45, 4567.8, 1e-3, 2.94e-4, -0.5, 2.5e7, Number.NaN, Infinity].map(metric)).toEqual([
      '0',
      '1.83',
      '12.3',
      '123',
      '4568',
      '1e-3',
      '2.9e-4',
      '-0.500',
      '2.5e7',
      'NaN',
      'Infinity',
    ])
  })
})

/** Progress on a clock that the test sets. */
const started = (settings: ProgressSettings, output: Partial<ProgressOutput> = {}, terminal = false) => {
  const clock = { time: 0 }
  const out = new Captured(terminal ? { isTTY: true, columns: 60 } : {})
  const progress = new Progress(settings, { out, now: () => clock.time, ...output })
  return { clock, out, progress }
}

describe('progress into a file or a pipe', () => {
  test('is a plain line at the first and the last step, at each evaluation, and every ten seconds', () => {
    const { clock, out, progress } = started({ total: 1000 })
    for (let step = 1; step <= 1000; step++) {
      clock.time += 25
      progress.update(step, { loss: 1000 / step, lr: 0.1 })
      if (step === 200) progress.evaluated(step, { val: 5.5 })
    }
    progress.done()
    expect(out.text).toBe(
      `${[
        'step 1/1000  0 %  loss 1000  lr 0.100',
        'step 200/1000  20 %  0:20 left  25 ms/step  loss 5.00  val 5.50  lr 0.100',
        'step 600/1000  60 %  0:10 left  25 ms/step  loss 1.67  val 5.50  lr 0.100',
        'step 1000/1000  100 %  25 ms/step  loss 1.00  val 5.50  lr 0.100',
      ].join('\n')}\n`,
    )
  })

  test('ends with the step that an early end has reached, once', () => {
    const { out, progress } = started({ total: 9 })
    progress.update(1)
    progress.update(2)
    progress.done()
    progress.done()
    progress.update(3)
    expect(out.text).toBe('step 1/9  11 %\nstep 2/9  22 %\n')
  })

  test('does not write the last step twice when it was evaluated', () => {
    const { out, progress } = started({ total: 1 })
    progress.evaluated(1, { val: 2 })
    progress.done()
    expect(out.text).toBe('step 1/1  100 %  val 2.00\n')
  })

  test('has a line for every step with verbose, on a terminal too', () => {
    const { out, progress } = started({ total: 3 }, { verbose: true }, true)
    for (const step of [1, 2, 3]) progress.update(step)
    progress.done()
    expect(out.text).toBe('step 1/3  33 %\nstep 2/3  66 %\nstep 3/3  100 %\n')
  })

  test('is nothing at all with quiet, messages included', () => {
    for (const terminal of [true, false]) {
      const { out, progress } = started({ total: 1 }, { quiet: true }, terminal)
      progress.update(1)
      progress.note('seed 7')
      progress.done()
      expect(out.text).toBe('')
    }
  })
})

describe('progress on a terminal', () => {
  const drawn = (out: Captured): string[] => out.text.split('\r\x1b[K').slice(1)

  test('is one line, redrawn at most ten times a second', () => {
    const { clock, out, progress } = started({ total: 1000 }, {}, true)
    for (let step = 1; step <= 1000; step++) {
      progress.update(step)
      clock.time += 1
    }
    progress.done()
    expect(drawn(out)).toHaveLength(11)
    expect(out.text.split('\n')).toHaveLength(2)
    expect(drawn(out).at(-1)).toBe('step 1000/1000 ━━━━━━━━━━━━━━━━━━━━━━━━━ 100 %  1.0 ms/step\n')
  })

  test('makes room for a message and is drawn again below it', () => {
    const { out, progress } = started({ total: 2 }, {}, true)
    progress.note('seed 7')
    progress.update(1, { loss: 2 })
    progress.note('saved')
    const line = 'step 1/2 ━━━━━━━━━━━━━━━─────────────── 50 %  loss 2.00'
    expect(out.text).toBe(`seed 7\n\r\x1b[K${line}\r\x1b[Ksaved\n\r\x1b[K${line}`)
  })

  test('has a coloured bar where colour is wanted', () => {
    const { out, progress } = started({ total: 2 }, { color: true }, true)
    progress.update(1)
    expect(out.text).toBe('\r\x1b[Kstep 1/2 \x1b[32m━━━━━━━━━━━━━━━\x1b[39m─────────────── 50 %')
  })

  test('writes nothing when no step was taken', () => {
    const { out, progress } = started({ total: 2 }, {}, true)
    progress.done()
    expect(out.text).toBe('')
  })
})

describe('the speed', () => {
  test('forgets a slow first step, and does not count evaluations', () => {
    const { clock, out, progress } = started({ total: 100, items: { name: 'tok', perStep: 100 } }, { verbose: true })
    const wait = (ms: number) => {
      clock.time += ms
    }
    wait(60_000)
    progress.update(1)
    wait(200)
    progress.update(2)
    wait(5_000)
    progress.evaluated(2, { val: 1 })
    wait(200)
    progress.update(3)
    expect(out.text.trimEnd().split('\n').at(-1)).toBe('step 3/100  3 %  0:20 left  200 ms/step  500 tok/s  val 1.00')
  })

  test('is that of the last ten seconds', () => {
    const { clock, out, progress } = started({ total: 200 }, { verbose: true })
    for (let step = 1; step <= 120; step++) {
      clock.time += step <= 100 ? 1000 : 2000
      progress.update(step)
    }
    expect(out.text.trimEnd().split('\n').at(-1)).toBe('step 120/200  60 %  2:40 left  2.0 s/step')
  })
})
