import { describe, expect, test } from 'vitest'
import { setSeed, tensor } from '../../src/index.ts'
import { Gpt, Llama } from '../../src/models/index.ts'
import {
  type Alternative,
  alternatives,
  beamSearch,
  candidates,
  CharTokenizer,
  type GenerateOptions,
  generate,
  generateBatch,
  generateText,
  generateTokens,
  isRecurrent,
  type LanguageModel,
  sample,
  speculate,
  textLoss,
} from '../../src/text/index.ts'
import { logprobOf } from '../../src/text/generation/logprobs.ts'
import { Penalties } from '../../src/text/generation/penalties.ts'
import { StopStrings } from '../../src/text/generation/stop-strings.ts'
import fixtures from '../fixtures/generation.json' with { type: 'json' }
import { filledState, signed } from '../models/filled.ts'

const vocabSize = 11
const newModel = (seed = 9, contextLength = 64): Gpt => {
  setSeed(seed)
  const model = new Gpt({ vocabSize, contextLength, numLayers: 2, numHeads: 2, embedDim: 8, dropout: 0 })
  // As it is made it takes all tokens for equally likely.
  model.loadState(
    new Map(
      [...model.state()].map(([name, { shape, dtype }]) => {
        const values = signed(`${name}${seed}`, shape)
        const data = shape.length === 2 ? values.map(x => 0.6 * x) : values.fill(name.endsWith('weight') ? 1 : 0)
        return [name, { shape, dtype, data }]
      }),
    ),
  )
  return model.eval()
}
const collect = async <T>(texts: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const one of texts) all.push(one)
  return all
}
/** Logits after a text, by the whole of it. */
const logitsAfter = async (model: Gpt, ids: readonly number[]): Promise<Float32Array> => {
  const logits = await model.forward(tensor([...ids], 'int32').reshape([1, ids.length])).data()
  return (logits as Float32Array).slice((ids.length - 1) * vocabSize)
}

describe('what may be drawn', () => {
  const scores = Float32Array.from(signed('scores', [1, 60]), x => 5 * x)

  test.each(fixtures.samplers)(
    'is what the samplers of transformers leave ($options)',
    ({ options, probabilities }) => {
      const found = candidates(scores, options)
      const all = new Float64Array(60)
      for (const [i, id] of found.ids.entries()) all[id] = found.probabilities[i]!
      expect(found.ids.length).toBe(probabilities.filter(p => p > 0).length)
      for (const [id, p] of probabilities.entries()) expect(all[id]!).toBeCloseTo(p, 5)
    },
  )

  test.each(fixtures.samplers)('is drawn as often as it is likely ($options)', ({ options, probabilities }) => {
    const counts = new Float64Array(60)
    const draws = 2000
    for (let i = 0; i < draws; i++) counts[sample(scores, options, (i + 0.5) / draws)]! += 1 / draws
    for (const [id, p] of probabilities.entries()) expect(Math.abs(counts[id]! - p)).toBeLessThan(2 / draws)
  })
})

describe('penalties', () => {
  test('of repetition are those of transformers, of the prompt and of what was written', () => {
    const { prompt, written, penalty, scores } = fixtures.repetition
    const penalties = new Penalties(prompt, { repetitionPenalty: penalty })
    for (const id of written) penalties.add(id)
    const logits = Float32Array.from(signed('scores', [1, 60]), x => 5 * x)
    const out = penalties.apply(logits)
    for (const [id, score] of scores.entries()) expect(out[id]!).toBeCloseTo(score, 5)
  })

  test('of frequency count every time, of presence once, and the prompt not at all', () => {
    const penalties = new Penalties([0, 3], { frequencyPenalty: 0.5, presencePenalty: 0.25 })
    for (const id of [1, 2, 1]) penalties.add(id)
    expect([...penalties.apply(Float32Array.of(1, 1, 1, 1))]).toEqual([1, -0.25, 0.25, 1])
  })

  test('change what is written', async () => {
    const model = newModel()
    const written = (options: Partial<GenerateOptions>) =>
      collect(generate(model, [1, 2], { maxNewTokens: 40, temperature: 0, ...options }))
    const plain = await written({})
    const distinct = (ids: number[]): number => new Set(ids).size
    for (const options of [{ repetitionPenalty: 3 }, { frequencyPenalty: 2 }, { presencePenalty: 3 }])
      expect(distinct(await written(options))).toBeGreaterThan(distinct(plain))
  })
})

