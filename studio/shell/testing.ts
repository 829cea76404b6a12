import type { Plain } from '../kit/lab.ts'
import type { Session } from '../kit/session.ts'

// What tests and curious people ask of a page: `window.__studio`.

let shown: Session | null = null
let busy: Promise<unknown> = Promise.resolve()

/** The lab that is on the page. */
export const show = (session: Session | null): void => {
  shown = session
}
/** The page is not idle before this has ended. */
export const wait = (work: Promise<unknown>): void => {
  busy = Promise.all([busy, work])
}

const lastOf = (columns: Readonly<Record<string, readonly number[]>>): Record<string, number> =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.at(-1)!]))

/** What was asked for in one picture is begun by the next. */
const frames = (): Promise<unknown> =>
  new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))

const studio = {
  /** The state of the page as plain data, or null where no lab is open. */
  snapshot: () => {
    if (!shown) return null
    const { run, settings, about, engine } = shown
    const metrics = lastOf(run.series.value.columns)
    return {
      lab: about.name,
      state: run.state.value,
      step: run.step.value,
      loss: metrics.loss ?? null,
      metrics,
      seed: (settings.value as { seed?: number }).seed ?? null,
      settings: settings.value,
      engine: run.engine.value || engine,
      error: run.error.value ?? shown.complaint.value,
      facts: (run.shot.value?.facts ?? {}) as Readonly<Record<string, Plain>>,
    }
  },
  /** All metrics so far, a list for each name. */
  series: () => (shown ? structuredClone(shown.run.series.value.columns) : {}),
  /** Waits until nothing is under way: the page stands, the run stands still, every question is answered, everything is drawn. */
  idle: async (): Promise<void> => {
    for (let before = null as Promise<unknown> | null; before !== busy || !(shown?.run.settled ?? true); ) {
      before = busy
      await before
      await frames()
      await shown?.run.idle()
      await frames()
    }
  },
  /** Asks the model of the open lab. */
  ask: (question: unknown) => shown?.run.ask(question),
  /** Changes settings of the open lab, as its controls do. */
  set: (settings: object) => shown?.change(settings),
}

declare global {
  interface Window {
    __studio: typeof studio
  }
}

if (typeof window !== 'undefined') window.__studio = studio
