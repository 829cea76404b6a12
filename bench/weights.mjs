// Time per generated token at GPT-2's size by what the weights are kept in, interleaved, and what that costs in perplexity where a trained model is given.
import { readFile } from 'node:fs/promises'
import { Gpt, loadLanguageModel } from 'gradus/models'
import { Decoder, sample, textLoss } from 'gradus/text'
import { promptOf } from './gpt2-generate.mjs'
import { median, table } from './table.mjs'
import { initialize } from './training.mjs'

export const summary =
  'generation at GPT-2 124M by what the weights are kept in; with --model and --data the perplexity of each'
export const options = {
  rounds: { default: '7', help: 'turns of each, of which the median counts' },
  steps: { default: '20', help: 'tokens in a turn' },
  model: { default: '', words: true, help: 'folder of a trained model whose perplexity to compare' },
  data: { default: '', words: true, help: 'text to measure it on' },
}

const kinds = ['float32', 'float16', 'int8', 'int4']
const size = { vocabSize: 50257, contextLength: 1024, numLayers: 12, numHeads: 12, embedDim: 768 }

const turns = async kind => {
  const model = new Gpt({ ...size, dropout: 0 })
  initialize(model, 0.035)
  const begin = performance.now()
  model.to(kind)
  const packing = performance.now() - begin
  const decoder = new Decoder(model)
  const likeliest = logits => sample(logits, { temperature: 0 }, 0)
  let token = likeliest(await decoder.start(promptOf({ ...size, prompt: 16 })))
  for (let i = 0; i < 5; i++) token = likeliest(await decoder.next(token))
  return {
    packing,
    turn: async steps => {
      const from = performance.now()
      for (let i = 0; i < steps; i++) token = likeliest(await decoder.next(token))
      return (performance.now() - from) / steps
    },
  }
}

const perplexities = async (folder, data) => {
  const text = await readFile(data, 'utf8')
  const found = []
  for (const dtype of kinds) {
    const { model, tokenizer } = await loadLanguageModel(folder, { dtype })
    const { perplexity, tokens } = await textLoss(model, tokenizer.encode(text, { specialTokens: false }))
    found.push({ perplexity, tokens })
  }
  return found
}

export const run = async ({ rounds, steps, model, data }, note) => {
  const all = []
  for (const kind of kinds) all.push(await turns(kind))
  const times = kinds.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, { turn }] of all.entries()) times[i].push(await turn(Number(steps)))
    note(`round ${round + 1}`)
  }
  const medians = times.map(median)
  const losses = model ? await perplexities(model, data) : null
  const rows = kinds.map((kind, i) => [
    kind,
    medians[i].toFixed(2),
    (medians[0] / medians[i]).toFixed(2),
    ...(losses
      ? [losses[i].perplexity.toFixed(4), `${((losses[i].perplexity / losses[0].perplexity - 1) * 100).toFixed(3)} %`]
      : []),
  ])
  return {
    title: 'GPT-2 124M: one token after another by weights',
    text: table(['weights', 'ms/token', 'times faster', ...(losses ? ['perplexity', 'above float32'] : [])], rows),
    versions: {},
    raw: { kinds, times, losses },
  }
}
