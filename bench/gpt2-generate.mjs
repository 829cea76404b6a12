import { Gpt } from 'gradus/models'
import { Decoder, sample } from 'gradus/text'
import { batchSeed, integers } from './numbers.mjs'
import { initialize } from './training.mjs'

const size = { vocabSize: 50257, contextLength: 1024, numLayers: 12, numHeads: 12, embedDim: 768, prompt: 16 }
export const workload = {
  summary: 'generation with GPT-2 (124 million parameters), one token after another, the likeliest each time',
  cases: [{ size, units: 1 }],
  unit: 'tokens/s',
  settings: { rounds: 5, steps: 20, warmup: 10, limit: 3000 },
  torch: { eager: {}, compile: { compile: true } },
  peers: ['transformers'],
}

export const promptOf = ({ prompt, vocabSize }) => integers(batchSeed(0), prompt, vocabSize)

export const gradus = async ({ prompt, ...config }) => {
  const model = new Gpt({ ...config, dropout: 0 })
  initialize(model, 0.035)
  const decoder = new Decoder(model)
  const likeliest = logits => sample(logits, { temperature: 0 }, 0)
  let token = likeliest(await decoder.start(promptOf({ prompt, ...config })))
  return {
    parameters: model.parameterCount(),
    step: async () => {
      token = likeliest(await decoder.next(token))
      return token
    },
  }
}
