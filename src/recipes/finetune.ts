import { join, readFile } from '#files'
import { ArgumentError, DataError, ModelError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number, oneOf, text, texts } from '../core/options.ts'
import { adapterConfig, isAdapterFolder, type Lora, lora, loraRules, notLearned } from '../finetune/index.ts'
import { isRecord } from '../io/json.ts'
import { type AnyLanguageModel, loadLanguageModel } from '../models/language-folder.ts'
import type { Module } from '../nn/module.ts'
import { accumulator, adamw } from '../optim/index.ts'
import { crossEntropy } from '../tensor/functions.ts'
import { Generator, generator, setSeed } from '../tensor/random.ts'
import { compile } from '../tensor/transforms.ts'
import { isRecurrent } from '../text/causal-model.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { tokenizerConfig } from '../text/tokenizer-config.ts'
import { allWindows, randomWindows, type TokenBatch } from '../text/windows.ts'
import type { TrainTask } from '../train/trainer.ts'
import { checkRate, scheduleOf } from './learning-rate.ts'
import { chatTemplateOf, sftData, type TuneData } from './sft.ts'
import { tokensOf, windowOptions } from './text-training.ts'

/** Peak rates; adapters bear more. */
const rates = { full: 3e-4, lora: 3e-3 } as const
const { learningRate: _, ...windows } = windowOptions()

/** Everything about going on with the training of a language model. */
export const finetuneOptions = defineOptions({
  base: text({
    required: true,
    placeholder: 'PATH',
    help: 'the model to begin with: a run or model folder, or a GGUF file',
  }),
  data: text({
    required: true,
    placeholder: 'PATH',
    help: 'what to learn: a text file, a folder of them, or - for standard input; or a .jsonl file of conversations (messages) or of prompts and completions, of which answers alone are learned',
  }),
  lora: flag({ help: 'learn low-rank changes of the matrices, and save them alone; the base stays as it is' }),
  rank: loraRules.rank,
  alpha: loraRules.alpha,
  targets: texts({
    placeholder: 'LAYER',
    help: 'layers to adapt, by the end of their path (c_attn, q_proj); every linear one but the head unless given',
  }),
  loraDropout: loraRules.dropout,
  scaling: loraRules.scaling,
  weights: oneOf(['float32', 'float16', 'int8', 'int4'], {
    default: 'float32',
    help: 'what the base is kept in while adapters learn',
  }),
  chatTemplate: text({
    placeholder: 'NAME|FILE',
    help: 'how conversations are written: chatml, llama2, llama3, mistral, zephyr, plain, or a file in Jinja; as the model has it unless given',
  }),
  packing: flag({ help: 'put several examples into a window; no target crosses from one to the next' }),
  contextLength: integer({ min: 1, aliases: ['context'], help: "tokens of a window; the model's unless given" }),
  learningRate: number({
    above: 0,
    aliases: ['lr'],
    help: `peak learning rate; ${rates.full}, or ${rates.lora} with --lora, unless given`,
  }),
  ...windows,
})
export type FinetuneOptions = Infer<typeof finetuneOptions>

const isExamples = (path: string): boolean => /\.(jsonl|ndjson)$/i.test(path)

const rateOf = (o: FinetuneOptions): FinetuneOptions & { readonly learningRate: number } => ({
  ...o,
  learningRate: o.learningRate ?? (o.lora ? rates.lora : rates.full),
})

