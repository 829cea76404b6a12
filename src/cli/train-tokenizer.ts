import { mkdir, readdir } from 'node:fs/promises'
import { ArgumentError, DataError } from '../core/errors.ts'
import { defineOptions, flag, text } from '../core/options.ts'
import { fileCause } from '../io/atomic.ts'
import { tokenizerConfig } from '../text/tokenizer-config.ts'
import { checkTokenizerTraining, tokenizerTraining, trainTokenizer } from '../recipes/tokenizer.ts'
import { RunFolder } from '../train/run-folder.ts'
import { defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readData } from './read-text.ts'

const options = defineOptions({
  data: text({
    required: true,
    placeholder: 'PATH',
    help: 'text file to learn from, or a folder of them; - is standard input',
  }),
  ...tokenizerTraining.declaration,
  out: text({
    default: 'runs/tokenizer',
    placeholder: 'DIR',
    help: 'folder for tokenizer.json and tokenizer_config.json',
  }),
  overwrite: flag({ help: 'replace an earlier tokenizer in the output folder' }),
})

const utf8Bytes = (content: string): number => new TextEncoder().encode(content).length

export const trainTokenizerCommand = defineCommand({
  name: 'train tokenizer',
  summary: 'learn a tokenizer from text',
  examples: [
    'gradus train tokenizer --data shakespeare.txt --vocab-size 8000 --out runs/bpe',
    'gradus train tokenizer --type wordpiece --data shakespeare.txt --vocab-size 8000 --case keep',
    'gradus train tokenizer --type unigram --data shakespeare.txt --vocab-size 8000 --byte-fallback',
  ],
  options,
  positionals: ['data'],
  check: checkTokenizerTraining,
  async run({ options: o, note, io, result }) {
    const content = await readData(io, o.data)
    await requireRoom(o.out, o.overwrite)
    const tokenizer = learn(() => trainTokenizer(content, o))
    await mkdir(o.out, { recursive: true }).catch(error => {
      const { cause, remedy } = fileCause(error)
      throw new DataError(`${o.out}: could not be made: ${cause}. ${remedy}`, { path: o.out }, error)
    })
    await new RunFolder(o.out).writeDocuments({
      'tokenizer.json': tokenizer.toJSON(),
      'tokenizer_config.json': tokenizerConfig(tokenizer),
    })
    const tokens = tokenizer.encode(content, { specialTokens: false }).length
    const bytes = utf8Bytes(content)
    const perToken = bytes / tokens
    note(
      `${tokenizer.vocabSize.toLocaleString('en')} tokens learned; the text has ${tokens.toLocaleString('en')}, ${perToken.toFixed(2)} bytes each`,
    )
    note(`Go on with:\n  npx gradus tokenize --tokenizer ${o.out} --text "..." --show`)
    result({ out: o.out, type: o.type, vocabSize: tokenizer.vocabSize, tokens, bytes, bytesPerToken: perToken }, o.out)
  },
})

/** @throws DataError where the folder holds something, unless it is a tokenizer that may be replaced */
const requireRoom = async (folder: string, overwrite: boolean): Promise<void> => {
  const names = await readdir(folder).catch(() => [])
  const foreign = names.filter(name => name !== 'tokenizer.json' && name !== 'tokenizer_config.json')
  if (names.length === 0 || (overwrite && foreign.length === 0)) return
  const what =
    foreign.length > 0
      ? `holds ${foreign.slice(0, 3).join(', ')}, which belongs to no tokenizer. Choose another --out.`
      : 'holds a tokenizer. Pass --overwrite to replace it, or choose another --out.'
  throw new DataError(`${folder}: ${what}`, { path: folder })
}

/** A vocabulary that has no room for what it must hold is the caller's to change. */
const learn = <T>(run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (error instanceof ArgumentError) throw new UsageError(error.message)
    throw error
  }
}
