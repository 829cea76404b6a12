import { useEffect, useMemo, useState } from 'preact/hooks'
import { shown } from '../../kit/canvas/scale.ts'
import { Curves as Chart } from '../../kit/curves.tsx'
import { Panel } from '../../kit/panel.tsx'
import { about } from './about.ts'
import { type Curve, dense, unitOf } from './curves.ts'
import { metricsOf, runsCsv, runsSvg, type Shown } from './export.ts'
import { askAt, type RunInfo, RunsTool } from './runs.ts'
import { compareSettings } from './settings.ts'
import './runs.css'

const lookEvery = 1000
/** Rows of the list before one asks for all. */
const rowsAtFirst = 200

export const View = () => {
  const query = useMemo(() => new URLSearchParams(location.search), [])
  const tool = useMemo(() => new RunsTool(askAt('./api/runs'), query.getAll('run')), [])
  const [words, setWords] = useState(query.get('filter') ?? '')
  const [dragging, setDragging] = useState(false)
  useLooks(tool)
  useAddress(tool, words)
  const take = (files: Iterable<File>): void =>
    void tool.drop(
      [...files].map(file => ({
        name: file.webkitRelativePath || file.name,
        bytes: async () => new Uint8Array(await file.arrayBuffer()),
      })),
    )
  const listed = tool.filtered(words)
  tool.version.value // drawn anew when something has been read
  const runs = tool.shown()
  return (
    <main
      class={dragging ? 'runs-tool dragging' : 'runs-tool'}
      onDragOver={event => {
        event.preventDefault()
        setDragging(true)
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={event => {
        event.preventDefault()
        setDragging(false)
        take(event.dataTransfer?.files ?? [])
      }}
    >
      <header>
        <h1>{about.title}</h1>
        <p>{about.sentence}</p>
      </header>
      <Notices tool={tool} />
      <div class="column">
        <Panel title="All runs" note={tool.folder.value ?? undefined}>
          <label>
            <span class="unseen">Filter</span>
            <input
              type="text"
              value={words}
              placeholder="Filter by name, model or data"
              onInput={event => setWords(event.currentTarget.value)}
            />
          </label>
          <RunList tool={tool} runs={listed} />
          <div class="row">
            <label class="button">
              Open files
              <input
                type="file"
                class="unseen"
                multiple
                aria-label="Open files"
                onChange={event => {
                  const files = [...(event.currentTarget.files ?? [])]
                  event.currentTarget.value = ''
                  take(files)
                }}
              />
            </label>
            <span class="muted">or drop metrics.jsonl and TensorBoard files anywhere</span>
          </div>
        </Panel>
        <Take runs={runs} />
      </div>
      <div class="column">
        <Charts runs={runs} />
        <Settings of={tool.settings()} />
      </div>
    </main>
  )
}

/** Looks for what is new once a second while the page can be seen. */
const useLooks = (tool: RunsTool): void =>
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'visible') void tool.look()
    }
    look()
    const timer = setInterval(look, lookEvery)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [tool])

/** Keeps what is selected in the address, so that it can be shared. */
const useAddress = (tool: RunsTool, words: string): void => {
  const selected = [...tool.selected.value]
  useEffect(() => {
    const query = new URLSearchParams({ tool: about.name })
    for (const name of selected) query.append('run', name)
    if (words !== '') query.set('filter', words)
    history.replaceState(null, '', `?${query}`)
  }, [selected.join('\n'), words])
}

const Notices = ({ tool }: { readonly tool: RunsTool }) => {
  const server = tool.server.value
  return (
    <div class="notices" aria-live="polite">
      {server === 'absent' && (
        <p class="notice">
          No server is there to tell of runs: drop their files here, or start <code>npx gradus studio</code> on your
          machine.
        </p>
      )}
      {server === 'gone' && (
        <p class="notice wrong">
          The server does not answer any more. What was read stays; start <code>npx gradus studio</code> again to go on.
        </p>
      )}
      {tool.notes.value.map(note => (
        <p key={note} class="notice wrong" role="alert">
          {note}
        </p>
      ))}
    </div>
  )
}

const brief = (value: number | null): string => (value === null || Number.isNaN(value) ? '–' : shown(value))

