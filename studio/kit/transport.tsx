import type { RunState } from './run.ts'
import type { Session } from './session.ts'
import { shown } from './canvas/scale.ts'

const words: Readonly<Record<RunState, string>> = {
  starting: 'starting',
  playing: 'running',
  paused: 'paused',
  steps: 'all steps done',
  target: 'target reached',
  patience: 'no progress',
  diverged: 'diverged',
  ended: 'finished',
  failed: 'failed',
}

const speeds: readonly (readonly [speed: number, name: string])[] = [
  [1, '1 step/s'],
  [5, '5 steps/s'],
  [25, '25 steps/s'],
  [100, '100 steps/s'],
  [0, 'full speed'],
]

/** Play, pause, step, speed, reset; how far it is and how it does. */
export const Transport = ({ session }: { readonly session: Session }) => {
  const { run } = session
  const state = run.state.value
  const series = run.series.value
  const main = session.about.curves?.of[0]
  const last = main === undefined ? undefined : series.columns[main]?.at(-1)
  const over = state === 'ended' || state === 'steps' || state === 'target' || state === 'diverged'
  const total = run.shot.value?.total ?? (session.settings.value.steps as number)
  return (
    <div class="transport" role="toolbar" aria-label="Run">
      <button type="button" class="main" disabled={over || state === 'failed'} onClick={() => session.toggle()}>
        <svg aria-hidden="true" viewBox="0 0 16 16">
          {state === 'playing' ? <path d="M3 2h4v12H3zM9 2h4v12H9z" /> : <path d="M4 2l10 6-10 6z" />}
        </svg>
        {state === 'playing' ? 'Pause' : 'Play'}
      </button>
      <button type="button" disabled={over || state === 'playing' || state === 'failed'} onClick={() => run.advance(1)}>
        Step
      </button>
      <button type="button" onClick={() => session.reset()}>
        Reset
      </button>
      <label class="speed">
        <span class="unseen">Speed</span>
        <select
          aria-label="Speed"
          value={session.speed.value}
          onChange={e => session.setSpeed(Number(e.currentTarget.value))}
        >
          {speeds.map(([speed, name]) => (
            <option key={speed} value={speed}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <progress aria-label="Steps done" max={total} value={run.step.value} />
      <output class="status" aria-live="off">
        <span>
          step <b>{run.step.value.toLocaleString('en')}</b> of {total.toLocaleString('en')}
        </span>
        {main !== undefined && last !== undefined && (
          <span>
            {main} <b>{shown(last)}</b>
          </span>
        )}
        <span class={`badge ${state}`}>{words[state]}</span>
      </output>
    </div>
  )
}
