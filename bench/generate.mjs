// Time per generated token by position: with the key/value cache it must not grow.
import { setSeed } from 'gradus'
import { Gpt } from 'gradus/models'
import { Decoder } from 'gradus/text'
import { median, table } from './table.mjs'

export const summary = 'time per generated token at the beginning and the end of a context of 1,024'
export const options = {
  steps: { default: '1000', help: 'tokens to generate, at most 1,000' },
}

export const run = async ({ steps }, note) => {
  setSeed(1)
  const model = new Gpt({ vocabSize: 65, contextLength: 1024, numLayers: 4, numHeads: 4, embedDim: 128, dropout: 0 })
  const decoder = new Decoder(model)
  await decoder.start([1, 2, 3])
  const times = []
  for (let i = 0; i < Math.min(steps, 1000); i++) {
    const begin = performance.now()
    await decoder.next(i % 65)
    times.push(performance.now() - begin)
    if (i % 250 === 249) note(`token ${i + 1}`)
  }
  const tenth = Math.max(1, Math.floor(times.length / 10))
  const parts = Array.from({ length: Math.floor(times.length / tenth) }, (_, i) =>
    times.slice(i * tenth, (i + 1) * tenth),
  )
  const rows = parts.map((part, i) => [`${3 + i * tenth} to ${2 + (i + 1) * tenth}`, median(part).toFixed(3)])
  return {
    title: `GPT generation, ${model.parameterCount()} parameters: median time per token`,
    text: table(['position', 'ms/token'], rows),
    versions: {},
    raw: { times },
  }
}
