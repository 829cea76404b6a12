// Gradus's side of word2vec.mjs: for each JSON line `{"task", "threads", "epochs"}` it trains and prints `{"words", "vocabulary", "seconds"}`.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { corpusOf, trainWord2Vec } from 'gradus/text'
import { startThread } from '../dist/text/embeddings/threads-node.js'

const corpus = corpusOf([readFileSync(process.argv[2], 'utf8')], { split: 'spaces', sentences: 'lines' })
const say = record => process.stdout.write(`${JSON.stringify(record)}\n`)
say({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const { task, threads, epochs } = JSON.parse(line)
  const start = performance.now()
  await trainWord2Vec(corpus, { model: task, threads, epochs }, { startThread })
  const seconds = (performance.now() - start) / 1000
  say({ words: epochs * corpus.ids.length, vocabulary: corpus.words.length, seconds })
}
