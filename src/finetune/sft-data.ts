import { DataError } from '../core/errors.ts'
import { isRecord, quote } from '../io/json.ts'
import type { ChatMessage } from '../text/chat-template.ts'

/** What a model shall answer: to a conversation, whose every turn of the assistant is an answer, or to a prompt. */
export type SftExample =
  | { readonly messages: readonly ChatMessage[] }
  | { readonly prompt: string; readonly completion: string }

const expected =
  '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]} or {"prompt": "…", "completion": "…"}'

const isMessage = (value: unknown): value is ChatMessage =>
  isRecord(value) && typeof value.role === 'string' && typeof value.content === 'string'

const exampleOf = (line: string, where: string): SftExample => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new DataError(`${where}: is not JSON. Expected ${expected}.`, {}, error)
  }
  if (!isRecord(value)) throw new DataError(`${where}: is ${quote(value)}. Expected ${expected}.`)
  const { messages, prompt, completion } = value
  if (messages === undefined) {
    if (typeof prompt === 'string' && typeof completion === 'string' && completion !== '') return { prompt, completion }
    throw new DataError(
      `${where}: prompt is ${quote(prompt)} and completion ${quote(completion)}. Expected two texts, the second not empty, or messages.`,
    )
  }
  if (!Array.isArray(messages) || !messages.every(isMessage))
    throw new DataError(`${where}: messages is ${quote(messages)}. Expected ${expected}.`)
  if (!messages.some(({ role }) => role === 'assistant'))
    throw new DataError(
      `${where}: none of ${messages.length} messages is the assistant's, so there is nothing to learn.`,
    )
  return { messages: messages.map(({ role, content }) => ({ role, content })) }
}

/**
 * Examples of JSON Lines, one on each line: conversations (`messages`), or prompts with their `completion`. Further fields are left alone.
 *
 * @throws DataError naming the line that is not such an example, or where there is none
 */
export const parseSftExamples = (text: string, from = 'data'): SftExample[] => {
  const examples: SftExample[] = []
  for (const [i, line] of text.split('\n').entries())
    if (line.trim() !== '') examples.push(exampleOf(line, `${from}, line ${i + 1}`))
  if (examples.length === 0) throw new DataError(`${from}: has no examples. Expected a line of ${expected} for each.`)
  return examples
}
