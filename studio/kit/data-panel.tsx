import { useState } from 'preact/hooks'
import type { OutFile } from './lab.ts'
import { Panel } from './panel.tsx'
import type { Session } from './session.ts'

/** Names of files that hold a model rather than data. */
const isModel = (name: string): boolean => /\.safetensors$|(^|[^a-z])config\.json$|tokenizer\.json$/.test(name)

/** Takes dropped or chosen files: data of one's own, or a model. */
export const takeFiles = async (session: Session, files: readonly File[]): Promise<void> => {
  if (files.length === 0) return
  if (files.some(({ name }) => isModel(name))) {
    const read = files.map(
      async (file): Promise<OutFile> => ({
        name: file.name,
        type: file.type,
        bytes: new Uint8Array(await file.arrayBuffer()),
      }),
    )
    return session.load(await Promise.all(read))
  }
  if (!session.about.data) {
    session.complaint.value = `${files[0]!.name}: this lab takes no data of your own, only a model that was saved here (.safetensors).`
    return
  }
  session.give({ name: files[0]!.name, content: files[0]! })
}

/** Own data: dropped, chosen or pasted; which rows were used, and which not, and why. */
export const DataPanel = ({ session }: { readonly session: Session }) => {
  const { about, run } = session
  const [text, setText] = useState('')
  const report = run.report.value
  const source = session.source.value
  const { data } = about
  return (
    <Panel title={data ? 'Your data' : 'Your model'} class="data-panel">
      {data && <p class="muted">{data.help}</p>}
      {about.model && <p class="muted">{data ? 'Or a' : 'A'} model that was saved in this lab.</p>}
      <div class="row">
        <label class="button">
          Open a file
          <input
            type="file"
            class="unseen"
            multiple
            aria-label="Open a file"
            onChange={e => {
              const files = [...(e.currentTarget.files ?? [])]
              e.currentTarget.value = ''
              void takeFiles(session, files)
            }}
          />
        </label>
        {source && (
          <button type="button" onClick={() => session.give(null)}>
            Back to the lab's data
          </button>
        )}
        <small class="muted">or drop it anywhere</small>
      </div>
      {data && (
        <details>
          <summary>Paste {data.kind === 'table' ? 'a table (CSV)' : 'a text'}</summary>
          <textarea
            aria-label="Pasted data"
            rows={5}
            value={text}
            placeholder={data.kind === 'table' ? 'x,y,class\n0.5,1.2,a\n…' : 'Once upon a time …'}
            onInput={e => setText(e.currentTarget.value)}
          />
          <button
            type="button"
            disabled={text.trim() === ''}
            onClick={() => session.give({ name: data.kind === 'table' ? 'pasted.csv' : 'pasted.txt', content: text })}
          >
            Use it
          </button>
        </details>
      )}
      {session.complaint.value !== null && (
        <p class="notice wrong" role="alert">
          {session.complaint.value}
        </p>
      )}
      {report && (
        <div class="report" data-report>
          <p>
            <b>{report.name}</b>: {report.used.toLocaleString('en')} {report.unit} used
            {report.dropped.length === 0 ? ', none left out.' : '.'}
          </p>
          {report.dropped.map(({ count, why }) => (
            <p key={why}>
              {count.toLocaleString('en')} left out: {why}
            </p>
          ))}
          {report.notes.map(note => (
            <p key={note} class="muted">
              {note}
            </p>
          ))}
        </div>
      )}
    </Panel>
  )
}
