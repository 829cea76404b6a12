import { expect, test } from 'vitest'
import {
  answersIn,
  answerTokens,
  chatTokens,
  chatTemplates,
  notLearned,
  parseSftExamples,
  sftBatch,
  sftWindows,
  type TokenizedExample,
} from '../../src/finetune/index.ts'
import { sftData } from '../../src/recipes/sft.ts'
import { ByteBpeTokenizer, CharTokenizer, linesOf, type Tokenizer } from '../../src/text/index.ts'

const letters = CharTokenizer.train('abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;?!<|>_[]/\n')
const pieces = ByteBpeTokenizer.train(
  linesOf('the answer is here, the question was there: user assistant\n'.repeat(20)),
  {
    vocabSize: 300,
  },
)

/** What of an example is learned, as text. */
const learned = ({ ids, answer }: TokenizedExample, tokenizer: Tokenizer): string =>
  tokenizer.decode(ids.filter((_, i) => answer[i] === 1))
const conversation = [
  { role: 'system', content: 'short' },
  { role: 'user', content: 'the question' },
  { role: 'assistant', content: 'the answer' },
  { role: 'user', content: 'more' },
  { role: 'assistant', content: 'no' },
]

test.each([
  ['plain', ' the answer\n no\n'],
  ['chatml', 'the answer<|im_end|>\nno<|im_end|>\n'],
  ['llama3', 'the answer<|eot_id|>no<|eot_id|>'],
  ['llama2', ' the answer END no END'],
  ['zephyr', 'the answerEND\nnoEND\n'],
] as const)('answers of a conversation by %s are what the assistant writes, and what ends it', (name, expected) => {
  for (const tokenizer of [letters, pieces]) {
    const example = answerTokens({ messages: conversation }, { tokenizer, template: chatTemplates[name] })
    const { eosToken = '' } = chatTokens(tokenizer)
    expect(learned(example, tokenizer)).toBe(expected.replaceAll('END', eosToken))
  }
})

test('of a prompt and its completion the completion is learned, and the end where there is a token for it', () => {
  const example = { prompt: 'one, two, ', completion: 'three' }
  expect(learned(answerTokens(example, { tokenizer: letters }), letters)).toBe('three')
  const ending: Tokenizer = { ...bound(letters), eosId: 0 }
  expect(learned(answerTokens(example, { tokenizer: ending }), letters)).toBe(`three${letters.decode([0])}`)
})

test('conversations without a template, or by one that rewrites what was, are refused in a line', () => {
  const options = { tokenizer: letters }
  expect(() => answerTokens({ messages: conversation }, options)).toThrow(
    'answerTokens: the model has no chat template, and messages need one. Give one, such as that of chatml or plain.',
  )
  const counts = '{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}'
  expect(() => answerTokens({ messages: conversation }, { ...options, template: counts })).toThrow(
    /^answerTokens: the chat template writes what comes before message 3 otherwise than in the whole conversation/,
  )
})

const example = (length: number, from: number): TokenizedExample => ({
  ids: Int32Array.from({ length }, (_, i) => i + 1),
  answer: Uint8Array.from({ length }, (_, i) => Number(i >= from)),
})

test('windows have the next id as label where that is an answer, and −100 elsewhere', () => {
  const windows = sftWindows([example(4, 2), example(6, 5)], { length: 6 })
  expect(windows.ids.map(row => [...row])).toEqual([
    [1, 2, 3, 0, 0, 0],
    [1, 2, 3, 4, 5, 0],
  ])
  expect(windows.labels.map(row => [...row])).toEqual([
    [-100, 3, 4, -100, -100, -100],
    [-100, -100, -100, -100, 6, -100],
  ])
  expect(answersIn(windows, [0, 1])).toBe(3)
})

test('examples longer than a window lose their end, and are left out where no answer is left', () => {
  const windows = sftWindows([example(9, 4), example(9, 7), example(3, 1)], { length: 5 })
  expect([windows.cut, windows.dropped, windows.ids.length]).toEqual([2, 1, 2])
  expect([...windows.labels[0]!]).toEqual([-100, -100, -100, 5, 6])
  expect(() => sftWindows([example(9, 7)], { length: 5 })).toThrow(
    'sftWindows: none of 1 examples has its answer within 5 tokens. Give shorter prompts, or a model of a longer context.',
  )
})

