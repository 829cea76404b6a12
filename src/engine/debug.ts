import { EngineError } from '../core/errors.ts'

/** What GRADUS_DEBUG can ask to be told of. */
const topics = ['engine'] as const
type Topic = (typeof topics)[number]

/** Whether the environment's GRADUS_DEBUG asks for a topic. */
export const debugs = (topic: Topic): boolean => {
  const asked = globalThis.process?.env?.GRADUS_DEBUG
  if (!asked) return false
  if ((topics as readonly string[]).includes(asked)) return asked === topic
  throw new EngineError(
    `GRADUS_DEBUG: there is nothing to tell of "${asked}". Set it to ${topics.join(' or ')}, or leave it out.`,
  )
}

/** One line on standard error. */
export const tell = (topic: Topic, line: string): void => {
  globalThis.process?.stderr.write(`gradus ${topic}: ${line}\n`)
}