describe('each token', () => {
  test('comes with ln p of it and of the likeliest, before any option changed that', async () => {
    const model = newModel()
    const tokens = await collect(
      generateTokens(model, [3, 1], {
        maxNewTokens: 12,
        seed: 4,
        temperature: 2,
        topK: 5,
        repetitionPenalty: 1.5,
        logprobs: 3,
      }),
    )
    const text = [3, 1]
    for (const { id, logprob, alternatives: likeliest } of tokens) {
      const logits = await logitsAfter(model, text)
      expect(logprob!).toBeCloseTo(logprobOf(logits, id), 4)
      const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!)
      expect(likeliest!.map(one => one.id)).toEqual(order.slice(0, 3))
      for (const one of likeliest!) expect(one.logprob).toBeCloseTo(logprobOf(logits, one.id), 4)
      text.push(id)
    }
    expect(tokens.map(({ id }) => id)).toEqual(
      await collect(
        generate(model, [3, 1], { maxNewTokens: 12, seed: 4, temperature: 2, topK: 5, repetitionPenalty: 1.5 }),
      ),
    )
  })

  test.each<[Partial<GenerateOptions>, string]>([
    [{ temperature: -1 }, 'generate: temperature must be a finite number of at least 0; got -1.'],
    [{ topK: 0 }, 'generate: topK must be a whole number of at least 1; got 0.'],
    [{ topP: 1.5 }, 'generate: topP must be above 0 and at most 1; got 1.5.'],
    [{ minP: 2 }, 'generate: minP must be from 0 to 1; got 2.'],
    [{ typicalP: 0 }, 'generate: typicalP must be above 0 and at most 1; got 0.'],
    [{ repetitionPenalty: 0 }, 'generate: repetitionPenalty must be a finite number above 0; got 0.'],
    [{ frequencyPenalty: Number.NaN }, 'generate: frequencyPenalty must be a finite number; got NaN.'],
    [{ presencePenalty: Infinity }, 'generate: presencePenalty must be a finite number; got Infinity.'],
    [{ logprobs: -1 }, 'generate: logprobs must be a whole number of at least 0; got -1.'],
    [{ maxNewTokens: 1.5 }, 'generate: maxNewTokens must be a whole number of at least 0; got 1.5.'],
  ])('is not asked for with %j', async (options, message) => {
    await expect(generate(newModel(), [1], { maxNewTokens: 1, ...options }).next()).rejects.toThrow(message)
  })

  test('beyond the context is refused where that was asked for, and else the end of the text is read', async () => {
    const model = newModel(9, 8)
    const written = (prompt: number[], overflow?: 'slide' | 'error') =>
      collect(generate(model, prompt, { maxNewTokens: 10, temperature: 0, ...(overflow && { overflow }) }))
    expect(await written([1, 2])).toHaveLength(10)
    await expect(written([1, 2], 'error')).rejects.toThrow(
      'generate: the text has 9 tokens, and the context is 8 long.',
    )
    await expect(written([1, 2, 3, 4, 5, 6, 7, 8, 9], 'error')).rejects.toThrow('generate: the text has 9 tokens')
    expect(await written([9, 9, 1, 2, 3, 4, 5, 6, 7, 8])).toEqual(await written([1, 2, 3, 4, 5, 6, 7, 8]))
  })
})

