import { DataError, ModelError } from 'gradus'
import { type Tokenizer, tokenizerFromJSON } from 'gradus/text'
import type { Core, OutFile, Plain } from '../../kit/lab.ts'
import type { Settings } from './about.ts'
import { cutBy } from './cut.ts'
import { fixed, type Learner, learnerOf } from './learner.ts'
import { program } from './program.ts'
import { type Cut, type Kind, listed, type Merge, shownCharacters, type TokenizerShot } from './shot.ts'

/** The first characters of a text; a surrogate pair is not cut in two. */
const head = (text: string): string => text.slice(0, shownCharacters).replace(/[\ud800-\udbff]$/, '')

const perToken = (text: string, { pieces }: Cut): number | null =>
  pieces.length === 0 ? null : [...text].length / pieces.length

export const core: Core<Settings, TokenizerShot> = {
  program,
  async prepare(first, own) {
    let settings = first
    const corpus = own?.text ?? settings.text
    if (corpus.trim() === '')
      throw new DataError(`${own?.name ?? 'The text'}: has no words to learn from. Type or open a text.`)
    const learners = new Map<Kind, Learner>()
    const learner = (kind: Kind): Learner => {
      const found = learners.get(kind) ?? learnerOf(kind, corpus, settings)
      learners.set(kind, found)
      return found
    }
    let main = learner(settings.algorithm)
    let name: string = settings.algorithm
    let step = 0

    const text = (): string => head(settings.other === '' ? corpus : settings.other)
    const of = (from: Learner, after = step): Tokenizer => from.at(Math.min(after, from.steps))
    const cuts = (after: number): { readonly one: Cut; readonly two: Cut | null } => {
      const { compare } = settings
      return {
        one: cutBy(name, of(main, after), text()),
        two: compare === 'none' ? null : cutBy(compare, of(learner(compare), after), text()),
      }
    }
    const told = (cut: Cut) => ({
      name: cut.name,
      vocabSize: cut.vocabSize,
      tokens: cut.pieces.length,
      unknown: cut.unknown,
      charactersPerToken: perToken(text(), cut),
      roundTrip: cut.wrong === null && cut.decoded === text(),
      wrong: cut.wrong,
    })
    return {
      set: next => {
        settings = next
      },
      async step() {
        if (step >= main.steps) return null
        step += 1
        const { one, two } = cuts(step)
        return { tokens: one.pieces.length, ...(two && { compared: two.pieces.length }) }
      },
      async shot() {
        const stepwise = main.steps > 0
        const after = Math.min(settings.at ?? step, step)
        const { one, two } = cuts(after)
        const shown = text()
        const { growing } = main
        const now = growing ? step : after
        const count = main.count(now)
        const from = Math.max(0, count - listed)
        const merges = Array.from({ length: count - from }, (_, i) => main.merge(from + i + 1, now))
        const { name: _, ...facts } = told(one)
        const words = merges.filter(({ rank }) => !(stepwise && growing) || rank <= after).map(named)
        const plain: Record<string, Plain> = {
          algorithm: one.name,
          ...facts,
          after,
          characters: [...shown].length,
          bytes: new TextEncoder().encode(shown).length,
          firstMerge: count > 0 ? named(main.merge(1, now)) : null,
          lastMerge: words.at(-1) ?? null,
          merges: words,
          ids: one.pieces.map(({ id }) => id),
          decoded: one.decoded,
          other: two ? told(two) : null,
        }
        return {
          facts: plain,
          text: shown,
          characters: [...shown].length,
          bytes: new TextEncoder().encode(shown).length,
          main: one,
          other: two,
          merges,
          count,
          learned: step,
          growing,
          after,
          stepwise,
          next: growing && step < main.steps ? main.merge(step + 1, step + 1) : null,
        }
      },
      async files() {
        return [
          {
            name: 'tokenizer.json',
            type: 'application/json',
            bytes: new TextEncoder().encode(`${JSON.stringify(of(main).toJSON(), null, 2)}\n`),
          },
        ]
      },
      async load(files) {
        main = fixed(opened(files))
        name = files.find(isTokenizer)!.name
      },
      ...(own && {
        report: {
          name: own.name,
          used: corpus.length,
          unit: 'characters',
          dropped: [],
          notes: [
            corpus.length > shownCharacters
              ? `It is learned from as a whole; its first ${shownCharacters.toLocaleString('en')} characters are cut into tokens, shown and counted.`
              : 'It is learned from and shown as a whole.',
            ...(settings.algorithm === 'unigram' && main.steps === 1
              ? ['A unigram model of a text of this length is learned in one step.']
              : []),
          ],
        },
      }),
    }
  },
}

/** What a step learned, in a word. */
const named = ({ pair, token }: Merge): string => pair?.join(' ') ?? token

const isTokenizer = ({ name }: OutFile): boolean => name.endsWith('.json') && !name.endsWith('config.json')

const opened = (files: readonly OutFile[]): Tokenizer => {
  const names = files.map(({ name }) => name).join(', ')
  const file = files.find(isTokenizer)
  if (!file)
    throw new ModelError(`${names}: is no tokenizer. Give a tokenizer.json, as Hugging Face's libraries write it.`)
  let doc: unknown
  try {
    doc = JSON.parse(new TextDecoder().decode(file.bytes))
  } catch {
    throw new ModelError(`${file.name}: is not valid JSON. Download or save it again.`)
  }
  return tokenizerFromJSON(doc, file.name)
}
