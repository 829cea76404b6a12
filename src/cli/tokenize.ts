import { defineOptions, flag, type Infer, text } from '../core/options.ts'
import { loadTokenizer, type Tokenizer } from '../text/index.ts'
import { DataError } from '../core/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

const options = defineOptions({
  tokenizer: text({
    required: true,
    placeholder: 'PATH',
    help: "file or folder: tokenizer.json, GPT-2's two files, vocab.txt, a SentencePiece .model, a GGUF file or llama2.c's .bin",
  }),
  text: text({ placeholder: 'TEXT', help: 'what to tokenize' }),
  data: text({ placeholder: 'FILE', help: 'tokenize a file; - is standard input' }),
  lines: flag({ help: 'take each line of the text by itself' }),
  show: flag({ help: 'write each token on a line: its id, and how the vocabulary writes it' }),
  count: flag({ help: 'only count tokens, and bytes per token' }),
  decode: flag({ help: 'the text is ids, apart by spaces or commas: write what they stand for' }),
  bare: flag({ help: 'put no special tokens around the text; leave them out when decoding' }),
})
type TokenizeOptions = Infer<typeof options>

export const tokenizeCommand = defineCommand({
  name: 'tokenize',
  summary: 'turn text into the ids of a tokenizer, and back',
  examples: [
    'gradus tokenize --tokenizer models/gpt2 --text "Hello world"',
    'gradus tokenize --tokenizer models/gpt2 --data book.txt --count',
    'gradus tokenize --tokenizer models/gpt2 --text "15496 995" --decode',
  ],
  options,
  positionals: ['tokenizer', 'text'],
  check: o => {
    if ((o.text === undefined) === (o.data === undefined))
      throw new UsageError('tokenize: give a text with --text, or a file with --data; one of them.')
    const modes = [o.show && '--show', o.count && '--count', o.decode && '--decode'].filter(Boolean)
    if (modes.length > 1)
      throw new UsageError(`tokenize: ${modes.join(' and ')} contradict each other. Give one of them.`)
  },
  async run(context) {
    const { options: o, io } = context
    const tokenizer = await loadTokenizer(o.tokenizer)
    const content = o.text ?? (await readData(io, o.data!))
    const parts = o.lines ? content.replace(/\n$/, '').split('\n') : [content]
    if (o.count) return count(context, tokenizer, parts)
    for (const part of parts) (o.decode ? decode : encode)(context, tokenizer, part)
  },
})

/** One document a text, so that lines are JSON Lines. */
const write = ({ json, io }: Context<TokenizeOptions>, document: object, words: string): void => {
  io.stdout.write(`${json ? JSON.stringify(document) : words}\n`)
}

const encode = (context: Context<TokenizeOptions>, tokenizer: Tokenizer, content: string): void => {
  const { bare, show } = context.options
  const ids = Array.from(tokenizer.encode(content, { specialTokens: !bare }))
  if (!show) {
    write(context, { ids }, ids.join(' '))
    return
  }
  const tokens = ids.map(id => tokenizer.tokenOf?.(id) ?? tokenizer.decode([id]))
  const width = String(tokenizer.vocabSize - 1).length
  const rows = ids.map((id, i) => `${String(id).padStart(width)}  ${JSON.stringify(tokens[i])}`)
  write(context, { ids, tokens }, rows.join('\n'))
}

const decode = (context: Context<TokenizeOptions>, tokenizer: Tokenizer, content: string): void => {
  const words = content
    .replace(/^\s*\[|\]\s*$/g, '')
    .split(/[\s,]+/)
    .filter(Boolean)
  const ids = words.map(word => {
    if (/^\d+$/.test(word)) return Number(word)
    throw new DataError(`tokenize: ${JSON.stringify(word)} is no id. Give whole numbers, apart by spaces or commas.`, {
      word,
    })
  })
  for (const [index, id] of ids.entries()) {
    if (id < tokenizer.vocabSize) continue
    throw new DataError(
      `tokenize: id ${id} at index ${index} stands for no token; ids are 0 to ${tokenizer.vocabSize - 1}. Give the tokenizer that the ids were made with.`,
      { id, index },
    )
  }
  const decoded = tokenizer.decode(ids, { skipSpecialTokens: context.options.bare })
  write(context, { text: decoded }, decoded)
}

const count = (context: Context<TokenizeOptions>, tokenizer: Tokenizer, parts: readonly string[]): void => {
  const encoder = new TextEncoder()
  let [tokens, bytes] = [0, 0]
  for (const part of parts) {
    tokens += tokenizer.encode(part, { specialTokens: !context.options.bare }).length
    bytes += encoder.encode(part).length
  }
  const bytesPerToken = tokens === 0 ? null : bytes / tokens
  const each = bytesPerToken === null ? '' : `, ${bytesPerToken.toFixed(2)} bytes per token`
  write(context, { tokens, bytes, bytesPerToken }, `${tokens} tokens of ${bytes} bytes${each}`)
}
