// Tokenizers: GPT-2's ids of a book and learning vocabularies from another, here and by Hugging Face tokenizers and tiktoken (one thread),
// each in a process of its own, in turns.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findPython, startServer } from './process.mjs'
import { median, table } from './table.mjs'

export const summary =
  "encoding a book with GPT-2's vocabulary and learning vocabularies, beside tokenizers and tiktoken"
export const options = {
  rounds: { default: '3', help: 'interleaved rounds' },
  vocab: { default: '8257', help: 'tokens that are learned to' },
}

const at = file => fileURLToPath(new URL(file, import.meta.url))
const data = process.env.GRADUS_DATA ?? at('../../shared/data')

/** What everybody does; numbers of tokens must agree where the ids are the same by definition. */
const tasks = ['encode gpt2', 'train bpe', 'train wordpiece', 'train unigram']
const exact = new Set(['encode gpt2', 'train bpe'])

export const run = async ({ rounds, vocab }, note = () => {}) => {
  if (!existsSync(join(data, 'tokenizers', 'gpt2'))) throw new Error(`${data} is absent; set GRADUS_DATA`)
  const servers = new Map()
  const { python, why } = findPython()
  const times = new Map()
  const counts = new Map()
  let versions = {}
  try {
    servers.set('gradus', await startServer(process.execPath, [at('tokenizers_gradus.mjs'), data]))
    if (python)
      servers.set(
        'tokenizers',
        await startServer(python, [at('tokenizers_python.py'), data], { env: { RAYON_NUM_THREADS: '1' } }),
      )
    versions = servers.get('tokenizers')?.ready.versions ?? {}
    for (const task of tasks) {
      for (let round = 0; round < rounds; round++) {
        note(`${task}: round ${round + 1} of ${rounds}`)
        const names = [...servers.keys()]
        if (round % 2) names.reverse()
        for (const name of names) {
          for (const { by, ms, tokens, bytes } of (await servers.get(name).ask({ task, vocab })).results) {
            const key = `${task}|${by}`
            times.set(key, [...(times.get(key) ?? []), ms])
            counts.set(key, { tokens, bytes })
            const first = counts.get(`${task}|gradus`)?.tokens ?? tokens
            if (exact.has(task) && first !== tokens)
              throw new Error(`${task}: ${by} has ${tokens} tokens, gradus ${first}`)
          }
        }
      }
    }
  } finally {
    for (const server of servers.values()) await server.close()
  }
  const rows = [...times].map(([key, ms]) => {
    const [task, by] = key.split('|')
    const { tokens, bytes } = counts.get(key)
    const rate = task.startsWith('encode') ? (bytes / 1e3 / median(ms)).toFixed(1) : ''
    return [task, by, (median(ms) / 1e3).toFixed(2), (Math.min(...ms) / 1e3).toFixed(2), rate, String(tokens)]
  })
  const text = table(['', 'by', 'median s', 'least', 'MB/s', 'tokens'], rows)
  return {
    title: `Tokenizers: darwin.txt encoded line by line, war_and_peace.txt learned to ${vocab} tokens`,
    text: why ? `${text}\nwithout Python: ${why}` : text,
    raw: { times: Object.fromEntries(times), versions },
  }
}
