import { DataError } from '../core/errors.ts'
import { defineOptions, flag, type Infer, integer, number, oneOf, text, texts } from '../core/options.ts'
import { type LoadedLanguageModel, loadLanguageModel } from '../models/language-folder.ts'
import {
  beamSearch,
  type GeneratedToken,
  type GenerateTextOptions,
  generateBatch,
  generateText,
  promptTokens,
  speculate,
  streamDecoder,
  textPieces,
} from '../text/index.ts'
import { type Context, defineCommand } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readText } from './io.ts'

const options = defineOptions({
  model: text({
    required: true,
    placeholder: 'PATH',
    help: 'run or model folder, a GGUF file, or a llama2.c checkpoint',
  }),
  tokenizer: text({ placeholder: 'PATH', help: "file or folder of the tokenizer; the model's own unless given" }),
  adapter: text({ placeholder: 'DIR', help: 'folder of adapters for the model, of train --lora or of PEFT' }),
  prompt: text({
    placeholder: 'TEXT',
    help: 'text to go on from; - reads standard input; the token that begins texts, or a line break, unless given',
  }),
  prompts: text({ placeholder: 'FILE', help: 'go on from each line of a file, all at once; - reads standard input' }),
  maxNewTokens: integer({ default: 200, min: 0, aliases: ['tokens'], help: 'tokens to write' }),
  temperature: number({ default: 0.8, min: 0, help: 'randomness; 0 takes the most likely token' }),
  topK: integer({ min: 1, help: 'draw from the k most likely tokens' }),
  topP: number({ above: 0, max: 1, help: 'draw from the fewest tokens that reach this probability' }),
  minP: number({ min: 0, max: 1, help: 'draw from tokens at least this share as likely as the likeliest' }),
  typicalP: number({ above: 0, max: 1, help: 'draw from the most typical tokens that reach this probability' }),
  repetitionPenalty: number({ above: 0, help: 'divide the scores of tokens that are there already; 1 does nothing' }),
  frequencyPenalty: number({ help: 'take this off a score for each time that its token was written' }),
  presencePenalty: number({ help: 'take this off the scores of tokens that were written' }),
  stop: texts({ placeholder: 'TEXT', help: 'end before this text; may be given several times' }),
  ignoreEnd: flag({ help: 'write on where the model ends the text' }),
  logprobs: integer({ min: 0, help: 'with --json, ln p of each token and of so many likely ones' }),
  beams: integer({ min: 1, help: 'search for a likely text with so many beginnings in place of drawing one' }),
  nBest: integer({ min: 1, help: 'texts of the search to write, the best first' }),
  lengthPenalty: number({ help: 'score of the search: ln p over the length to this power; 1 unless given' }),
  draft: text({ placeholder: 'PATH', help: 'a smaller model with the same tokens that guesses ahead' }),
  proposals: integer({ min: 1, help: 'tokens that the draft guesses at a time; 4 unless given' }),
  overflow: oneOf(['slide', 'error'], {
    default: 'slide',
    help: 'where the text is longer than the context: read its end, or refuse',
  }),
  weights: oneOf(['float32', 'float16', 'int8', 'int4'], {
    default: 'float32',
    help: 'what the weights are kept in; float16 takes half the memory, int8 and int4 less and are faster',
  }),
  seed: integer({ default: 0, min: 0, help: 'the same seed writes the same text' }),
})
type Options = Infer<typeof options>

