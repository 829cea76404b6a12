import { expect, test } from 'vitest'
import * as nn from '../../../src/nn/index.ts'
import { recallAfter } from './delay-task.ts'

// Hochreiter & Schmidhuber 1997, section 5: what an LSTM is for. Delays of 100 are in test/long.

test('an LSTM that begins with a memory as long as the delay learns to recall what it saw 20 steps ago', async () => {
  const layer = (inputSize: number) => nn.lstm(inputSize, 24, { forgetBias: Math.log(20) })
  expect(await recallAfter({ delay: 20, updates: 60, layer })).toBeGreaterThan(0.95)
})
