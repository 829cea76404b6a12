import { defineOptions, integer, number, oneOf, text } from '../core/options.ts'
import { loadGpt } from '../models/folder.ts'
import { firstTokens, generate, streamDecoder } from '../text/index.ts'
import { defineCommand } from './command.ts'
import { readText } from './io.ts'

export const generateCommand = defineCommand({
  name: 'generate',
  summary: 'write on from a prompt with a trained model',
  examples: [
    'gradus generate --model runs/bard --prompt "ROMEO:" --tokens 200 --temperature 0.8 --top-k 40 --seed 7',
    'gradus generate --model runs/bard --temperature 0',
    'echo -n "To be" | gradus generate --model runs/bard --prompt -',
  ],
  options: defineOptions({
    model: text({ required: true, placeholder: 'DIR', help: 'run or model folder' }),
    prompt: text({
      placeholder: 'TEXT',
      help: 'text to go on from; - reads standard input; a line break unless given',
    }),
    maxNewTokens: integer({ default: 200, min: 0, aliases: ['tokens'], help: 'tokens to write' }),
    temperature: number({ default: 0.8, min: 0, help: 'randomness; 0 takes the most likely token' }),
    topK: integer({ min: 1, help: 'draw from the k most likely tokens' }),
    topP: number({ above: 0, max: 1, help: 'draw from the fewest tokens that reach this probability' }),
    weights: oneOf(['float32', 'float16'], {
      default: 'float32',
      help: 'what the weights are kept in; float16 takes half the memory',
    }),
    seed: integer({ default: 0, min: 0, help: 'the same seed writes the same text' }),
  }),
  positionals: ['model'],
  async run({ options: o, io, json, event, note, stopSignal }) {
    const { model, tokenizer } = await loadGpt(o.model, { dtype: o.weights })
    const prompt = o.prompt === '-' ? await readText(io, '-') : (o.prompt ?? '')
    const ids = prompt === '' ? firstTokens(tokenizer) : tokenizer.encode(prompt)
    note(`seed ${o.seed}`)
    const write = (piece: string): void => {
      if (!json && piece !== '') io.stdout.write(piece)
    }
    write(prompt)
    const decoder = streamDecoder(tokenizer)
    const { temperature, topK, topP, seed, maxNewTokens } = o
    const sampling = {
      temperature,
      seed,
      maxNewTokens,
      ...(topK !== undefined && { topK }),
      ...(topP !== undefined && { topP }),
    }
    let written = ''
    let count = 0
    for await (const id of generate(model, ids, { ...sampling, signal: stopSignal() })) {
      const piece = decoder.push(id)
      written += piece
      count += 1
      write(piece)
      event({ type: 'token', id, text: piece })
    }
    const rest = decoder.flush()
    write(`${rest}\n`)
    event({ type: 'done', prompt, text: written + rest, tokens: count, seed })
  },
})