export const generateCommand = defineCommand({
  name: 'generate',
  summary: 'write on from a prompt with a trained model',
  examples: [
    'gradus generate --model runs/bard --prompt "ROMEO:" --tokens 200 --temperature 0.8 --top-k 40 --seed 7',
    'gradus generate --model stories.bin --tokenizer tok512.bin --prompt "" --temperature 0',
    'gradus generate --model gpt2 --prompt "The capital of France" --beams 4 --n-best 2',
    'echo -n "To be" | gradus generate --model runs/bard --prompt -',
  ],
  options,
  positionals: ['model'],
  check,
  async run(context) {
    const { options: o, note } = context
    const loaded = await loadLanguageModel(o.model, {
      dtype: o.weights,
      ...(o.tokenizer !== undefined && { tokenizer: o.tokenizer }),
      ...(o.adapter !== undefined && { adapter: o.adapter }),
    })
    if (o.beams !== undefined) return search(context, loaded)
    note(`seed ${o.seed}`)
    await (o.prompts === undefined ? one(context, loaded) : several(context, loaded))
  },
})

/** What has no effect together. */
function check(o: Options): void {
  const given = (names: readonly (keyof Options)[]) => names.filter(name => o[name] !== undefined)
  const refuse = (names: readonly (keyof Options)[], why: string): void => {
    const [name] = given(names)
    if (name) throw new UsageError(`generate: --${name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)} ${why}`)
  }
  if (o.prompt !== undefined && o.prompts !== undefined)
    throw new UsageError('generate: --prompt and --prompts contradict each other. Give one of them.')
  if (o.beams === undefined) refuse(['nBest', 'lengthPenalty'], 'is for a search. Give --beams too.')
  else {
    refuse(
      [
        'topK',
        'topP',
        'minP',
        'typicalP',
        'repetitionPenalty',
        'frequencyPenalty',
        'presencePenalty',
        'logprobs',
        'draft',
        'prompts',
        'stop',
      ],
      'has no effect with --beams, which searches in place of drawing. Leave one of them out.',
    )
    if ((o.nBest ?? 1) > o.beams)
      throw new UsageError(`generate: --n-best ${o.nBest} is more than the ${o.beams} of --beams. Give more beams.`)
  }
  if (o.draft === undefined) refuse(['proposals'], 'is of the draft. Give --draft too.')
  else refuse(['prompts', 'logprobs'], 'is not there with --draft. Leave one of them out.')
}

const promptOf = async ({ options: o, io }: Context<Options>): Promise<string> =>
  o.prompt === '-' ? readText(io, '-') : (o.prompt ?? '')

/** The library's options among the command's. */
const samplingOf = (o: Options, { stopTokens }: LoadedLanguageModel): GenerateTextOptions => {
  const { maxNewTokens, temperature, seed, overflow } = o
  const { topK, topP, minP, typicalP, repetitionPenalty, frequencyPenalty, presencePenalty, stop, logprobs } = o
  const given = { topK, topP, minP, typicalP, repetitionPenalty, frequencyPenalty, presencePenalty, stop, logprobs }
  return {
    maxNewTokens,
    temperature,
    seed,
    overflow,
    stopTokens: o.ignoreEnd ? [] : stopTokens,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  }
}

/** A document of a token; ln p of it and of others where they were asked for. */
const tokenDocument = ({ id, logprob, alternatives }: GeneratedToken, { tokenizer }: LoadedLanguageModel): object => ({
  id,
  ...(logprob !== undefined && {
    logprob,
    alternatives: alternatives?.map(one => ({ ...one, text: tokenizer.decode([one.id]) })),
  }),
})

/** One text as it comes. */
const one = async (context: Context<Options>, loaded: LoadedLanguageModel): Promise<void> => {
  const { options: o, io, json, event } = context
  const prompt = await promptOf(context)
  const write = (piece: string): void => {
    if (!json && piece !== '') io.stdout.write(piece)
  }
  const ids = promptTokens(loaded.tokenizer, prompt)
  const sampling = { ...samplingOf(o, loaded), signal: context.stopSignal() }
  const pieces =
    o.draft === undefined
      ? generateText(loaded.model, loaded.tokenizer, ids, sampling)
      : textPieces(drafted(context, loaded, ids, sampling), { ...sampling, tokenizer: loaded.tokenizer, prompt: ids })
  let written = ''
  let count = 0
  let reason: string | undefined
  let begun = false
  for await (const { text: piece, token, reason: why } of pieces) {
    if (!begun) write(prompt)
    begun = true
    written += piece
    write(piece)
    reason = why
    if (!token) continue
    count += 1
    event({ type: 'token', text: piece, ...tokenDocument(token, loaded) })
  }
  write('\n')
  event({ type: 'done', prompt, text: written, tokens: count, seed: o.seed, reason })
}

