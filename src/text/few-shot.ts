import { ArgumentError } from '../core/errors.ts'

/** What is asked, and what is the right answer. */
export interface Shot {
  readonly input: string
  readonly output: string
}

export interface FewShotOptions {
  /** What is to be done, before the examples. Default: nothing, the examples say it. */
  readonly instruction?: string
  /** Solved ones, in the order in which they are shown. */
  readonly examples?: readonly Shot[]
  /** How one is written; `{input}` and, after it, `{output}` stand for its parts. Default `Input: {input}\nOutput: {output}`. */
  readonly template?: string
  /** What stands between two. Default an empty line. */
  readonly separator?: string
}

/** A task as prompts: the same beginning before each question. */
export interface FewShot {
  /** All up to where the answer to a question begins. White space before it is left to the answer, as tokens begin with it. */
  prompt(input: string): string
  /** An answer as it goes on from a prompt. */
  answer(output: string): string
  /** What ends an answer. */
  readonly separator: string
}

const defaultTemplate = 'Input: {input}\nOutput: {output}'

/**
 * Prompts that show how a task is done: an instruction, solved examples, and a question of the same form that ends where its answer begins.
 *
 * @throws ArgumentError for a template without its two places
 * @example
 * const task = fewShot({ examples: [{ input: 'cold', output: 'hot' }], template: '{input} -> {output}', separator: '\n' })
 * task.prompt('up') // 'cold -> hot\nup ->'
 * task.answer('down') // ' down'
 *
 * Source: Brown et al. 2020, section 2.
 */
export const fewShot = (options: FewShotOptions = {}): FewShot => {
  const { instruction, examples = [], template = defaultTemplate, separator = '\n\n' } = options
  const parts = /^(.*)\{input\}(.*)\{output\}(.*)$/s.exec(template)
  if (!parts || separator === '')
    throw new ArgumentError(
      separator === ''
        ? 'fewShot: the separator is empty, so that answers have no end. Give a line break, for example.'
        : `fewShot: the template is ${JSON.stringify(template)}. Expected {input} and, after it, {output}, once each.`,
      { template, separator },
    )
  const [, before, between, after] = parts as unknown as readonly [string, string, string, string]
  const lead = /\s*$/.exec(between)![0]
  const head = between.slice(0, between.length - lead.length)
  const begin = [
    ...(instruction === undefined ? [] : [instruction]),
    ...examples.map(({ input, output }) => before + input + between + output + after),
  ]
  return {
    prompt: input => [...begin, before + input + head].join(separator),
    answer: output => lead + output,
    separator: after === '' ? separator : after,
  }
}