/** Rules that concern several options. @throws ArgumentError */
export const checkFinetuneOptions = (o: FinetuneOptions): void => {
  const { declaration } = finetuneOptions
  const changed = (['rank', 'alpha', 'loraDropout', 'scaling', 'weights', 'targets'] as const).find(
    name => o[name] !== undefined && o[name] !== declaration[name].default,
  )
  const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}`
  if (!o.lora && changed)
    throw new ArgumentError(`train: ${flagOf(changed)} is for adapters. Give --lora too, or leave it out.`)
  const chat = o.packing ? '--packing' : o.chatTemplate === undefined ? undefined : '--chat-template'
  if (chat && !isExamples(o.data))
    throw new ArgumentError(
      `train: ${chat} is for examples, and ${o.data} is a text. Give a .jsonl file, or leave it out.`,
    )
  checkRate('train', rateOf(o), o.steps)
}

/** A model and what of it is trained, ready to go on. */
export interface FinetuneRun {
  readonly model: AnyLanguageModel
  readonly tokenizer: Tokenizer
  readonly stopTokens: readonly number[]
  /** The adapters, where these alone are trained. */
  readonly adapters: Lora | null
  readonly task: TrainTask
  readonly data: TuneData
  /** Jinja template of conversations, where there is one. */
  readonly template: string | undefined
  /** Mean loss in nats over all that was kept back, per token that counts. */
  readonly fullLoss: () => Promise<number>
  /** Files that make a folder of the whole model. */
  readonly modelDocuments: Readonly<Record<string, unknown>>
}

/** A JSON document of the base's folder, or nothing. */
const documentOf = async (base: string, name: string): Promise<Record<string, unknown> | undefined> => {
  const content = await readFile(join(base, name), 'utf8').catch(() => 'null')
  try {
    const value: unknown = JSON.parse(content)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A template by name or from a file. @throws DataError where there is neither */
const templateGiven = async (name: string): Promise<string> =>
  chatTemplateOf(name) ??
  (await readFile(name, 'utf8').catch(error => {
    throw new DataError(
      `--chat-template is ${JSON.stringify(name)}, which is neither chatml, llama2, llama3, mistral, zephyr or plain nor a file that can be read.`,
      { name },
      error,
    )
  }))

const textData = (content: string, tokenizer: Tokenizer, o: FinetuneOptions & { contextLength: number }): TuneData => {
  const { trainTokens, valTokens } = tokensOf(content, tokenizer, o)
  const { contextLength, batchSize, seed } = o
  return {
    window: contextLength,
    at: draw => randomWindows(trainTokens, contextLength, batchSize, new Generator(seed + draw).fork(1)),
    *heldOut(limit) {
      for (const batch of allWindows(valTokens, contextLength, batchSize, limit))
        yield { ...batch, count: batch.x.size }
    },
    notes: [
      `${trainTokens.length.toLocaleString('en')} tokens to train on, ${valTokens.length.toLocaleString('en')} to validate`,
    ],
  }
}

/** Mean −ln p of the targets that count; a model with a state begins each window anew. */
const lossOf = (model: AnyLanguageModel, { x, y }: TokenBatch) => {
  const logits = isRecurrent(model) ? model.read(x, model.startState(x.shape[0])).logits : model.forward(x)
  return crossEntropy(logits, y, { ignoreIndex: notLearned })
}

/** What is trained, its optimizer, and its updates. */
const updates = (model: AnyLanguageModel, trained: Module, data: TuneData, o: FinetuneOptions) => {
  const optimizer = adamw(trained, {
    learningRate: scheduleOf(rateOf(o), o.steps),
    weightDecay: o.weightDecay,
    beta1: o.beta1,
    beta2: o.beta2,
    decays: (_, shape) => shape.length >= 2,
    ...(o.clipNorm > 0 && { clipNorm: o.clipNorm }),
  })
  const sums = accumulator(optimizer)
  const update = compile((x: TokenBatch['x'], y: TokenBatch['y']) => {
    const loss = lossOf(model, { x, y })
    optimizer.step(optimizer.gradients(loss))
    return loss
  })
  const part = compile((x: TokenBatch['x'], y: TokenBatch['y'], last: boolean) => {
    const loss = lossOf(model, { x, y })
    sums.add(loss.div(o.accumulate))
    if (last) sums.step()
    return loss
  })
  const step = async (): Promise<number> => {
    const first = optimizer.stepCount * o.accumulate
    if (o.accumulate === 1) {
      const { x, y } = data.at(first)
      return (await update(x, y)).item()
    }
    let total = 0
    for (let k = 0; k < o.accumulate; k++) {
      const { x, y } = data.at(first + k)
      total += await (await part(x, y, k === o.accumulate - 1)).item()
    }
    return total / o.accumulate
  }
  return { optimizer, step }
}

const meanLoss = (model: AnyLanguageModel) => {
  const loss = compile((x: TokenBatch['x'], y: TokenBatch['y']) => lossOf(model, { x, y }))
  return async (batches: ReturnType<TuneData['heldOut']>): Promise<number> => {
    const { training } = model
    model.eval()
    let [total, count] = [0, 0]
    try {
      for (const { x, y, count: n } of batches) {
        total += (await (await loss(x, y)).item()) * n
        count += n
      }
    } finally {
      model.train(training)
    }
    return total / count
  }
}

const contextOf = (model: AnyLanguageModel, o: FinetuneOptions): number => {
  const { contextLength } = model.config
  const given = o.contextLength ?? contextLength
  if (given <= contextLength) return given
  throw new ArgumentError(
    `train: --context is ${given}, and the context of ${o.base} is ${contextLength}. Give at most that.`,
  )
}

/**
 * A language model from a folder or file, ready to be tuned on a text or on examples: whole, or by adapters.
 *
 * @param content the text, or the lines of examples
 * @throws ModelError where there is no such model; DataError where the data is too short or no such data; ArgumentError for a layer or a
 * context that the model has not
 * Source: Hu et al. 2021 (adapters); Ouyang et al. 2022, section 3 (tuning on demonstrations).
 */
export const prepareFinetune = async (content: string, o: FinetuneOptions): Promise<FinetuneRun> => {
  if (o.lora && (await isAdapterFolder(o.base)))
    throw new ModelError(
      `train: ${o.base} holds adapters, and adapters need a whole model below them. Write one with --merge, or give the base itself.`,
    )
  const { model, tokenizer, stopTokens } = await loadLanguageModel(o.base, { dtype: o.weights })
  const contextLength = contextOf(model, o)
  setSeed(o.seed)
  const source = generator()
  const known = await documentOf(o.base, 'tokenizer_config.json')
  const own = known?.chat_template
  const template =
    o.chatTemplate === undefined ? (typeof own === 'string' ? own : undefined) : await templateGiven(o.chatTemplate)
  const data = isExamples(o.data)
    ? sftData(content, tokenizer, { ...o, contextLength, template })
    : textData(content, tokenizer, { ...o, contextLength })
  const adapters = o.lora ? adaptersOf(model, o) : null
  model.train()
  const { optimizer, step } = updates(model, adapters ?? model, data, o)
  const mean = meanLoss(model)
  const shared = {
    'tokenizer.json': tokenizer.toJSON(),
    'tokenizer_config.json': {
      ...(known ?? tokenizerConfig(tokenizer)),
      ...(template !== undefined && { chat_template: template }),
    },
  }
  const modelDocuments = {
    'config.json': model.toJSON(),
    'generation_config.json': (await documentOf(o.base, 'generation_config.json')) ?? {
      _from_model_config: true,
      do_sample: true,
      max_length: model.config.contextLength,
    },
    ...shared,
  }
  const task: TrainTask = {
    model: adapters ?? model,
    optimizer,
    step,
    evaluate: async () => ({ loss: await mean(data.heldOut(o.evalBatches * o.batchSize)) }),
    generators: { default: source },
    documents: {
      ...(adapters ? { 'adapter_config.json': adapterConfig(adapters, o.base), ...shared } : modelDocuments),
      'train.json': JSON.parse(finetuneOptions.toJson(o)),
    },
  }
  return {
    model,
    tokenizer,
    stopTokens,
    adapters,
    task,
    data,
    template,
    fullLoss: () => mean(data.heldOut()),
    modelDocuments,
  }
}

const adaptersOf = (model: AnyLanguageModel, { rank, alpha, loraDropout, scaling, targets }: FinetuneOptions): Lora =>
  lora(model, {
    rank,
    dropout: loraDropout,
    scaling,
    ...(alpha !== undefined && { alpha }),
    ...(targets !== undefined && targets.length > 0 && { targets }),
  })