/** Tokens as `generateTokens` gives them, with a draft that guesses ahead. */
async function* drafted(
  { options: o, note }: Context<Options>,
  { model }: LoadedLanguageModel,
  ids: Int32Array,
  { stop: _, logprobs: __, overflow: ___, ...sampling }: GenerateTextOptions,
): AsyncGenerator<GeneratedToken> {
  const { model: draft } = await loadLanguageModel(o.draft!, {
    dtype: o.weights,
    ...(o.tokenizer !== undefined && { tokenizer: o.tokenizer }),
  })
  const onEnd = (counts: { proposed: number; accepted: number }): void =>
    note(`${counts.accepted} of ${counts.proposed} tokens that the draft proposed were taken`)
  const proposals = o.proposals !== undefined && { proposals: o.proposals }
  for await (const id of speculate(model, draft, ids, { ...sampling, onEnd, ...proposals })) yield { id }
}

/** A text for each line of a file. */
const several = async (context: Context<Options>, loaded: LoadedLanguageModel): Promise<void> => {
  const { options: o, io, json, event } = context
  const { tokenizer, model } = loaded
  const lines = (await readText(io, o.prompts!)).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) throw new DataError(`${o.prompts}: has no lines. Give a prompt on each.`)
  const prompts = lines.map(line => promptTokens(tokenizer, line))
  const sampling = { ...samplingOf(o, loaded), signal: context.stopSignal() }
  const found = await generateBatch(model, prompts, sampling)
  for (const [row, tokens] of found.entries()) {
    let written = ''
    let reason: string | undefined
    for await (const piece of textPieces(tokens, { ...sampling, tokenizer, prompt: prompts[row]! })) {
      written += piece.text
      reason = piece.reason
    }
    const each = o.logprobs === undefined ? {} : { each: tokens.map(token => tokenDocument(token, loaded)) }
    event({ type: 'text', prompt: lines[row], text: written, tokens: tokens.length, reason, ...each })
    if (!json) io.stdout.write(`${row > 0 ? '\n' : ''}${lines[row]}${written}\n`)
  }
  event({ type: 'done', prompts: lines.length, seed: o.seed })
}

/** The best texts of a search. */
const search = async (
  context: Context<Options>,
  { model, tokenizer, stopTokens }: LoadedLanguageModel,
): Promise<void> => {
  const { options: o, result } = context
  const prompt = await promptOf(context)
  const ids = promptTokens(tokenizer, prompt)
  const ends = o.ignoreEnd ? [] : stopTokens
  const found = await beamSearch(model, ids, {
    beams: o.beams!,
    maxNewTokens: o.maxNewTokens,
    stopTokens: ends,
    signal: context.stopSignal(),
    ...(o.nBest !== undefined && { nBest: o.nBest }),
    ...(o.lengthPenalty !== undefined && { lengthPenalty: o.lengthPenalty }),
  })
  const texts = found.map(({ ids: own, logprob, score }) => {
    const decoder = streamDecoder(tokenizer, ids)
    const kept = ends.includes(own.at(-1)!) ? own.slice(0, -1) : own
    const written = kept.map(id => decoder.push(id)).join('') + decoder.flush()
    return { text: written, tokens: own.length, logprob, score }
  })
  const scored = (score: number): string => (texts.length > 1 ? `\n(score ${score.toFixed(4)})\n` : '')
  result(
    { prompt, texts },
    texts
      .map(({ text: own, score }) => `${prompt}${own}${scored(score)}`)
      .join('\n')
      .trimEnd(),
  )
}
