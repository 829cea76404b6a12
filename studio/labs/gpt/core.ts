import { ArgumentError, compile, DataError, fromArray, type Shape, type Tensor } from 'gradus'
import type { Gpt } from 'gradus/models'
import { captureOutputs } from 'gradus/nn'
import { gptOptions, prepareGpt } from 'gradus/recipes'
import {
  type Alternative,
  alternatives,
  beamSearch,
  candidates,
  Decoder,
  generateText,
  promptTokens,
  type SamplingOptions,
  type Tokenizer,
} from 'gradus/text'
import type { Core } from '../../kit/lab.ts'
import { loadModelFiles, modelFiles } from '../../kit/model-files.ts'
import type { Settings } from './about.ts'
import { corpora } from './corpus.ts'
import { program } from './program.ts'
import type { Branch, GptShot, Look, NextToken, Question, Sample } from './shot.ts'

/** Steps between two looks at the validation text, and between two samples. */
const [evalEvery, sampleEvery] = [50, 100]
/** A longer text a page does not hold in tokens. */
const mostCharacters = 4_000_000
/** Tokens of a sample, branches' depth and breadth, tokens of a beam, and tokens that are listed. */
const [sampleTokens, depth, breadth, beamTokens, listed] = [90, 3, 3, 16, 14]

/** The options of `gradus train gpt` that a lab's settings stand for. */
export const recipeOptions = (s: Settings) =>
  gptOptions.validate('gpt', {
    data: s.corpus,
    tokenizer: s.tokenizer,
    ...(s.tokenizer === 'bpe' && { vocabSize: s.vocabSize }),
    numLayers: s.numLayers,
    numHeads: s.numHeads,
    embedDim: s.embedDim,
    contextLength: s.contextLength,
    batchSize: s.batchSize,
    learningRate: s.learningRate,
    lrSchedule: 'constant',
    warmupSteps: 20,
    dropout: s.dropout,
    evalBatches: 4,
    seed: s.seed,
  })

const sampling = ({ temperature, topK, topP, minP }: Settings): SamplingOptions => ({
  temperature,
  topP,
  minP,
  ...(topK > 0 && { topK }),
})

