import { FormatError } from '../../core/errors.ts'
import { ByteCursor, TooShort } from '../../io/byte-cursor.ts'
import { quote } from '../../io/json.ts'
import { mergesOfScores, PieceBpe } from './piece-bpe.ts'
import { bpeModel, sentenceDocument } from './sentence-documents.ts'
import { cutsAtSpaces, SentencePieceTokenizer, spaceSign } from './sentence-piece.ts'
import { byteToken } from './unknown-text.ts'

const [unknown, begin, end, firstByte] = [0, 1, 2, 3]

interface Entries {
  readonly tokens: string[]
  readonly scores: number[]
}

const readEntries = (bytes: Uint8Array, where: string): Entries => {
  const again = 'Give a tokenizer of llama2.c, such as tokenizer.bin, or download it again.'
  const cursor = new ByteCursor(bytes, where)
  const entries: Entries = { tokens: [], scores: [] }
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    const longest = cursor.uint32()
    while (cursor.left > 0) {
      const [score, length] = [cursor.float32(), cursor.uint32()]
      if (length > longest || Number.isNaN(score)) {
        throw new FormatError(
          `${where}: token ${entries.tokens.length} has ${length} bytes and the score ${score}, and the file says that tokens have ${longest} bytes at most. ${again}`,
          { token: entries.tokens.length },
        )
      }
      entries.tokens.push(text.decode(cursor.raw(length)))
      entries.scores.push(score)
    }
  } catch (error) {
    if (error instanceof FormatError && !(error instanceof TooShort)) throw error
    const what = error instanceof TooShort ? 'is cut off in' : 'has other text than UTF-8 in'
    throw new FormatError(`${where}: ${what} token ${entries.tokens.length}. ${again}`, {}, error)
  }
  if (
    Array.from({ length: 256 }, (_, byte) => byteToken(byte)).some(
      (token, byte) => entries.tokens[firstByte + byte] !== token,
    )
  )
    throw new FormatError(
      `${where}: tokens ${firstByte} to ${firstByte + 255} are not ${byteToken(0)} to ${byteToken(255)}; token ${firstByte} is ${quote(entries.tokens[firstByte])}. ${again}`,
    )
  return entries
}

/**
 * The tokenizer of a file of llama2.c: pieces with scores, of which the best pair is merged first. A text begins with `<s>` and a space;
 * characters without a token are their bytes. The vocabulary is as large as the file holds.
 *
 * @param where what messages name: the file.
 * @throws FormatError where the bytes are no such file
 *
 * Source: karpathy/llama2.c, `run.c` and `tokenizer.py`; the format: the longest token's bytes, int32, then for each token its score,
 * float32, its length, int32, and its bytes.
 */
export const tokenizerFromLlama2c = (bytes: Uint8Array, where: string): SentencePieceTokenizer => {
  const { tokens, scores } = readEntries(bytes, where)
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => firstByte + byte)
  const { symbols, merges, pairs } = mergesOfScores({ pieces: tokens, scores, withCharacters: false })
  const names = tokens.map((token, id) => (id === begin ? '<s>' : id === end ? '</s>' : token))
  const special = {
    added: [unknown, begin, end].map(id => ({ id, content: names[id]!, inText: false })),
    prefix: [begin],
    unkId: unknown,
  }
  const written = (token: string): string => token.replaceAll(' ', spaceSign)
  return new SentencePieceTokenizer({
    tokens: names,
    segmenter: new PieceBpe({ symbols, limit: tokens.length, merges, byteIds }),
    space: ' ',
    normalize: (text, first) => (first ? ` ${text}` : text),
    cut: cutsAtSpaces(tokens, ' ') ? 'runs' : 'nowhere',
    byteIds,
    control: new Set([begin, end]),
    leading: 'after-bos',
    special,
    toJSON: tokenizer =>
      sentenceDocument({
        added: tokenizer.added,
        tokens: names.map(written),
        dummyPrefix: true,
        model: bpeModel(
          names.map(written),
          pairs.map(([a, b]) => [written(a), written(b)]),
          { unkId: unknown, bytes: true },
        ),
      }),
  })
}