test('packed windows hold every target of every example once, and none from one example to the next', () => {
  const lengths = [7, 3, 5, 2, 9, 4, 4, 6, 3, 8]
  const examples = lengths.map((length, i) => ({
    ids: Int32Array.from({ length }, (_, k) => 100 * (i + 1) + k),
    answer: Uint8Array.from({ length }, (_, k) => Number(k > 0)),
  }))
  const windows = sftWindows(examples, { length: 9, packing: true })
  const pairs: string[] = []
  for (const [row, ids] of windows.ids.entries())
    for (const [i, label] of windows.labels[row]!.entries()) {
      if (label === notLearned) continue
      expect(label).toBe(ids[i]! + 1)
      pairs.push(`${label}`)
    }
  expect(pairs.sort()).toEqual(examples.flatMap(({ ids }) => Array.from(ids.slice(1), String)).sort())
  // 41 inputs: five windows of nine could hold them, and do.
  expect(windows.ids.length).toBe(5)
  expect(sftWindows(examples, { length: 9 }).ids.length).toBe(10)
})

test('a batch that is not full has rows of which nothing is learned', async () => {
  const { x, y } = sftBatch(sftWindows([example(3, 1)], { length: 3 }), [0], 2)
  expect(await x.toArray()).toEqual([
    [1, 2, 0],
    [0, 0, 0],
  ])
  expect(await y.toArray()).toEqual([
    [2, 3, -100],
    [-100, -100, -100],
  ])
})

test('data gives another order each epoch, every window once in each, the same again for the same number', async () => {
  const lines = Array.from({ length: 20 }, (_, i) =>
    JSON.stringify({ prompt: `${i} `, completion: 'abc'.slice(0, 1 + (i % 3)) }),
  )
  const options = { data: 'x.jsonl', contextLength: 16, batchSize: 3, valFraction: 0.1, packing: false, seed: 1 }
  const data = sftData(lines.join('\n'), letters, { ...options, template: undefined })
  expect(data.notes[0]).toMatch(/^18 examples to train on in 18 windows of 5 tokens, \d+ of them answers; 2 examples/)
  const rows = async (draw: number): Promise<string[]> =>
    ((await data.at(draw).x.toArray()) as number[][]).map(row => row.join())
  const epoch = async (from: number): Promise<string[]> =>
    (await Promise.all([0, 1, 2, 3, 4, 5].map(i => rows(from + i)))).flat()
  const [one, two] = [await epoch(0), await epoch(6)]
  expect([...one].sort()).toEqual([...two].sort())
  expect(one).not.toEqual(two)
  expect(await rows(2)).toEqual(one.slice(6, 9))
  expect([...data.heldOut()].reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(1)
})

test.each([
  ['{', 'x, line 1: is not JSON. Expected {"messages"'],
  ['7', 'x, line 1: is 7. Expected {"messages"'],
  ['\n{"prompt": "a"}', 'x, line 2: prompt is "a" and completion nothing. Expected two texts, the second not empty'],
  ['{"messages": [{"role": "user"}]}', 'x, line 1: messages is [{"role":"user"}]. Expected {"messages"'],
  ['{"messages": [{"role": "user", "content": "a"}]}', "x, line 1: none of 1 messages is the assistant's"],
  ['\n \n', 'x: has no examples.'],
])('%s is refused', (text, message) => {
  expect(() => parseSftExamples(text, 'x')).toThrow(message)
})

/** A tokenizer as a plain object. */
function bound(tokenizer: Tokenizer): Tokenizer {
  return {
    vocabSize: tokenizer.vocabSize,
    encode: (text, options) => tokenizer.encode(text, options),
    decode: (ids, options) => tokenizer.decode(ids, options),
    toJSON: () => tokenizer.toJSON(),
  }
}
