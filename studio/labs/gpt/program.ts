import type { Settings } from './about.ts'
import { corpora } from './corpus.ts'

/** The same run with the library alone. */
export const program = (s: Settings): string => `import { readFile } from 'node:fs/promises'
import { gptOptions, prepareGpt } from 'gradus/recipes'
import { generateText } from 'gradus/text'

// The lab's text; put another in its place, or read a file: await readFile('your.txt', 'utf8').
const content = process.argv[2] ? await readFile(process.argv[2], 'utf8') : ${JSON.stringify(corpora[s.corpus]())}

const { model, tokenizer, task } = await prepareGpt(content, gptOptions.validate('gpt', {
  data: '${s.corpus}',
  tokenizer: '${s.tokenizer}',${s.tokenizer === 'bpe' ? `\n  vocabSize: ${s.vocabSize},` : ''}
  numLayers: ${s.numLayers},
  numHeads: ${s.numHeads},
  embedDim: ${s.embedDim},
  contextLength: ${s.contextLength},
  batchSize: ${s.batchSize},
  learningRate: ${s.learningRate},
  lrSchedule: 'constant',
  warmupSteps: 20,
  dropout: ${s.dropout},
  seed: ${s.seed},
}))
for (let step = 1; step <= ${s.steps}; step++) console.log(step, await task.step())

model.eval()
const options = { maxNewTokens: 200, temperature: ${s.temperature}, topP: ${s.topP}, minP: ${s.minP},${s.topK > 0 ? ` topK: ${s.topK},` : ''} seed: ${s.seed} }
for await (const { text } of generateText(model, tokenizer, ${JSON.stringify(s.prompt)}, options)) process.stdout.write(text)
`
