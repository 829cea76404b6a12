import { ArgumentError } from '../../core/errors.ts'
import { fillUniform } from '../../core/philox.ts'
import { Generator } from '../../tensor/random.ts'
import { isRecurrent, type LanguageModel } from '../causal-model.ts'
import { cacheOf, requireRoom } from './decoder.ts'
import { checkGenerate, checkWhole, type GenerateOptions } from './options.ts'
import { Penalties } from './penalties.ts'
import { type Candidates, candidates, pick } from './sampling.ts'

export interface SpeculateOptions extends Omit<GenerateOptions, 'logprobs' | 'overflow'> {
  /** Tokens that the draft proposes at a time. Default 4. */
  readonly proposals?: number
  /** Told at the end how many tokens were proposed, and how many of them were taken. */
  readonly onEnd?: (counts: { readonly proposed: number; readonly accepted: number }) => void
}

/** What is drawn where a proposal was refused: max(0, p − q), over its sum. */
const remainder = (p: Candidates, q: Candidates): Candidates => {
  const drafted = new Map(q.ids.map((id, i) => [id, q.probabilities[i]!]))
  const left = p.ids.map((id, i) => Math.max(0, p.probabilities[i]! - (drafted.get(id) ?? 0)))
  const total = left.reduce((a, b) => a + b, 0)
  // Where p and q are the same but for rounding, nothing is left over.
  return total > 0 ? { ids: p.ids, probabilities: left.map(x => x / total) } : p
}
const probabilityOf = ({ ids, probabilities }: Candidates, id: number): number => probabilities[ids.indexOf(id)] ?? 0

/**
 * Writes on from a prompt as `generate` does, faster where a small draft model guesses well: the draft proposes a few tokens, the model reads them
 * at once and takes those that it might have drawn. Texts are distributed as the model's own, whatever the draft; with temperature 0 the text is
 * the one that `generate` writes.
 *
 * @example
 * const draft = new Gpt({ vocabSize: tokenizer.vocabSize, contextLength: 16, numLayers: 1, numHeads: 1, embedDim: 4 })
 * for await (const id of speculate(model, draft, tokenizer.encode('to'), { maxNewTokens: 8, temperature: 0 })) console.log(id)
 * @throws ArgumentError where the models have different vocabularies; DataError where prompt and new tokens are longer than a context
 * Source: Leviathan, Kalman & Matias 2023, "Fast Inference from Transformers via Speculative Decoding", algorithm 1.
 */
export async function* speculate(
  model: LanguageModel,
  draft: LanguageModel,
  prompt: ArrayLike<number>,
  options: SpeculateOptions,
): AsyncGenerator<number> {
  checkGenerate(options)
  const { maxNewTokens, proposals = 4, stopTokens = [], signal } = options
  checkWhole('proposals', proposals, 1)
  if (prompt.length === 0) throw new ArgumentError('generate: the prompt has no tokens. Give at least one.')
  if (model.config.vocabSize !== draft.config.vocabSize)
    throw new ArgumentError(
      `speculate: the model has ${model.config.vocabSize} tokens and the draft ${draft.config.vocabSize}. A draft must have the model's own vocabulary.`,
      { model: model.config.vocabSize, draft: draft.config.vocabSize },
    )
  for (const one of [model, draft])
    if (!isRecurrent(one)) requireRoom(prompt.length + maxNewTokens - 1, one.config.contextLength, 'error')
  if (maxNewTokens === 0) return
  const random = new Generator(options.seed ?? 0)
  const unit = new Float64Array(1)
  const uniform = (): number => {
    random.draw<Float64Array>(1, fillUniform)(unit)
    return unit[0]!
  }
  const text = Array.from(prompt)
  const penalties = new Penalties(prompt, options)
  const caches = { model: cacheOf(model), draft: cacheOf(draft) }
  let next = (await caches.model.start([text]))[0]!
  await caches.draft.start([text])
  let draftRead = text.length
  let [written, proposed, accepted] = [0, 0, 0]
  const end = (): void => options.onEnd?.({ proposed, accepted })

  // The first token is the model's own: the text's last token is one that neither has read.
  let id = pick(candidates(penalties.apply(next), options), uniform())
  for (;;) {
    text.push(id)
    penalties.add(id)
    yield id
    written += 1
    if (written >= maxNewTokens || stopTokens.includes(id) || signal?.aborted) return end()

    // The draft reads what it has not seen and goes on by itself.
    const count = Math.min(proposals, maxNewTokens - written)
    const guesses: { readonly id: number; readonly q: Candidates }[] = []
    const ahead = penalties.copy()
    let draftLogits = (await caches.draft.extend([text.slice(draftRead)]))[0]!.at(-1)!
    while (guesses.length < count) {
      const q = candidates(ahead.apply(draftLogits), options)
      const guess = pick(q, uniform())
      guesses.push({ id: guess, q })
      ahead.add(guess)
      if (guesses.length < count) draftLogits = (await caches.draft.next([guess]))[0]!
    }
    proposed += guesses.length

    // The model reads the last token and all guesses at once.
    const judged = (await caches.model.extend([[id, ...guesses.map(({ id: guess }) => guess)]]))[0]!
    let taken = 0
    id = -1
    for (const { id: guess, q } of guesses) {
      const p = candidates(penalties.apply(judged[taken]!), options)
      if (uniform() * probabilityOf(q, guess) >= probabilityOf(p, guess)) {
        id = pick(remainder(p, q), uniform())
        break
      }
      taken += 1
      accepted += 1
      text.push(guess)
      penalties.add(guess)
      yield guess
      written += 1
      if (written >= maxNewTokens || stopTokens.includes(guess) || signal?.aborted) return end()
    }
    if (id === -1) {
      next = judged[taken]!
      id = pick(candidates(penalties.apply(next), options), uniform())
    }
    // Both forget the guesses that were refused; the draft has not read the last one at all.
    caches.model.rewind([text.length])
    draftRead = Math.min(text.length, caches.draft.lengths[0]!)
    caches.draft.rewind([draftRead])
  }
}