describe('strings to stop at', () => {
  const run = (strings: string[], pieces: string[]): [string, boolean] => {
    const stops = new StopStrings(strings)
    let text = ''
    for (const piece of pieces) {
      text += stops.push(piece)
      // Nothing is given out that may yet belong to a stop string.
      for (const stop of strings) if (stop !== '') expect(text.includes(stop)).toBe(false)
    }
    return [text + stops.flush(), stops.found]
  }
  test.each<[string[], string[], string, boolean]>([
    [['\n\n'], ['a\n', 'b\n', '\nc'], 'a\nb', true],
    [['END'], ['xE', 'N', 'E', 'ND', 'y'], 'xEN', true],
    [['aab'], ['aa', 'a', 'ab'], 'aa', true],
    [['END'], ['the EN'], 'the EN', false],
    [['cd', 'bcde'], ['ab', 'cd', 'e'], 'ab', true],
    [['bc', 'abcd'], ['a', 'bc'], 'a', true],
    [[], ['a', 'b'], 'ab', false],
    [[''], ['a'], 'a', false],
  ])('%j in %j', (strings, pieces, text, found) => {
    expect(run(strings, pieces)).toEqual([text, found])
  })
  test('are found wherever the pieces are cut', () => {
    const text = 'ab abc abcab END abcabc'
    for (let i = 1; i < text.length; i++)
      for (let j = i; j < text.length; j++)
        expect(run(['abcabc', 'END'], [text.slice(0, i), text.slice(i, j), text.slice(j)])).toEqual([
          'ab abc abcab ',
          true,
        ])
  })
})

describe('a text', () => {
  const tokenizer = CharTokenizer.train('abcdefghijk')

  test('is the decoded tokens, and ends before a stop string and a stop token', async () => {
    const model = newModel()
    const options = { maxNewTokens: 30, seed: 3 }
    const ids = await collect(generate(model, tokenizer.encode('abc'), options))
    const whole = tokenizer.decode(ids)
    const text = async (more: object): Promise<[string, string | undefined]> => {
      const pieces = await collect(generateText(model, tokenizer, 'abc', { ...options, ...more }))
      return [pieces.map(piece => piece.text).join(''), pieces.at(-1)!.reason]
    }
    expect(await text({})).toEqual([whole, 'length'])
    const stop = whole.slice(7, 10)
    expect(await text({ stop: [stop, 'never'] })).toEqual([whole.slice(0, whole.indexOf(stop)), 'stop'])
    const stopToken = ids[5]!
    expect(await text({ stopTokens: [stopToken] })).toEqual([whole.slice(0, ids.indexOf(stopToken)), 'stop'])
    expect(await text({ signal: AbortSignal.abort() })).toEqual([whole[0], 'aborted'])
  })
})

describe('several prompts of different lengths', () => {
  const prompts = [[1, 2, 3], [4], [5, 6, 7, 8, 9, 10, 1], [4, 2, 2]]

  test.each([0, 1])('are continued as each alone (temperature %i)', async temperature => {
    const model = newModel()
    const options = { maxNewTokens: 20, temperature, seed: 5, logprobs: 2 }
    const texts = await generateBatch(model, prompts, options)
    // With random numbers of their own only the first is the same as alone.
    for (const [row, prompt] of (temperature === 0 ? prompts : prompts.slice(0, 1)).entries()) {
      const alone = await collect(generateTokens(model, prompt, options))
      expect(texts[row]!.map(({ id }) => id)).toEqual(alone.map(({ id }) => id))
      for (const [i, { logprob }] of texts[row]!.entries()) expect(logprob!).toBeCloseTo(alone[i]!.logprob!, 4)
    }
    if (temperature > 0) {
      const same = await generateBatch(model, [[1], [1], [1]], options)
      expect(new Set(same.map(text => text.map(({ id }) => id).join())).size).toBe(3)
    }
  })

  test('end each at its own stop token, and go on beyond the context', async () => {
    const model = newModel(9, 12)
    const options = { maxNewTokens: 25, temperature: 0 }
    const first = await collect(generate(model, prompts[0]!, options))
    const stopTokens = [first[4]!]
    const texts = await generateBatch(model, prompts, { ...options, stopTokens })
    for (const [row, prompt] of prompts.entries()) {
      const alone = await collect(generate(model, prompt, { ...options, stopTokens }))
      expect(texts[row]!.slice(0, 6).map(({ id }) => id)).toEqual(alone.slice(0, 6))
      expect(texts[row]!.length).toBe(stopTokens.includes(texts[row]!.at(-1)!.id) ? texts[row]!.length : 25)
    }
    expect(texts[0]!.at(-1)!.id).toBe(stopTokens[0])
    await expect(generateBatch(model, prompts, { ...options, overflow: 'error' })).rejects.toThrow(
      'the context is 12 long',
    )
    await expect(generateBatch(model, [[1], []], options)).rejects.toThrow('generate: a prompt has no tokens.')
  })
})

