import type { Table } from 'gradus/data'
import { defineOptions, type Declaration, type Infer, integer, number, type Options } from 'gradus/options'

// What a lab is made of. `about.ts` (light: the start page loads every lab's), `core.ts` (the model and its data; no document, so that the
// page's worker, the command line and tests run the same), `picture.ts` (draws a shot) and `view.tsx` (the page with its guide).

/** What survives JSON. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain }

/** How a setting is shown, where its rule does not tell. */
export interface Control {
  readonly label?: string
  /** Controls of one group stand together under its name. */
  readonly group?: string
  /** Ends of the slider, where the rule's own are too wide or missing; a number without ends gets a field. */
  readonly min?: number
  readonly max?: number
  readonly step?: number
  /** A slider whose steps multiply. */
  readonly log?: boolean
  /** `area`: a text of several lines. `hidden`: the view has its own way to set it. */
  readonly as?: 'area' | 'hidden'
  /** Whether it means anything now. */
  readonly when?: (settings: Readonly<Record<string, unknown>>) => boolean
  /** Names of choices, where the words of the rule are not enough. */
  readonly names?: Readonly<Record<string, string>>
}

/** What of one's own a lab takes. */
export type DataKind = 'table' | 'text'

/** What a lab is called, says of itself, and lets one change. */
export interface About<O extends Options = Options> {
  /** Its folder, its address `?lab=NAME` and its command `gradus lab NAME`. */
  readonly name: string
  readonly title: string
  /** One sentence on the start page. */
  readonly sentence: string
  readonly topic: 'Learning by descent' | 'Classical learning' | 'Images' | 'Language'
  /** Place on the start page. */
  readonly order: number
  /** Every setting with its rule: controls, address, flags and checks come from here. Made by {@link labOptions}. */
  readonly options: O
  readonly controls?: { readonly [K in keyof Infer<O>]?: Control }
  /** Settings that a run takes while it goes on; a change of any other starts anew. */
  readonly live?: readonly (keyof Infer<O> & string)[]
  /** Named scenes to start from. */
  readonly presets: Readonly<Record<string, Partial<Infer<O>>>>
  readonly data?: { readonly kind: DataKind; readonly help: string }
  /** Whether a model that was saved here can be opened again: the core has `load`. */
  readonly model?: boolean
  /** A run that grows without bound is an answer here, not an accident. */
  readonly divergence?: 'answer'
  /** Steps that are done at once when the lab is opened, so that it never shows an empty page. Default 0: only the start is shown. */
  readonly opening?: number
  /** What the start page runs for its little picture. */
  readonly preview: { readonly settings?: Partial<Infer<O>>; readonly steps: number }
  /** What the curves show: metrics drawn on one axis, the first being the main one. Without it there are no curves. */
  readonly curves?: {
    readonly of: readonly string[]
    readonly label: string
    readonly log?: boolean
    /** Names of metrics, where theirs do not do. */
    readonly names?: Readonly<Record<string, string>>
  }
}

/** Settings of every lab: the seed, and when a run stops. */
export const commonOptions = (defaults: { readonly steps: number }) =>
  ({
    seed: integer({ default: 1, min: 0, max: 1_000_000, help: 'the same seed gives the same run' }),
    steps: integer({ default: defaults.steps, min: 1, max: 1_000_000, help: 'steps after which the run stops' }),
    target: number({ help: 'the run stops when its loss is no longer above this' }),
    patience: integer({ min: 1, help: 'the run stops after this many steps without a smaller loss' }),
  }) as const

/** A lab's own settings and those of every lab. */
export const labOptions = <const D extends Declaration>(
  own: D,
  defaults: { readonly steps: number },
): Options<D & ReturnType<typeof commonOptions>> =>
  defineOptions({ ...own, ...commonOptions(defaults) }) as unknown as Options<D & ReturnType<typeof commonOptions>>

/** The stop conditions among a lab's settings. */
export type Common = Infer<Options<ReturnType<typeof commonOptions>>>

/** Somebody's own data, read. */
export interface OwnData {
  readonly name: string
  readonly table?: Table
  readonly text?: string
}

/** What became of somebody's own data: `used` rows (or characters), `dropped` with the reason of each. */
export interface DataReport {
  readonly name: string
  readonly used: number
  readonly unit: string
  readonly dropped: readonly { readonly count: number; readonly why: string }[]
  readonly notes: readonly string[]
}

/** Named numbers of one step; `loss` is the one that is made small, where there is one. */
export type Metrics = Readonly<Record<string, number>>

/** What is drawn, and read: `facts` are plain, and stand in the document for readers and tests; typed arrays beside them are for pictures. */
export interface Shot {
  readonly facts: Readonly<Record<string, Plain>>
  /** Steps there are in all, where the matter itself has an end. */
  readonly total?: number
}

/** A file that goes out of the page. */
export interface OutFile {
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
}

/** A run under way. */
export interface LabRun<S = Readonly<Record<string, unknown>>, X extends Shot = Shot> {
  /** One step. Null when there is nothing left to do. */
  step(): Promise<Metrics | null>
  shot(): Promise<X>
  /** Takes changed settings while it runs: those that `live` names. */
  set?(settings: S): void
  /** Answers what the view asks: the next token, the class of a drawn digit. */
  ask?(question: unknown): Promise<unknown>
  /** The model: weights, configuration, ONNX; what `load` takes again. */
  files?(): Promise<readonly OutFile[]>
  /** Takes a model's files. @throws GradusError with one sentence where they are another model's */
  load?(files: readonly OutFile[]): Promise<void>
  readonly report?: DataReport
}

/** The working part of a lab, exported as `core`. */
export interface Core<S = Readonly<Record<string, unknown>>, X extends Shot = Shot> {
  /** A run at its start. The seed is set already. @throws GradusError with one sentence for data that do not fit */
  prepare(settings: S, own: OwnData | null): Promise<LabRun<S, X>>
  /** A program that does the same with the library alone: runs as it stands, and writes a line `step loss` for each step. */
  program?(settings: S): string
}

/** The settings of a lab as a type: `SettingsOf<typeof about>`. */
export type SettingsOf<A extends About> = Infer<A['options']>

/** Declares a lab; the types of its settings reach `controls`, `live`, `presets` and `preview`. */
export const defineLab = <O extends Options>(about: About<O>): About<O> => about
