import { expect, test } from 'vitest'
import { type ChatTemplateName, chatTemplates } from '../../src/finetune/index.ts'
import { applyChatTemplate, type ChatMessage } from '../../src/text/chat-template.ts'
import fixtures from '../fixtures/chat-templates.json' with { type: 'json' }

const sources: Readonly<Record<string, string>> = { ...chatTemplates, ...fixtures.further }
const conversations: Readonly<Record<string, readonly ChatMessage[]>> = fixtures.conversations
const tokens = { bosToken: '<s>', eosToken: '</s>', variables: { thinking: true } }

test('there are cases of every template', () => {
  expect(fixtures.own).toEqual(Object.keys(chatTemplates).sort())
  expect(fixtures.cases.filter(({ text }) => text !== null).length).toBeGreaterThan(80)
})

test.each(fixtures.cases)('$template, $conversation, begun: $begun', ({ template, conversation, begun, text }) => {
  const apply = () =>
    applyChatTemplate(conversations[conversation]!, sources[template]!, { ...tokens, addGenerationPrompt: begun })
  if (text === null)
    expect(apply).toThrow(
      /^applyChatTemplate: the template refuses \d messages \(.*\): .*\. Give a conversation as the model was trained on\.$/,
    )
  else expect(apply()).toBe(text)
})

test('what a template refuses and one that cannot be read are told in a line', () => {
  const twice = [
    { role: 'user', content: 'a' },
    { role: 'user', content: 'b' },
  ]
  expect(() => applyChatTemplate(twice, chatTemplates['mistral' satisfies ChatTemplateName])).toThrow(
    'applyChatTemplate: the template refuses 2 messages (user, user): user and assistant take turns. Give a conversation as the model was trained on.',
  )
  expect(() => applyChatTemplate(twice, '{% for m in messages %}')).toThrow(
    /^applyChatTemplate: the template cannot be read: .*\. Give a Jinja template, as tokenizer_config\.json has it in chat_template\.$/,
  )
})
