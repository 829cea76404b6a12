import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineOptions, integer, number, oneOf, text } from '../core/options.ts'
import { DataError } from '../core/errors.ts'
import { loadGpt } from '../models/folder.ts'
import { lossOver, splitText } from '../recipes/gpt.ts'
import { defineCommand } from './command.ts'
import { NotMetError } from './exit-codes.ts'
import { readData } from './read-text.ts'

/** The share that a run kept for validation, from its train.json; another model's is nanoGPT's tenth. */
const valFractionOf = async (folder: string): Promise<number> => {
  const text = await readFile(join(folder, 'train.json'), 'utf8').catch(() => '{}')
  try {
    const { valFraction } = JSON.parse(text) as { valFraction?: unknown }
    return typeof valFraction === 'number' && valFraction > 0 && valFraction < 1 ? valFraction : 0.1
  } catch {
    return 0.1
  }
}

export const evalCommand = defineCommand({
  name: 'eval',
  summary: 'measure a language model on text',
  examples: [
    'gradus eval --model runs/bard --data shakespeare.txt --split val --json',
    'gradus eval --model runs/bard --data other.txt --split all --max-loss 2.5',
  ],
  options: defineOptions({
    model: text({ required: true, placeholder: 'DIR', help: 'run or model folder' }),
    data: text({ required: true, placeholder: 'PATH', help: 'text file, or a folder of them; - is standard input' }),
    split: oneOf(['val', 'train', 'all'], {
      default: 'val',
      help: 'the part that training kept back, the part it saw, or the whole text',
    }),
    valFraction: number({
      above: 0,
      below: 1,
      help: 'share of the text, at its end, that is the val split; as in training unless given',
    }),
    batchSize: integer({ default: 12, min: 1, aliases: ['batch'], help: 'windows computed at once' }),
    maxLoss: number({ min: 0, help: 'exit with 6 when the loss is above this' }),
  }),
  positionals: ['data'],
  async run({ options: o, io, result }) {
    const { model, tokenizer } = await loadGpt(o.model)
    const parts = splitText(await readData(io, o.data), o.valFraction ?? (await valFractionOf(o.model)))
    const content = o.split === 'all' ? parts.train + parts.val : parts[o.split]
    const ids = tokenizer.encode(content)
    if (ids.length < 2)
      throw new DataError(
        `${o.data}: the ${o.split} split has ${ids.length} tokens, and a loss needs two. Give a longer text, or another --split.`,
        { tokens: ids.length },
      )
    const { loss, tokens } = await lossOver(model, o.batchSize)(ids)
    // The first token is not predicted, so its bytes do not count.
    const bytes = new TextEncoder().encode(tokenizer.decode(ids.subarray(1))).length
    const bitsPerByte = (loss * tokens) / Math.LN2 / bytes
    const document = { loss, perplexity: Math.exp(loss), bitsPerByte, tokens, split: o.split, model: o.model }
    result(
      document,
      `loss ${loss.toFixed(4)} nats per token, perplexity ${Math.exp(loss).toFixed(3)}, ${bitsPerByte.toFixed(4)} bits per byte, over ${tokens.toLocaleString('en')} tokens (${o.split})`,
    )
    if (o.maxLoss !== undefined && !(loss <= o.maxLoss))
      throw new NotMetError(`eval: the loss is ${loss.toFixed(4)}, above --max-loss ${o.maxLoss}.`)
  },
})
