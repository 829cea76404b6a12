import { basename, dirname, join, readdir, readFile, stat } from '#files'
import { DataError, FormatError } from '../../core/errors.ts'
import { fileCause } from '../../io/atomic.ts'
import { readGguf } from '../../io/gguf.ts'
import { isRecord } from '../../io/json.ts'
import { tokenizerFromJSON } from '../tokenizer-json.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { tokenizerFromGguf } from './gguf.ts'
import { tokenizerFromLlama2c } from './llama2c-vocabulary.ts'
import { tokenizerFromSentencePiece } from './sentence-model.ts'
import { decodeUtf8 } from './utf8.ts'
import { tokenizerFromBertVocabulary, tokenizerFromGpt2Files } from './vocabulary-files.ts'

const readBytes = (path: string): Promise<Uint8Array> =>
  readFile(path).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })

const readText = async (path: string): Promise<string> => decodeUtf8(await readBytes(path), path)

const readJson = async (path: string): Promise<unknown> => {
  const text = await readText(path)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FormatError(
      `${path}: is not valid JSON: ${(error as Error).message.split('\n', 1)[0]}. Download or save it again.`,
      { path },
      error,
    )
  }
}

/** What `tokenizer_config.json` in a folder says; nothing where there is none. */
const configOf = async (folder: string): Promise<Record<string, unknown>> => {
  const path = join(folder, 'tokenizer_config.json')
  const config = await stat(path).then(
    () => readJson(path),
    () => ({}),
  )
  return isRecord(config) ? config : {}
}

const pairs = [
  ['encoder.json', 'vocab.bpe'],
  ['vocab.json', 'merges.txt'],
] as const

const fromPair = async (vocab: string, merges: string): Promise<Tokenizer> =>
  tokenizerFromGpt2Files(await readJson(vocab), await readText(merges), { vocab, merges })

const flagOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

/** A kind of file by its name, and how it is read. */
const readers: readonly { readonly name: RegExp; readonly read: (path: string) => Promise<Tokenizer> }[] = [
  { name: /^(encoder|vocab)\.json$|^vocab\.bpe$|^merges\.txt$/, read: path => fromEitherOfPair(path) },
  {
    name: /\.json$/,
    read: async path => tokenizerFromJSON(await readJson(path), path, await configOf(dirname(path))),
  },
  {
    name: /\.model$/,
    read: async path => {
      const { add_bos_token, add_eos_token } = await configOf(dirname(path))
      const options = { addBos: flagOf(add_bos_token) ?? false, addEos: flagOf(add_eos_token) ?? false }
      return tokenizerFromSentencePiece(await readBytes(path), path, options)
    },
  },
  {
    name: /\.txt$/,
    read: async path => {
      const { do_lower_case } = await configOf(dirname(path))
      return tokenizerFromBertVocabulary(await readText(path), path, { lowercase: flagOf(do_lower_case) })
    },
  },
  { name: /\.gguf$/, read: async path => tokenizerFromGguf((await readGguf(path)).metadata, path) },
  { name: /\.bin$/, read: async path => tokenizerFromLlama2c(await readBytes(path), path) },
]

/** One of GPT-2's two files stands for both. */
const fromEitherOfPair = async (path: string): Promise<Tokenizer> => {
  const pair = pairs.find(names => names.includes(basename(path) as never))!
  return fromPair(join(dirname(path), pair[0]), join(dirname(path), pair[1]))
}

/** Files that a folder's tokenizer may be in, the first that is there is taken. */
const inFolder: readonly RegExp[] = [
  /^tokenizer\.json$/,
  /^vocab\.bpe$/,
  /^merges\.txt$/,
  /^(tokenizer|spiece|sentencepiece(\.bpe)?|spm)\.model$/,
  /^vocab\.txt$/,
  /\.model$/,
  /^tok.*\.bin$/,
]

const fromFolder = async (folder: string): Promise<Tokenizer> => {
  const names = (await readdir(folder)).sort()
  const name = inFolder.map(pattern => names.find(name => pattern.test(name))).find(found => found !== undefined)
  if (name !== undefined) return loadTokenizer(join(folder, name))
  throw new DataError(
    `${folder}: has no tokenizer. Expected tokenizer.json, encoder.json with vocab.bpe, vocab.json with merges.txt, vocab.txt, a SentencePiece .model, or llama2.c's tok*.bin.`,
    { path: folder },
  )
}

/**
 * The tokenizer in a file or folder, whichever kind it is: tokenizer.json, GPT-2's two files, BERT's vocab.txt, a SentencePiece model, a
 * GGUF file, or llama2.c's tokenizer.bin.
 *
 * `(await loadTokenizer('models/gpt2')).encode('Hello world')` gives 15496 and 995.
 *
 * @throws DataError where nothing can be read there, FormatError where it is no tokenizer
 */
export const loadTokenizer = async (path: string): Promise<Tokenizer> => {
  const folder = await stat(path).then(
    found => found.isDirectory(),
    error => {
      const { cause, remedy } = fileCause(error)
      throw new DataError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
    },
  )
  if (folder) return fromFolder(path)
  const reader = readers.find(({ name }) => name.test(basename(path)))
  if (reader) return reader.read(path)
  throw new DataError(
    `${path}: no kind of tokenizer goes by such a name. Expected one that ends in .json, .bpe, .txt, .model, .gguf or .bin.`,
    { path },
  )
}
