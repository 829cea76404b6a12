import { spoken } from './controls.tsx'
import { shown } from './canvas/scale.ts'
import type { Plain } from './lab.ts'
import { Panel } from './panel.tsx'
import type { Session } from './session.ts'

const brief = (value: unknown): string =>
  typeof value === 'number' ? shown(value) : Array.isArray(value) ? value.join(', ') || 'none' : String(value ?? 'none')

const isBrief = (value: Plain | undefined): boolean =>
  value === null ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && value.length < 30)

/** Runs that were pinned beside the one that is running: what differs in their settings, and what came of it. */
export const Compare = ({ session }: { readonly session: Session }) => {
  const pinned = session.pinned.value
  const now = {
    name: 'this run',
    settings: session.settings.value as Readonly<Record<string, unknown>>,
    step: session.run.step.value,
    series: session.run.series.value,
    facts: session.run.shot.value?.facts,
  }
  const runs = [...pinned, now]
  const differ = session.about.options.fields
    .map(({ key }) => key)
    .filter(key => new Set(runs.map(run => JSON.stringify(run.settings[key]))).size > 1)
  const metrics = Object.keys(now.series.columns)
  const facts = Object.keys(now.facts ?? {}).filter(
    key => !metrics.includes(key) && runs.some(run => isBrief(run.facts?.[key])),
  )
  return (
    <Panel title="Compare" class="compare">
      <div class="row">
        <button type="button" disabled={!now.facts} onClick={() => session.pin()}>
          Pin this run
        </button>
        {pinned.length === 0 && <span class="muted">Keeps it, so that the next can be seen beside it.</span>}
      </div>
      {pinned.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">
                  <span class="unseen">What</span>
                </th>
                {runs.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                    {name !== 'this run' && (
                      <button
                        type="button"
                        class="plain"
                        aria-label={`Forget ${name}`}
                        onClick={() => session.unpin(name)}
                      >
                        ×
                      </button>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {differ.map(key => (
                <tr key={key}>
                  <th scope="row">{spoken(key)}</th>
                  {runs.map(run => (
                    <td key={run.name}>{brief(run.settings[key])}</td>
                  ))}
                </tr>
              ))}
              <tr>
                <th scope="row">Steps done</th>
                {runs.map(run => (
                  <td key={run.name}>{run.step.toLocaleString('en')}</td>
                ))}
              </tr>
              {metrics.map(name => (
                <tr key={name}>
                  <th scope="row">{spoken(name)}</th>
                  {runs.map(run => (
                    <td key={run.name}>{brief(run.series.columns[name]?.at(-1))}</td>
                  ))}
                </tr>
              ))}
              {facts.map(name => (
                <tr key={name}>
                  <th scope="row">{spoken(name)}</th>
                  {runs.map(run => (
                    <td key={run.name}>{brief(run.facts?.[name])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
