// Gradus's side of tokenizers.mjs: for each JSON line `{"task": ...}` it does it and prints `{"results": [{"by", "ms", "tokens", "bytes"}]}`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ByteBpeTokenizer, linesOf, loadTokenizer, UnigramTokenizer, WordPieceTokenizer } from 'gradus/text'

const folder = process.argv[2]
const read = name => readFileSync(join(folder, 'text', name), 'utf8')
const book = read('darwin.txt')
const lines = linesOf(book)
const bytes = Buffer.byteLength(book)
const learned = linesOf(read('war_and_peace.txt'))

const tasks = {
  'encode gpt2': async () => {
    // A new one each time, so that it remembers no words.
    const tokenizer = await loadTokenizer(join(folder, 'tokenizers', 'gpt2'))
    return () => lines.reduce((sum, line) => sum + tokenizer.encode(line).length, 0)
  },
  'train bpe': vocabSize => () => ByteBpeTokenizer.train(learned, { vocabSize }).vocabSize,
  'train wordpiece': vocabSize => () => WordPieceTokenizer.train(learned, { vocabSize }).vocabSize,
  'train unigram': vocabSize => () => UnigramTokenizer.train(learned, { vocabSize }).vocabSize,
}

const say = record => process.stdout.write(`${JSON.stringify(record)}\n`)
say({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const { task, vocab } = JSON.parse(line)
  const work = await tasks[task](vocab)
  const start = performance.now()
  const tokens = work()
  say({ results: [{ by: 'gradus', ms: performance.now() - start, tokens, bytes }] })
}