export const core: Core<Settings, GptShot> = {
  program,
  async prepare(first, own) {
    let settings = first
    if (settings.embedDim % settings.numHeads !== 0) {
      throw new ArgumentError(
        `The width ${settings.embedDim} cannot be shared among ${settings.numHeads} heads: choose a width that is a multiple of the heads.`,
      )
    }
    const whole = own?.text ?? corpora[settings.corpus]()
    const content = whole.slice(0, mostCharacters)
    if (own && content.trim().length < 200)
      throw new DataError(
        `${own.name}: has ${content.trim().length} characters. Give a text of some pages to learn from.`,
      )
    const { model, tokenizer, task, trainTokens, valTokens } = await prepareGpt(content, {
      ...recipeOptions(settings),
      ...(own && { data: own.name }),
    })
    const reader = new Reader(model, tokenizer)
    const samples: Sample[] = []
    let step = 0
    let val = Number.NaN
    const writeSample = async (): Promise<void> => {
      // A text of one's own may not have the prompt's characters.
      const prompt = reader.reads(settings.prompt) ? settings.prompt : ''
      const text = await reader.write(prompt, {
        ...sampling(settings),
        seed: settings.seed,
        maxNewTokens: sampleTokens,
      })
      samples.push({ step, text: prompt + text })
      if (samples.length > 60) samples.splice(1, 1)
    }
    await writeSample()
    return {
      set: next => {
        settings = next
      },
      async step() {
        const loss = await task.step()
        step += 1
        if (step % sampleEvery === 0) await writeSample()
        if (step % evalEvery !== 0) return { loss }
        val = (await task.evaluate!()).loss
        return { loss, val }
      },
      async shot() {
        return {
          facts: {
            parameters: model.parameterCount(),
            vocabSize: tokenizer.vocabSize,
            trainTokens: trainTokens.length,
            valTokens: valTokens.length,
            characters: content.length,
            val: Number.isNaN(val) ? null : val,
            sample: samples.at(-1)!.text,
          },
          samples: samples.slice(-8),
        }
      },
      async ask(question) {
        const asked = question as Question
        if ('look' in asked) return reader.look(asked.look, settings, asked.without)
        const { write, tokens, ...rest } = asked
        return reader.write(write, { ...sampling(settings), seed: settings.seed, maxNewTokens: tokens, ...rest })
      },
      files: async () => [
        ...(await modelFiles(saved())).filter(({ name }) => name === 'model.safetensors'),
        ...Object.entries(task.documents)
          .filter(([name]) => name !== 'train.json')
          .map(([name, document]) => ({
            name,
            type: 'application/json',
            bytes: new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`),
          })),
      ],
      async load(files) {
        loadModelFiles(files, saved())
      },
      ...(own && {
        report: {
          name: own.name,
          used: content.length,
          unit: 'characters',
          dropped:
            whole.length > content.length
              ? [
                  {
                    count: whole.length - content.length,
                    why: `a page learns from the first ${mostCharacters.toLocaleString('en')}; the command train gpt takes all`,
                  },
                ]
              : [],
          notes: [
            `${trainTokens.length.toLocaleString('en')} tokens to learn from, ${valTokens.length.toLocaleString('en')} at its end to validate, ${tokenizer.vocabSize} different ones.`,
          ],
        },
      }),
    }
    function saved() {
      const { numLayers, numHeads, embedDim, contextLength, vocabSize } = model.config
      const config = { numLayers, numHeads, embedDim, contextLength, vocabSize, text: own?.name ?? settings.corpus }
      return { lab: 'gpt', model, config }
    }
  },
}

/** Asks a model about a prompt. */
class Reader {
  private readonly model: Gpt
  private readonly tokenizer: Tokenizer
  private readonly weights: (ids: Tensor<Shape, 'int32'>) => Promise<Tensor[]>

  constructor(model: Gpt, tokenizer: Tokenizer) {
    this.model = model
    this.tokenizer = tokenizer
    // What goes through the dropout of attention is the attention.
    const names = Array.from({ length: model.config.numLayers }, (_, i) => `transformer.h.${i}.attn.attn_dropout`)
    this.weights = compile((ids: Tensor<Shape, 'int32'>) => [
      ...captureOutputs(model, names, () => model.forward(ids as never)).outputs.values(),
    ]) as unknown as (ids: Tensor<Shape, 'int32'>) => Promise<Tensor[]>
  }

  /** A token as it is shown. */
  private word(id: number): string {
    return this.tokenizer.decode([id])
  }

  private async still<T>(work: () => Promise<T>): Promise<T> {
    const { training } = this.model
    this.model.eval()
    try {
      return await work()
    } finally {
      this.model.train(training)
    }
  }

  private encode(prompt: string): Int32Array {
    try {
      return promptTokens(this.tokenizer, prompt)
    } catch (error) {
      throw new ArgumentError(`The prompt cannot be read: ${(error as Error).message}`)
    }
  }

  /** Whether a text can be written in the model's tokens. */
  reads(prompt: string): boolean {
    try {
      promptTokens(this.tokenizer, prompt)
      return true
    } catch {
      return false
    }
  }

  async write(prompt: string, options: Parameters<typeof generateText>[3]): Promise<string> {
    const ids = this.encode(prompt)
    let text = ''
    await this.still(async () => {
      for await (const piece of generateText(this.model, this.tokenizer, ids, options)) text += piece.text
    })
    return text
  }

  look(prompt: string, settings: Settings, off?: readonly [number, number]): Promise<Look> {
    return this.still(async () => {
      const all = this.encode(prompt)
      const { contextLength, numLayers, numHeads } = this.model.config
      const ids = all.slice(-contextLength)
      const logits = await this.logits(ids)
      const weights = await this.weights(fromArray(ids, [1, ids.length], 'int32'))
      const attention = new Float32Array(numLayers * numHeads * ids.length ** 2)
      for (const [layer, tensor] of weights.entries())
        attention.set((await tensor.data()) as Float32Array, layer * numHeads * ids.length ** 2)
      const next = this.next(logits, settings)
      // What is looked ahead needs its place in the context.
      const ahead = Math.min(beamTokens, contextLength >> 1)
      const room = ids.slice(-(contextLength - ahead))
      const branches = await alternatives(this.model, room, { depth, breadth, minProbability: 0.05 })
      const beams = await beamSearch(this.model, room, {
        beams: settings.beams,
        nBest: settings.beams,
        maxNewTokens: ahead,
        lengthPenalty: 0,
      })
      const without = off && (await this.withoutHead(off, () => this.logits(ids)))
      const largest = Math.max(...logits)
      return {
        tokens: Array.from(ids, id => this.word(id)),
        unseen: all.length - ids.length,
        next,
        total: { largest, sum: logits.reduce((sum, z) => sum + Math.exp(z - largest), 0) },
        branches: branches.map(branch => this.branch(branch)),
        beams: beams.map(({ ids: written, logprob }) => ({ text: this.tokenizer.decode(written), logprob })),
        attention,
        layers: numLayers,
        heads: numHeads,
        ...(without && { without: probabilitiesOf(without, next) }),
      }
    })
  }

  private async logits(ids: ArrayLike<number>): Promise<Float32Array> {
    return (await new Decoder(this.model).start(ids)).slice()
  }

  private branch({ id, probability, children }: Alternative): Branch {
    return { id, text: this.word(id), probability, children: children.map(child => this.branch(child)) }
  }

  /** The likeliest tokens, and what each filter leaves of them. */
  private next(logits: Float32Array, { temperature, topK, topP, minP }: Settings): NextToken[] {
    const k = topK > 0 ? { topK } : {}
    const filters: SamplingOptions[] = [
      {},
      { temperature },
      { temperature, ...k },
      { temperature, ...k, topP },
      { temperature, ...k, topP, minP },
    ]
    const tables = filters.map(options => {
      const { ids, probabilities } = candidates(logits, options)
      return new Map(ids.map((id, i) => [id, probabilities[i]!]))
    })
    const order = candidates(logits, { topK: Math.min(listed, logits.length) }).ids
    return order.map(id => ({
      id,
      text: this.word(id),
      logit: logits[id]!,
      probabilities: tables.map(table => table.get(id) ?? 0),
    }))
  }

  /** Computes with a head whose output does not reach the sum. */
  private async withoutHead<T>([layer, head]: readonly [number, number], work: () => Promise<T>): Promise<T> {
    const { weight } = this.model.transformer.h[layer]!.attn.c_proj
    await this.model.fetch()
    const before = (weight.buffer.array as Float32Array).slice()
    const [rows, columns] = weight.shape
    const size = rows / this.model.config.numHeads
    const cut = before.slice()
    cut.fill(0, head * size * columns, (head + 1) * size * columns)
    weight.set({ dtype: 'float32', array: cut })
    try {
      return await work()
    } finally {
      weight.set({ dtype: 'float32', array: before })
    }
  }
}

const probabilitiesOf = (logits: Float32Array, next: readonly NextToken[]): number[] => {
  const { ids, probabilities } = candidates(logits, {})
  const table = new Map(ids.map((id, i) => [id, probabilities[i]!]))
  return next.map(({ id }) => table.get(id) ?? 0)
}
