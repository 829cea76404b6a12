import { Template } from '@huggingface/jinja'
import { DataError, ModelError } from '../core/errors.ts'

/** One turn of a conversation. */
export interface ChatMessage {
  /** `system`, `user` or `assistant`; templates may know others. */
  readonly role: string
  readonly content: string
}

export interface ChatTemplateOptions {
  /** Whether to end with what begins an answer, so that a model goes on with it. Default false. */
  readonly addGenerationPrompt?: boolean
  /** What the template's `bos_token` is. Default empty. */
  readonly bosToken?: string
  /** What the template's `eos_token` is. Default empty. */
  readonly eosToken?: string
  /** Further variables of the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Templates that were read, as parsing takes longer than writing. */
const parsed = new Map<string, Template>()

const templateOf = (source: string): Template => {
  const known = parsed.get(source)
  if (known) return known
  try {
    const template = new Template(source)
    if (parsed.size >= 16) parsed.clear()
    parsed.set(source, template)
    return template
  } catch (error) {
    throw new ModelError(
      `applyChatTemplate: the template cannot be read: ${oneLine(error)}. Give a Jinja template, as tokenizer_config.json has it in chat_template.`,
      {},
      error,
    )
  }
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '')

/**
 * A conversation as the text that a model was trained on, by a Jinja template: that of a model is `chat_template` in its tokenizer_config.json.
 *
 * @throws ModelError where the template is not as Jinja has it; DataError where it refuses the conversation
 * @example
 * const turns = [{ role: 'user', content: 'Hello' }]
 * applyChatTemplate(turns, '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}').length // 11
 *
 * Source: checked against `apply_chat_template` of Hugging Face transformers 5.
 */
export const applyChatTemplate = (
  messages: readonly ChatMessage[],
  template: string,
  options: ChatTemplateOptions = {},
): string => {
  const { addGenerationPrompt = false, bosToken = '', eosToken = '', variables = {} } = options
  const ready = templateOf(template)
  try {
    return ready.render({
      ...variables,
      messages: messages.map(message => ({ ...message })),
      add_generation_prompt: addGenerationPrompt,
      bos_token: bosToken,
      eos_token: eosToken,
    })
  } catch (error) {
    throw new DataError(
      `applyChatTemplate: the template refuses ${messages.length} messages (${messages.map(({ role }) => role).join(', ')}): ${oneLine(error)}. Give a conversation as the model was trained on.`,
      {},
      error,
    )
  }
}