describe('beam search', () => {
  const model = Llama.fromJSON(fixtures.config)
  model.loadState(
    new Map(
      [...filledState(model)].map(([name, entry]) => [
        name,
        name === 'lm_head.weight' ? { ...entry, data: (entry.data as Float32Array).map(x => 1.5 * x) } : entry,
      ]),
    ),
  )
  test.each(fixtures.beams)(
    'finds what transformers finds ($prompt, $options)',
    async ({ prompt, options: o, texts, scores }) => {
      const found = await beamSearch(model, prompt, {
        beams: o.num_beams,
        maxNewTokens: o.max_new_tokens,
        nBest: o.num_return_sequences ?? 1,
        lengthPenalty: o.length_penalty ?? 1,
        earlyStopping: o.early_stopping ?? false,
        stopTokens: [o.eos_token_id].flat(),
      })
      expect(found.map(({ ids }) => ids)).toEqual(texts)
      for (const [i, { score }] of found.entries())
        expect(Math.abs(score - scores[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(score)))
    },
  )

  test('of one beam is greedy, and its score is that of its tokens', async () => {
    const [best] = await beamSearch(model, [1, 5], { beams: 1, maxNewTokens: 15, lengthPenalty: 0 })
    const tokens = await collect(generateTokens(model, [1, 5], { temperature: 0, maxNewTokens: 15, logprobs: 0 }))
    expect(best!.ids).toEqual(tokens.map(({ id }) => id))
    expect(best!.score).toBeCloseTo(
      tokens.reduce((sum, { logprob }) => sum + logprob!, 0),
      3,
    )
  })
  test('refuses more texts than beams, no beam, and a text beyond the context', async () => {
    const search = (options: object) => beamSearch(model, [1], { maxNewTokens: 5, ...options })
    await expect(search({ beams: 2, nBest: 3 })).rejects.toThrow('generate: nBest 3 is more than the 2 beams.')
    await expect(search({ beams: 0 })).rejects.toThrow('generate: beams must be a whole number of at least 1; got 0.')
    await expect(search({ lengthPenalty: Number.NaN })).rejects.toThrow(
      'lengthPenalty must be a finite number; got NaN.',
    )
    await expect(search({ maxNewTokens: 100 })).rejects.toThrow('the context is 48 long')
  })
})

describe('speculation', () => {
  test.each([1, 3, 6])('with %i proposals writes what the model alone writes, greedily', async proposals => {
    const model = newModel(1)
    for (const [draft, isItself] of [
      [newModel(2), false],
      [newModel(1), true],
    ] as const) {
      const counts: { proposed: number; accepted: number }[] = []
      const options = { maxNewTokens: 30, temperature: 0, repetitionPenalty: 1.3 }
      const text = await collect(
        speculate(model, draft, [1, 2, 3], { ...options, proposals, onEnd: c => counts.push(c) }),
      )
      expect(text).toEqual(await collect(generate(model, [1, 2, 3], options)))
      const [{ proposed, accepted }] = counts as [{ proposed: number; accepted: number }]
      // A draft that is the model itself is always right.
      if (isItself) expect(accepted).toBe(proposed)
      else expect(accepted).toBeLessThan(proposed)
    }
  })

  test('draws from the distribution of the model, whatever the draft', async () => {
    const model = newModel(1)
    const draft = newModel(2)
    const p = candidates(await logitsAfter(model, [5, 7]), { topK: 6 })
    const runs = 1500
    const first = new Map<number, number>()
    const second = new Map<number, number>()
    for (let seed = 0; seed < runs; seed++) {
      const [a, b] = (await collect(
        speculate(model, draft, [5, 7], { maxNewTokens: 2, topK: 6, seed, proposals: 2 }),
      )) as [number, number]
      first.set(a, (first.get(a) ?? 0) + 1 / runs)
      second.set(b, (second.get(b) ?? 0) + 1 / runs)
    }
    const expected = new Float64Array(vocabSize)
    for (const [i, id] of p.ids.entries()) {
      expect(Math.abs((first.get(id) ?? 0) - p.probabilities[i]!)).toBeLessThan(0.05)
      const then = candidates(await logitsAfter(model, [5, 7, id]), { topK: 6 })
      for (const [j, other] of then.ids.entries()) expected[other]! += p.probabilities[i]! * then.probabilities[j]!
    }
    for (const [id, q] of expected.entries()) expect(Math.abs((second.get(id) ?? 0) - q)).toBeLessThan(0.05)
  })

  test('refuses a draft with another vocabulary', async () => {
    setSeed(1)
    const other = new Gpt({ vocabSize: 7, contextLength: 64, numLayers: 1, numHeads: 1, embedDim: 4, dropout: 0 })
    await expect(speculate(newModel(), other, [1], { maxNewTokens: 2 }).next()).rejects.toThrow(
      'speculate: the model has 11 tokens and the draft 7.',
    )
  })
})

test('the tree of alternatives holds the likeliest tokens of each way and their probabilities', async () => {
  const model = newModel()
  const roots = await alternatives(model, [2, 4], { depth: 3, breadth: 2 })
  let count = 0
  const check = async (
    nodes: readonly Alternative[],
    text: readonly number[],
    before: number,
    deep: number,
  ): Promise<void> => {
    const logits = await logitsAfter(model, text)
    const order = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, 2)
    expect(nodes.map(({ id }) => id)).toEqual(order)
    for (const { id, probability, logprob, children } of nodes) {
      count++
      expect(Math.log(probability)).toBeCloseTo(logprobOf(logits, id), 4)
      expect(logprob).toBeCloseTo(before + logprobOf(logits, id), 4)
      if (deep < 3) await check(children, [...text, id], logprob, deep + 1)
      else expect(children).toEqual([])
    }
  }
  await check(roots, [2, 4], 0, 1)
  expect(count).toBe(2 + 4 + 8)
  const few = await alternatives(model, [2, 4], { depth: 1, breadth: 11, minProbability: 0.1 })
  expect(few.length).toBeLessThan(11)
  for (const { probability } of few) expect(probability).toBeGreaterThanOrEqual(0.1)
})

