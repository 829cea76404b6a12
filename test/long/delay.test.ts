import { describe, expect, test } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { recallAfter } from '../nn/recurrent/delay-task.ts'

// One of four symbols is to be recalled after 100 others: guessing is right in a quarter of the cases.

describe.skipIf(!process.env.GRADUS_TEST_LONG)('after a delay of 100 steps', () => {
  const delay = 100
  const updates = 300

  test('an LSTM knows what it saw', { timeout: 300_000 }, async () => {
    const layer = (inputSize: number) => nn.lstm(inputSize, 32, { forgetBias: Math.log(delay) })
    expect(await recallAfter({ delay, updates, layer })).toBe(1)
  })

  test('a plain recurrent layer guesses', { timeout: 300_000 }, async () => {
    expect(await recallAfter({ delay, updates, layer: inputSize => nn.rnn(inputSize, 32) })).toBeLessThan(0.4)
  })
})
