import type { ComponentType } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Compare } from '../kit/compare.tsx'
import { Controls } from '../kit/controls.tsx'
import { Curves } from '../kit/curves.tsx'
import { DataPanel, takeFiles } from '../kit/data-panel.tsx'
import { ExportPanel } from '../kit/export-panel.tsx'
import type { About } from '../kit/lab.ts'
import { Panel } from '../kit/panel.tsx'
import { Session } from '../kit/session.ts'
import { Transport } from '../kit/transport.tsx'
import { show } from './testing.ts'

/** What a lab's `view.tsx` exports. */
export interface LabView {
  readonly View: ComponentType<{ readonly session: Session }>
  /** What to try, what to see, the formula. */
  readonly Guide: ComponentType
}

/** A lab: its settings on the left, its pictures in the middle, its guide on the right. */
export const LabPage = ({ about, view }: { readonly about: About; readonly view: LabView }) => {
  const session = useMemo(() => new Session(about, new URLSearchParams(location.search)), [about])
  const [dragging, setDragging] = useState(false)
  useEffect(() => {
    show(session)
    return () => {
      show(null)
      session.close()
    }
  }, [session])
  const { run } = session
  const { curves, presets } = about
  const names = Object.keys(presets)
  return (
    <main
      class={`lab lab-${about.name} ${dragging ? 'dragging' : ''}`}
      onDragOver={e => {
        e.preventDefault()
        setDragging(true)
      }}
      onDragLeave={e => e.currentTarget === e.target && setDragging(false)}
      onDrop={e => {
        e.preventDefault()
        setDragging(false)
        void takeFiles(session, [...(e.dataTransfer?.files ?? [])])
      }}
    >
      <header class="lab-head">
        <h1>{about.title}</h1>
        <p>{about.sentence}</p>
      </header>
      <Transport session={session} />
      <div class="notices">
        {[...session.complaints, ...run.notes.value].map(sentence => (
          <p key={sentence} class="notice" role="status">
            {sentence}
          </p>
        ))}
        {run.error.value !== null && session.complaint.value !== run.error.value && (
          <p class="notice wrong" role="alert">
            {run.error.value}
          </p>
        )}
      </div>
      <aside class="settings" aria-label="Settings">
        {names.length > 0 && !session.hide.has('presets') && (
          <Panel title="Scenes" class="presets">
            <div class="row">
              {names.map(name => (
                <button key={name} type="button" onClick={() => session.preset(name)}>
                  {name}
                </button>
              ))}
            </div>
          </Panel>
        )}
        <Controls session={session} />
        {!session.hide.has('data') && (about.data || about.model) && <DataPanel session={session} />}
      </aside>
      <div class="stage">
        {run.shot.value ? <view.View session={session} /> : <p class="loading">Loading the lab …</p>}
        {curves && run.series.value.length > 0 && (
          <Panel title={curves.label}>
            <Curves
              series={run.series.value}
              of={curves.of}
              label={curves.label}
              names={curves.names}
              log={curves.log ?? false}
              pinned={session.pinned.value}
            />
          </Panel>
        )}
      </div>
      <aside class="guide" aria-label="Guide">
        <article>
          <view.Guide />
        </article>
        {!session.hide.has('compare') && <Compare session={session} />}
        {!session.hide.has('export') && <ExportPanel session={session} />}
      </aside>
    </main>
  )
}
