import { defineOptions, integer, integers, oneOf, text } from '../core/options.ts'
import { fewShotScores, parseFewShotItems } from '../finetune/index.ts'
import { loadLanguageModel } from '../models/language-folder.ts'
import { defineCommand } from './command.ts'
import { readData } from './read-text.ts'

const options = defineOptions({
  model: text({ required: true, placeholder: 'PATH', help: 'run or model folder, of adapters too, or a GGUF file' }),
  data: text({
    required: true,
    placeholder: 'FILE',
    help: 'questions, JSON Lines of input, output and, where one of several is right, choices; - is standard input',
  }),
  examples: text({
    placeholder: 'FILE',
    help: 'solved ones to show, of the same form; drawn from the other questions unless given',
  }),
  shots: integers({ default: [0, 4], min: 0, help: 'how many to show; each number is scored' }),
  instruction: text({ placeholder: 'TEXT', help: 'what is to be done, before the examples' }),
  template: text({
    default: 'Input: {input}\\nOutput: {output}',
    placeholder: 'TEXT',
    help: 'how a question and its answer are written; \\n is a line break',
  }),
  separator: text({ default: '\\n\\n', placeholder: 'TEXT', help: 'what stands between two; \\n is a line break' }),
  limit: integer({ min: 1, help: 'ask the first questions alone' }),
  batchSize: integer({ default: 16, min: 1, aliases: ['batch'], help: 'texts computed at once' }),
  tokenizer: text({ placeholder: 'PATH', help: "file or folder of the tokenizer; the model's own unless given" }),
  adapter: text({ placeholder: 'DIR', help: 'folder of adapters for the model' }),
  weights: oneOf(['float32', 'float16', 'int8', 'int4'], { default: 'float32', help: 'what the weights are kept in' }),
  seed: integer({ default: 0, min: 0, help: 'the same seed shows the same examples' }),
})

const unescaped = (given: string): string => given.replaceAll('\\n', '\n').replaceAll('\\t', '\t')
const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`)

export const evalFewShotCommand = defineCommand({
  name: 'eval few-shot',
  summary: 'measure how a language model solves a task with and without examples before each question',
  examples: [
    'gradus eval few-shot --model gpt2 --data capitals.jsonl --shots 0,1,4,8',
    "gradus eval few-shot --model runs/bard --data moods.jsonl --template '{input} -> {output}' --separator '\\n' --json",
  ],
  options,
  positionals: ['data'],
  async run({ options: o, io, note, result }) {
    const all = parseFewShotItems(await readData(io, o.data), o.data)
    const items = o.limit === undefined ? all : all.slice(0, o.limit)
    const pool = o.examples === undefined ? all : parseFewShotItems(await readData(io, o.examples), o.examples)
    const { model, tokenizer, stopTokens } = await loadLanguageModel(o.model, {
      dtype: o.weights,
      ...(o.tokenizer !== undefined && { tokenizer: o.tokenizer }),
      ...(o.adapter !== undefined && { adapter: o.adapter }),
    })
    note(`seed ${o.seed}`)
    const scores = await fewShotScores(model, tokenizer, items, {
      shots: o.shots,
      examples: pool,
      template: unescaped(o.template),
      separator: unescaped(o.separator),
      ...(o.instruction !== undefined && { instruction: unescaped(o.instruction) }),
      seed: o.seed,
      batchSize: o.batchSize,
      stopTokens,
    })
    const rows = scores.map(({ shots, loss, accuracy, exactMatch }) => [
      String(shots),
      loss.toFixed(4),
      percent(accuracy),
      percent(exactMatch),
    ])
    const head = ['shots', 'loss of the answer', 'likeliest choice right', 'written right']
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)))
    const line = (row: readonly string[]): string => row.map((cell, i) => cell.padStart(widths[i]!)).join('  ')
    result({ model: o.model, items: items.length, seed: o.seed, scores }, [head, ...rows].map(line).join('\n'))
  },
})
