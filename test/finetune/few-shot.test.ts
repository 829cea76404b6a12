import { expect, test } from 'vitest'
import { fewShotScores, parseFewShotItems } from '../../src/finetune/index.ts'
import { compile, fromArray, setSeed } from '../../src/index.ts'
import { crossEntropy } from '../../src/nn/index.ts'
import { Gpt } from '../../src/models/index.ts'
import { adamw } from '../../src/optim/index.ts'
import { Generator, permutation } from '../../src/tensor/random.ts'
import { CharTokenizer, fewShot } from '../../src/text/index.ts'

test('a prompt has the instruction, the examples and the question, and ends where its answer begins', () => {
  const examples = [
    { input: '2', output: 'even' },
    { input: '3', output: 'odd' },
  ]
  const task = fewShot({ instruction: 'Even or odd?', examples })
  expect(task.prompt('7')).toBe('Even or odd?\n\nInput: 2\nOutput: even\n\nInput: 3\nOutput: odd\n\nInput: 7\nOutput:')
  expect(task.answer('odd')).toBe(' odd')
  const arrow = fewShot({ examples, template: '<{input}={output}>', separator: ' ' })
  expect(arrow.prompt('7')).toBe('<2=even> <3=odd> <7=')
  expect(arrow.answer('odd')).toBe('odd')
  expect(arrow.separator).toBe('>')
  expect(fewShot().prompt('7')).toBe('Input: 7\nOutput:')
})

test('templates without their places, and separators of nothing, are refused in a line', () => {
  expect(() => fewShot({ template: '{output} is of {input}' })).toThrow(
    'fewShot: the template is "{output} is of {input}". Expected {input} and, after it, {output}, once each.',
  )
  expect(() => fewShot({ separator: '' })).toThrow('fewShot: the separator is empty')
})

test.each([
  ['{"input": "a"}', 'x, line 1: input is "a" and output nothing. Expected two texts'],
  [
    '{"input": "a", "output": "b", "choices": ["c"]}',
    'x, line 1: choices is ["c"]. Expected a list of texts with the output "b" among them.',
  ],
  ['[', 'x, line 1: is not JSON.'],
  ['', 'x: has no questions.'],
])('%s is refused', (text, message) => {
  expect(() => parseFewShotItems(text, 'x')).toThrow(message)
})

// A task is one of four codes of ten letters, and a text tells by its answers alone which one it is of.
const names = Array.from('abcdefghij')
const codes = ['klmnopqrst', 'ABCDEFGHIJ', '0123456789', 'KLMNOPQRST'].map(code => Array.from(code))
const tokenizer = CharTokenizer.train(`${names.join('')}${codes.flat().join('')}\n`)

test('a model that has learned tasks from examples solves with them what it cannot solve without', async () => {
  const pairs = 8
  const length = pairs * 3
  setSeed(3)
  const model = new Gpt({
    vocabSize: tokenizer.vocabSize,
    contextLength: length,
    numLayers: 2,
    numHeads: 2,
    embedDim: 32,
    dropout: 0,
  })
  // From weights five times as large a model so small looks around from the first step.
  for (const p of model.parameters().filter(({ shape }) => shape.length > 1))
    p.set({ dtype: 'float32', array: Float32Array.from(p.buffer.array as Float32Array, v => 5 * v) })
  const optimizer = adamw(model, { learningRate: 5e-3 })
  const update = compile((x: Ids, y: Ids) => {
    const loss = crossEntropy(model.forward(x), y, { ignoreIndex: -100 })
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  type Ids = ReturnType<typeof batch>['x']
  const source = new Generator(5)
  const draw = (below: number): number => permutation(below, source)[0]!
  const batch = () => {
    const rows = Array.from({ length: 16 }, () => {
      const code = codes[draw(codes.length)]!
      const text = Array.from({ length: pairs + 1 }, () => draw(names.length)).map(i => `${names[i]}${code[i]}\n`)
      return tokenizer.encode(text.join('')).slice(0, length + 1)
    })
    const [x, y] = [rows.flatMap(row => [...row.slice(0, -1)]), rows.flatMap(row => [...row.slice(1)])]
    const ints = (values: readonly number[]) => fromArray(Int32Array.from(values), [16, length] as const, 'int32')
    // Which letter is asked cannot be known: answers alone are learned, and the line's end after them.
    return { x: ints(x), y: ints(y.map((id, i) => (i % 3 < 2 ? id : -100))) }
  }
  for (let i = 0; i < 180; i++) {
    const { x, y } = batch()
    await update(x, y)
  }
  const items = names.map((input, i) => ({ input, output: codes[2]![i]!, choices: codes.map(code => code[i]!) }))
  const scores = await fewShotScores(model, tokenizer, items, {
    shots: [0, 1, 6],
    template: '{input}{output}',
    separator: '\n',
  })
  const [none, one, six] = scores as unknown as [Score, Score, Score]
  expect(scores.map(({ shots, items: asked }) => [shots, asked])).toEqual([
    [0, 10],
    [1, 10],
    [6, 10],
  ])
  expect(none.accuracy).toBeLessThanOrEqual(0.7)
  expect(one.accuracy).toBeGreaterThanOrEqual(0.9)
  expect(six.accuracy).toBeGreaterThanOrEqual(0.9)
  expect(six.exactMatch).toBeGreaterThanOrEqual(0.9)
  expect(none.exactMatch).toBeLessThanOrEqual(0.7)
  expect(six.loss).toBeLessThan(none.loss / 3)
  // The same questions are asked in the same words again.
  const again = { shots: [1], template: '{input}{output}', separator: '\n' }
  expect(await fewShotScores(model, tokenizer, items, again)).toEqual([one])
  await expect(fewShotScores(model, tokenizer, items, { ...again, shots: [10] })).rejects.toThrow(
    'fewShotScores: 10 shots are asked for, and there are 9 examples to show. Give more examples, or fewer shots.',
  )
  await expect(fewShotScores(model, tokenizer, items, { ...again, shots: [9] })).rejects.toThrow(
    "fewShotScores: a prompt of 9 shots with its answer takes 28 tokens, and the model's context is 24. Give fewer shots",
  )
})
type Score = Awaited<ReturnType<typeof fewShotScores>>[number]
