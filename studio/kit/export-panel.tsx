import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { commandOf } from './address.ts'
import type { OutFile } from './lab.ts'
import { Panel } from './panel.tsx'
import type { Series } from './run.ts'
import type { Session } from './session.ts'

/** Hands a file to the browser. */
export const download = ({ name, type, bytes }: OutFile): void => {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A cell of CSV (RFC 4180). */
const cell = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? '' : String(value))

/** All metrics, a line for each step. */
export const metricsCsv = ({ length, columns }: Series): string => {
  const names = Object.keys(columns)
  const lines = [['step', ...names].join(',')]
  for (let i = 0; i < length; i++) lines.push([String(i + 1), ...names.map(name => cell(columns[name]![i]))].join(','))
  return `${lines.join('\n')}\n`
}

/** The pictures of a page as they are drawn now. */
const pictures = (): Promise<OutFile[]> =>
  Promise.all(
    [...document.querySelectorAll<HTMLCanvasElement>('canvas[data-picture]')].map(async (canvas, i) => {
      const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'))
      const name = (canvas.dataset.picture ?? `picture ${i + 1}`).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
      return {
        name: `${name}.png`,
        type: 'image/png',
        bytes: new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0)),
      }
    }),
  )

/** What leaves the page: weights, ONNX, a program, numbers, pictures, and the command that repeats the run. */
export const ExportPanel = ({ session }: { readonly session: Session }) => {
  const { run, about } = session
  const said = useMemo(() => signal<string | null>(null), [])
  const source = session.source.value
  const command = commandOf(about, session.settings.value, { data: source?.name ?? null, engine: session.engine })
  const failing = async (work: () => Promise<void>): Promise<void> => {
    try {
      said.value = null
      await work()
    } catch (error) {
      said.value = (error as Error).message
    }
  }
  const copy = (text: string, what: string) => () =>
    failing(async () => {
      await navigator.clipboard.writeText(text)
      said.value = `${what} copied.`
    })
  const file = (name: string, type: string, text: string): void =>
    download({ name, type, bytes: new TextEncoder().encode(text) })
  return (
    <Panel title="Take it with you" class="export-panel">
      <div class="row">
        <button type="button" onClick={() => failing(async () => (await run.files()).forEach(download))}>
          Model and program
        </button>
        <button
          type="button"
          disabled={run.series.value.length === 0}
          onClick={() => file(`${about.name}-metrics.csv`, 'text/csv', metricsCsv(run.series.value))}
        >
          Metrics (CSV)
        </button>
        <button type="button" onClick={() => failing(async () => (await pictures()).forEach(download))}>
          Pictures (PNG)
        </button>
        <button type="button" onClick={copy(new URL(session.address, location.href).href, 'Link')}>
          Copy link
        </button>
      </div>
      {source && about.data?.kind === 'table' && (
        <p class="muted">The program is left out, as it would not know your table: the command takes it.</p>
      )}
      <p class="muted">The same run on the command line{source && ', with your file'}:</p>
      <pre class="command">
        <code data-command>{command.split(' ').flatMap((word, i) => [i > 0 && ' ', <span key={i}>{word}</span>])}</code>
      </pre>
      <button type="button" onClick={copy(command, 'Command')}>
        Copy command
      </button>
      {said.value && (
        <p class="notice" role="status">
          {said.value}
        </p>
      )}
    </Panel>
  )
}
