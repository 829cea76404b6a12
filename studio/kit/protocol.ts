import type { DataReport, Metrics, OutFile, Shot } from './lab.ts'
import type { Stop } from './drive.ts'

// What a page and the worker of a run say to each other. Each message of the worker carries the run that it belongs to, so that what was under
// way when a run was given up is not taken for the next one's, and a number that grows by one.

/** Somebody's own data on its way in: a file by reference, or a pasted text. */
export interface Source {
  readonly name: string
  readonly content: Blob | string
}

export type ToWorker =
  | {
      readonly type: 'start'
      readonly run: number
      readonly lab: string
      readonly settings: Readonly<Record<string, unknown>>
      readonly engine: string
      readonly source: Source | null
      /** Steps to do before it is first shown. */
      readonly opening: number
      /** Goes on by itself, at this many steps a second; 0: as fast as it goes. */
      readonly play: boolean
      readonly speed: number
    }
  | {
      readonly type: 'resume'
      readonly run: number /** Steps a second; 0: as fast as it goes. */
      readonly speed: number
    }
  | { readonly type: 'pause'; readonly run: number }
  | { readonly type: 'step'; readonly run: number; readonly count: number }
  | { readonly type: 'set'; readonly run: number; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly type: 'ask'; readonly run: number; readonly id: number; readonly question: unknown }
  | { readonly type: 'save'; readonly run: number; readonly id: number }
  | { readonly type: 'load'; readonly run: number; readonly id: number; readonly files: readonly OutFile[] }
  /** The snapshot has been drawn: the next may come. */
  | { readonly type: 'seen'; readonly run: number }

/** What the worker tells. */
export type Told =
  | {
      readonly type: 'ready'
      readonly engine: string
      readonly report: DataReport | null
      readonly notes: readonly string[]
    }
  /** Steps since the last time; `from` is the number of steps before them. */
  | { readonly type: 'metrics'; readonly from: number; readonly rows: readonly Metrics[] }
  | { readonly type: 'snapshot'; readonly step: number; readonly shot: Shot }
  /** It stands still: paused, or stopped for good. */
  | { readonly type: 'done'; readonly step: number; readonly stop: Stop | 'paused' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  /** The sentence; `id` where a question could not be answered, and the run goes on. */
  | { readonly type: 'error'; readonly message: string; readonly id?: number }

export type FromWorker = Told & { readonly run: number; readonly sequence: number }
