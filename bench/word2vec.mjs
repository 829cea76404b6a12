// Vectors of words: both books learned with the defaults of word2vec, here and by gensim, each in a process of its own, in turns.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { splitWords } from 'gradus/text'
import { startServer } from './process.mjs'
import { median, table } from './table.mjs'

export const summary = 'word2vec on two books, beside gensim (GRADUS_GENSIM: a Python that has it)'
export const options = {
  rounds: { default: '3', help: 'interleaved rounds' },
  workers: { default: '1', help: 'threads of everybody' },
  epochs: { default: '2', help: 'passes over the text' },
}

const at = file => fileURLToPath(new URL(file, import.meta.url))
const data = process.env.GRADUS_DATA ?? at('../../shared/data')
const tasks = ['skip-gram', 'cbow']

export const run = async ({ rounds, workers: threads, epochs }, note = () => {}) => {
  const books = ['darwin.txt', 'war_and_peace.txt'].map(name => join(data, 'text', name))
  if (!books.every(existsSync)) throw new Error(`${data} is absent; set GRADUS_DATA`)
  const folder = mkdtempSync(join(tmpdir(), 'gradus-word2vec-'))
  const file = join(folder, 'sentences.txt')
  // Everybody reads the same sentences: a paragraph a line.
  const paragraphs = books.flatMap(path => readFileSync(path, 'utf8').split(/\r?\n[^\S\n]*\r?\n\s*/))
  writeFileSync(file, `${paragraphs.map(part => splitWords(part).join(' ')).join('\n')}\n`)
  const servers = new Map()
  const rates = new Map()
  const busy = new Map()
  let why
  let versions = {}
  try {
    servers.set('gradus', await startServer(process.execPath, [at('word2vec_gradus.mjs'), file]))
    try {
      const env = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
      const python = process.env.GRADUS_GENSIM ?? 'python3'
      servers.set('gensim', await startServer(python, [at('word2vec_gensim.py'), file], { env }))
      versions = servers.get('gensim').ready.versions
    } catch (error) {
      why = error.message
    }
    for (const task of tasks) {
      for (let round = 0; round < rounds; round++) {
        note(`${task}: round ${round + 1} of ${rounds}`)
        const names = [...servers.keys()]
        if (round % 2) names.reverse()
        const found = new Map()
        for (const name of names) {
          const server = servers.get(name)
          const before = server.cpuTime()
          const { words, vocabulary, seconds } = await server.ask({ task, threads, epochs })
          found.set(name, `${words} ${vocabulary}`)
          const key = `${task}|${name}`
          rates.set(key, [...(rates.get(key) ?? []), words / seconds])
          busy.set(key, [...(busy.get(key) ?? []), words / (server.cpuTime() - before)])
        }
        if (new Set(found.values()).size > 1) throw new Error(`${task}: words differ: ${JSON.stringify([...found])}`)
      }
    }
  } finally {
    for (const server of servers.values()) await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const rows = [...rates].map(([key, all]) => {
    const [task, by] = key.split('|')
    const thousands = rate => Math.round(rate / 1e3)
    return [task, by, thousands(median(all)), thousands(Math.max(...all)), Math.round(median(busy.get(key)))]
  })
  const text = table(['', 'by', 'median thousand words/s', 'most', 'per second of processors'], rows)
  return {
    title: `word2vec: size 100, window 5, 5 negatives, ${epochs} epochs, ${threads} threads`,
    text: why ? `${text}\nwithout gensim: ${why}` : text,
    raw: { rates: Object.fromEntries(rates), versions },
  }
}
