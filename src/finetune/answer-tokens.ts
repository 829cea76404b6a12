import { DataError, ModelError } from '../core/errors.ts'
import { applyChatTemplate, type ChatMessage } from '../text/chat-template.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { SftExample } from './sft-data.ts'

/** An example as a model reads it. */
export interface TokenizedExample {
  readonly ids: Int32Array
  /** 1 where a token is of an answer, which is what is learned. */
  readonly answer: Uint8Array
}

export interface AnswerOptions {
  readonly tokenizer: Tokenizer
  /** Jinja template of conversations. */
  readonly template?: string | undefined
}

/** The words of the tokens that begin and end a text, as templates have them. */
export const chatTokens = (tokenizer: Tokenizer): { readonly bosToken?: string; readonly eosToken?: string } => {
  const word = (id: number | undefined): string | undefined =>
    id === undefined ? undefined : (tokenizer.tokenOf?.(id) ?? tokenizer.decode([id]))
  const [bosToken, eosToken] = [word(tokenizer.bosId), word(tokenizer.eosId)]
  return { ...(bosToken !== undefined && { bosToken }), ...(eosToken !== undefined && { eosToken }) }
}

/** How many ids two texts begin with alike. */
const shared = (a: Int32Array, b: Int32Array): number => {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return i
  return n
}

const ofMessages = (messages: readonly ChatMessage[], { tokenizer, template }: AnswerOptions): TokenizedExample => {
  if (template === undefined)
    throw new ModelError(
      'answerTokens: the model has no chat template, and messages need one. Give one, such as that of chatml or plain.',
    )
  const words = chatTokens(tokenizer)
  const written = (count: number, addGenerationPrompt: boolean): string =>
    applyChatTemplate(messages.slice(0, count), template, { ...words, addGenerationPrompt })
  // A template writes the tokens around a text itself.
  const encode = (text: string): Int32Array => tokenizer.encode(text, { specialTokens: false })
  const whole = written(messages.length, false)
  const ids = encode(whole)
  const answer = new Uint8Array(ids.length)
  for (const [i, { role }] of messages.entries()) {
    if (role !== 'assistant') continue
    const [before, after] = [written(i, true), written(i + 1, false)]
    if (!whole.startsWith(before) || !whole.startsWith(after))
      throw new DataError(
        `answerTokens: the chat template writes what comes before message ${i + 1} otherwise than in the whole conversation, so the answer cannot be told from the rest. Give a conversation with one answer, at its end, or another template.`,
        { message: i + 1 },
      )
    answer.fill(1, shared(encode(before), ids), shared(encode(after), ids))
  }
  return { ids, answer }
}

const ofPrompt = (prompt: string, completion: string, { tokenizer }: AnswerOptions): TokenizedExample => {
  const text = tokenizer.encode(prompt + completion)
  const { eosId } = tokenizer
  // The end is learned too, where there is a token for it.
  const ids = eosId === undefined || text.at(-1) === eosId ? text : Int32Array.from([...text, eosId])
  return { ids, answer: new Uint8Array(ids.length).fill(1, shared(tokenizer.encode(prompt), ids)) }
}

/**
 * An example as ids, and which of them are answers: those of the assistant's turns, with what ends each, or those of a completion. Where an
 * answer begins is found by writing what comes before it alone, with the generation prompt, and comparing ids: what a model is asked to go on
 * from is never learned.
 *
 * @throws ModelError for messages without a template; DataError where the template refuses the messages, or writes a beginning of them
 * otherwise than in the whole
 */
export const answerTokens = (example: SftExample, options: AnswerOptions): TokenizedExample =>
  'messages' in example ? ofMessages(example.messages, options) : ofPrompt(example.prompt, example.completion, options)