describe('the loss of a text', () => {
  const model = newModel(3, 16)
  const ids = Int32Array.from({ length: 83 }, (_, i) => (i * i + 5 * i) % vocabSize)

  test.each([1, 5, 11, 16])(
    'with stride %i counts each token once, after as many as the stride leaves',
    async stride => {
      const { loss, perplexity, tokens } = await textLoss(model, ids, { stride, batchSize: 3 })
      let total = 0
      let done = 0
      for (let start = 0; done < ids.length - 1; start += stride) {
        const end = Math.min(start + 16, ids.length - 1)
        for (; done < end; done++) {
          const logits = await logitsAfter(model, [...ids.slice(start, done + 1)])
          total -= logprobOf(logits, ids[done + 1]!)
        }
      }
      expect(tokens).toBe(82)
      expect(loss).toBeCloseTo(total / 82, 4)
      expect(perplexity).toBeCloseTo(Math.exp(total / 82), 3)
    },
  )
  test('refuses a stride beyond the context and a text of one token', async () => {
    await expect(textLoss(model, ids, { stride: 17 })).rejects.toThrow(
      "textLoss: stride must be a whole number from 1 to the context's 16; got 17.",
    )
    await expect(textLoss(model, ids.slice(0, 1))).rejects.toThrow('textLoss: the text has 1 tokens')
  })
})

test('a model of either kind is told from the other', () => {
  expect(isRecurrent(newModel() as LanguageModel)).toBe(false)
})