const RunList = ({ tool, runs }: { readonly tool: RunsTool; readonly runs: readonly RunInfo[] }) => {
  const [all, setAll] = useState(false)
  const rows = all ? runs : runs.slice(0, rowsAtFirst)
  if (tool.list().length === 0) {
    return (
      <p class="muted">
        {tool.server.value === 'asking' ? 'Looking for runs …' : 'There are no runs yet.'}{' '}
        {tool.server.value === 'there' && <code>npx gradus train gpt --data FILE --out runs/first</code>}
      </p>
    )
  }
  return (
    <>
      <div class="runs-list">
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col" class="number">
                Step
              </th>
              <th scope="col" class="number">
                Loss
              </th>
              <th scope="col" class="number">
                Best on held-out data
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(run => (
              <tr key={run.name}>
                <td>
                  <label>
                    <input
                      type="checkbox"
                      checked={tool.selected.value.has(run.name)}
                      onChange={event => tool.choose(run.name, event.currentTarget.checked)}
                    />
                    {run.name === '.' ? 'this folder' : run.name}
                    {run.live && <span class="badge playing">live</span>}
                  </label>
                  <small>{origin(run)}</small>
                </td>
                <td class="number">{run.step?.toLocaleString('en') ?? '–'}</td>
                <td class="number">{brief(run.loss)}</td>
                <td class="number">{brief(run.validation)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length < runs.length && (
        <p class="row">
          <span class="muted">
            Showing {rows.length} of {runs.length.toLocaleString('en')}.
          </span>
          <button type="button" onClick={() => setAll(true)}>
            Show all
          </button>
        </p>
      )}
      {runs.length === 0 && <p class="muted">No run has these words.</p>}
    </>
  )
}

const origin = ({ what, data, modified, dropped }: RunInfo): string => {
  if (dropped) return 'a file that was dropped here'
  const when = new Date(modified).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })
  return [what, data === null ? null : `on ${data}`, when].filter(Boolean).join(', ')
}

/** A chart for each metric, with all runs that have it. */
const Charts = ({ runs }: { readonly runs: Shown }) => {
  const [log, setLog] = useState(false)
  const metrics = metricsOf(runs)
  return (
    <Panel title="Curves" note={`${runs.length} ${runs.length === 1 ? 'run' : 'runs'} selected`}>
      {metrics.length === 0 ? (
        <p class="muted">{runs.length === 0 ? 'Select runs to see their curves.' : 'There are no numbers yet.'}</p>
      ) : (
        <>
          <label class="setting check">
            <input type="checkbox" checked={log} onChange={event => setLog(event.currentTarget.checked)} />
            Logarithmic
          </label>
          <div class="runs-charts">
            {metrics.map(metric => (
              <MetricChart key={metric} metric={metric} runs={runs} log={log} />
            ))}
          </div>
        </>
      )}
    </Panel>
  )
}

const MetricChart = ({
  metric,
  runs,
  log,
}: {
  readonly metric: string
  readonly runs: Shown
  readonly log: boolean
}) => {
  const kept = useMemo(() => new Map<string, { key: string; column: Float64Array }>(), [])
  const curves = runs.flatMap(([name, all]): [string, Curve][] => {
    const curve = all.get(metric)
    return curve ? [[name, curve]] : []
  })
  const last = curves.reduce((most, [, { steps }]) => steps.reduce((a, b) => Math.max(a, b), most), 1)
  const unit = unitOf(last)
  const length = Math.ceil(last / unit)
  const columns = curves.map(([name, curve]): [string, Float64Array] => {
    const key = `${unit} ${length} ${curve.steps.length} ${curve.steps.at(-1)} ${curve.values.at(-1)}`
    const before = kept.get(name)
    if (before?.key === key) return [name, before.column]
    const column = dense(curve, unit, length)
    kept.set(name, { key, column })
    return [name, column]
  })
  return (
    <Chart
      series={{ length, columns: Object.fromEntries(columns) }}
      of={runs.map(([name]) => name)}
      label={unit === 1 ? metric : `${metric}, in units of ${unit.toLocaleString('en')} steps,`}
      log={log}
    />
  )
}

const Take = ({ runs }: { readonly runs: Shown }) => {
  const empty = runs.every(([, curves]) => curves.size === 0)
  const save = (name: string, type: string, text: string): void => {
    const url = URL.createObjectURL(new Blob([text], { type }))
    const link = document.createElement('a')
    link.href = url
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }
  return (
    <Panel title="Take them with you" note="all that are selected">
      <div class="row">
        <button type="button" disabled={empty} onClick={() => save('runs.csv', 'text/csv', runsCsv(runs))}>
          Metrics (CSV)
        </button>
        <button
          type="button"
          disabled={empty}
          onClick={async () => {
            const svg = await runsSvg(runs)
            if (svg !== null) save('runs.svg', 'image/svg+xml', svg)
          }}
        >
          Curves (SVG)
        </button>
      </div>
    </Panel>
  )
}

/** What the runs were told to do: at first only what differs. */
const Settings = ({ of }: { readonly of: readonly (readonly [name: string, settings: unknown])[] }) => {
  const [all, setAll] = useState(false)
  const runs = of.filter(([, settings]) => settings !== null)
  const rows = compareSettings(runs.map(([, settings]) => settings))
  const shownRows = all || runs.length === 1 ? rows : rows.filter(row => row.differs)
  if (runs.length === 0) return null
  return (
    <Panel title="Settings" note={`${rows.filter(row => row.differs).length} of ${rows.length} differ`}>
      {runs.length > 1 && (
        <label class="setting check">
          <input type="checkbox" checked={all} onChange={event => setAll(event.currentTarget.checked)} />
          Show those that are the same, too
        </label>
      )}
      {shownRows.length === 0 ? (
        <p class="muted">These runs were told to do the same.</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Setting</th>
                {runs.map(([name]) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shownRows.map(({ key, values }) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  {values.map((value, i) => (
                    <td key={runs[i]![0]}>{value ?? '–'}</td>
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
